// Numbers and statuses in words.

const METHODS = ["mle", "map", "mcmc"];
const NAMES = { mle: "Maximum likelihood", map: "MAP mode", mcmc: "Posterior" };
const KINDS = { mle: "95 % confidence interval", map: "95 % interval from the curvature", mcmc: "95 % credible interval" };
const STATUSES = {
  unbounded: "no maximum: it grows without limit",
  at_infinity: "infinite: steeper always fits better",
  at_boundary: "on the edge of what is possible",
  not_identified: "flat: many values are equally good",
  no_posterior: "no posterior: the area is infinite",
};

const asValue = ({ mean: value, lower, upper }) => ({ value, lower, upper });

/** Return a number to three significant digits, with a minus sign that is one. */
function shown(value) {
  if (value === undefined || value === null || Number.isNaN(value)) return "none";
  if (!Number.isFinite(value)) return value > 0 ? "∞" : "−∞";
  if (Math.abs(value) < 1e-12) return "0";
  const size = Math.floor(Math.log10(Math.abs(value)));
  const text = size < -4 || size > 5 ? value.toExponential(1) : value.toFixed(Math.max(0, 2 - Math.max(size, 0)) + (size < -1 ? -1 - size : 0));
  return text.replaceAll("-", "−");
}

/** Return whether two figures are the same to the digits shown: a sentence must not move one to the other then. */
const alike = (a, b) => shown(a) === shown(b);

/** Return 1/sigma to a power from 1 to 9, in words. */
const inversePower = (power) => `1/sigma${power > 1 ? "⁰¹²³⁴⁵⁶⁷⁸⁹"[power] : ""}`;

/** Return a round number as it is written, for an axis or a count. */
const round = (value) => (value !== 0 && Math.abs(value) < 0.001 ? value.toExponential(0) : String(value)).replaceAll("-", "−");

/**
 * The ends of an answer's interval. A likelihood with a flat top has no single maximum, and the engine gives it no
 * interval; the values within DROP of the top are a region all the same.
 */
const endsOf = ({ lower, upper, region }) => (lower === undefined && region ? region : { lower, upper });

/** Return what one panel says, in words. */
function told(answer) {
  if (answer.status === "not_identified" && answer.left !== undefined) {
    return `flat from ${shown(answer.left)} to ${shown(answer.right)}: all equally good`;
  }
  if (answer.status !== "ok" && answer.value === undefined) return STATUSES[answer.status];
  return answer.status === "ok" ? shown(answer.value) : `${shown(answer.value)}: ${STATUSES[answer.status]}`;
}

/** Return an interval in words; empty where there is none. */
function interval(answer) {
  const { lower, upper } = endsOf(answer);
  if (lower === undefined || (lower === -Infinity && upper === Infinity)) return "";
  return `${shown(lower)} to ${shown(upper)}`;
}

/** Return the plain text of a sentence: strings, and pairs of a panel and a string. */
const plain = (parts) => parts.map((part) => (typeof part === "string" ? part : part[1])).join("");
