// Two weights with errors of known spread one; the axis is the weight of the first predictor. All three are exact.
acts.weight_decay = (() => {
  // The interval of each weight is 1/sqrt(1 - r^2) times as wide as with unrelated predictors: more than twice from 0.87 on.
  const CLOSE = 0.9;

  const inverse = ([a, b, c]) => {
    const det = a * c - b * b;
    return [c / det, -b / det, a / det];
  };
  const normal = (at, variance) => (x) => -0.5 * (x - at) ** 2 / variance;

  const solve = ({ y, first, second, prior }) => {
    const dot = (u, v) => sum(u.map((value, k) => value * v[k]));
    const gram = [dot(first, first), dot(first, second), dot(second, second)];
    const target = [dot(first, y), dot(second, y)];
    const estimate = (matrix) => {
      const [a, b, c] = inverse(matrix);
      const [at, other] = [a * target[0] + b * target[1], b * target[0] + c * target[1]];
      return { at, other, variance: a, spread: Math.sqrt(c), total: { at: at + other, spread: Math.sqrt(a + 2 * b + c) } };
    };
    const line = (name, at, spread) => `${name} ${shown(at)} (${shown(at - Z * spread)} to ${shown(at + Z * spread)})`;
    const sumOfBoth = (total) => line("sum of both", total.at, total.spread);
    const told = (e) => ({
      status: "ok", value: e.at, lower: e.at - Z * Math.sqrt(e.variance), upper: e.at + Z * Math.sqrt(e.variance),
      other: e.other,
      more: [line("second weight", e.other, e.spread), sumOfBoth(e.total)],
    });
    const decayed = estimate([gram[0] + prior ** -2, gram[1], gram[2] + prior ** -2]);
    const density = normal(decayed.at, decayed.variance);
    // There is no intercept, so what counts is the correlation about zero.
    const found = {
      map: told(decayed), mcmc: told(decayed), joint: density, density, prior: normal(0, prior ** 2),
      correlation: gram[1] / Math.sqrt(gram[0] * gram[2]),
    };
    const apart = gram[0] * gram[2] - gram[1] ** 2 > 1e-10 * (gram[0] + gram[2]) ** 2;
    if (apart) {
      const least = estimate(gram);
      found.mle = told(least);
      found.likelihood = normal(least.at, least.variance);
    } else {
      found.mle = { status: "not_identified" };
      // Where the second predictor is the first once more, the data determine the sum, as one weight of one predictor.
      const twice = Math.abs(gram[0] - gram[1]) <= 1e-5 * gram[0];
      if (twice) found.mle.more = [sumOfBoth({ at: target[0] / gram[0], spread: gram[0] ** -0.5 })];
      found.likelihood = () => 0;
    }
    return found;
  };

  /** Which of data and prior leaves a weight open or decides it: by the correlation of the predictors, and by the width. */
  const cause = (correlation, width) => {
    const decided = width < 2 / 3;
    if (Math.abs(correlation) <= CLOSE) return decided ? "The data tell the two weights apart, but the prior is tight: it " : "Weight decay ";
    return `The data hardly tell the two weights apart, ${decided ? "so the prior decides: it " : "and the prior is too wide to decide: it "}`;
  };

  const sentence = ({ mle, map, mcmc, correlation }) => {
    const both = `the sum of both weights is ${shown(map.value + map.other)}`;
    if (mle.status !== "ok") {
      return ["The data determine only one weighted sum of the two weights: ", ["mle", "every first weight fits equally well"],
        ", so the likelihood is flat. The prior chooses among them: mode ", ["map", shown(map.value)],
        ` (second weight ${shown(map.other)}), and the average is the same, `, ["mcmc", shown(mcmc.value)],
        ". A wider prior makes their intervals wider."];
    }
    const width = (map.upper - map.lower) / (mle.upper - mle.lower);
    const percent = Math.round(100 * width);
    const [total, alone] = [map.value + map.other, mle.value + mle.other];
    const moved = alike(mle.value, map.value)
      ? ["moves the first weight so little that ", ["mle", "the MLE"], " and ", ["map", "the mode"], ` agree to the digits shown, ${shown(map.value)},`]
      : ["moves the first weight from ", ["mle", shown(mle.value)], " to ", ["map", shown(map.value)]];
    return [cause(correlation, width), ...moved,
      percent === 100 ? " and makes its interval hardly narrower" : ` and makes its interval ${percent}\u00a0% as wide`,
      `; ${both} (${alike(total, alone) ? "so it is" : shown(alone)} by the MLE). The posterior is normal, so its average is its top: `,
      ["mcmc", shown(mcmc.value)], "."];
  };

  const inputs = (bench, config) => {
    const share = Math.sqrt(Math.max(0, 1 - bench.extra ** 2));
    const first = config.start.first.slice(0, bench.n);
    const second = first.map((value, k) => bench.extra * value + share * config.start.other[k]);
    return { first, second, prior: bench.prior };
  };

  /** The sample correlation, as a class computes it; none of fewer than three weeks, where it is 1 or does not exist. */
  const sampled = (first, second) => {
    if (first.length < 3) return undefined;
    const about = (values) => values.map((value) => value - mean(values));
    const [u, v] = [about(first), about(second)];
    const dot = (a, b) => sum(a.map((value, k) => value * b[k]));
    return dot(u, v) / Math.sqrt(dot(u, u) * dot(v, v));
  };

  /** The two predictors against each other: near a line, the data cannot tell their weights apart. */
  const side = (found, { first, second }) => {
    const axis = { lo: -2.5, hi: 2.5, ticks: [-2, -1, 0, 1, 2] };
    const r = sampled(first, second);
    return {
      title: `the predictors, one dot a week${r === undefined ? "" : `; correlation ${shown(r)}`}`, dots: first.map((value, k) => [value, second[k]]),
      x: { ...axis, label: "first predictor" }, y: { ...axis, label: "second predictor" },
    };
  };

  return {
    solve,
    sentence,
    side,
    printed: (given) => ["first", "second"].map((which) => `${which} predictor ${given[which].map(shown).join(", ")}`),
    given: (bench, config) => ({ y: bench.y.slice(0, bench.n), ...inputs(bench, config) }),
    simulate: (draw, bench, truth, config) => {
      const { first, second, prior } = inputs(bench, config);
      return { y: first.map((value, k) => truth * value + config.other * second[k] + draw.normal()), first, second, prior };
    },
    judges: [
      (before, after) => {
        const change = (key) => Math.abs(after[key].value - before[key].value);
        return change("mle") > 1.5 * change("map") ? 0 : change("map") > 1.5 * change("mle") ? 1 : 2;
      },
      (before, after) => (after.mle.status === "ok" ? 0 : after.map.status === "ok" ? 1 : 2),
      (before, after) => (Math.abs(after.mcmc.value - after.map.value) < 1e-9 ? 0 : after.mcmc.value > after.map.value ? 1 : 2),
    ],
  };
})();
