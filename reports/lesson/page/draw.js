// Small helpers for elements, and the scale of an axis.

const SVG = "http://www.w3.org/2000/svg";

/** Make an element; attributes whose value is undefined are left out. */
function make(tag, attributes = {}, text = "") {
  const element = document.createElement(tag);
  put(element, attributes);
  if (text) element.textContent = text;
  return element;
}

function draw(tag, attributes = {}, parent = null) {
  const element = document.createElementNS(SVG, tag);
  put(element, attributes);
  if (parent) parent.append(element);
  return element;
}

function put(element, attributes) {
  for (const [name, value] of Object.entries(attributes)) {
    if (value === undefined) element.removeAttribute(name);
    else element.setAttribute(name, value);
  }
}

/** Return the scale of an axis: from a value to a share of its length, and back. */
function scaleOf({ lo, hi, log }) {
  const [to, from] = log ? [Math.log, Math.exp] : [(v) => v, (v) => v];
  const [a, b] = [to(lo), to(hi)];
  // Zero has no place on a logarithmic axis: it is drawn where what is too small to see ends.
  return { share: (v) => (log && v <= 0 ? -1 : (to(v) - a) / (b - a)), value: (s) => from(a + s * (b - a)) };
}

/** Return the path through points of x, y, and whether they lie outside: the line ends at the first that does. */
function pathOf(points) {
  let pen = "M";
  return points.map(([px, py, out], k) => {
    const alone = out && (points[k - 1]?.[2] ?? true) && (points[k + 1]?.[2] ?? true);
    const step = alone ? "" : `${pen}${px.toFixed(1)} ${py.toFixed(1)}`;
    pen = alone ? "M" : "L";
    return step;
  }).join("");
}

/** Write a sentence of strings and pairs of a panel and a string into an element. */
function write(element, parts) {
  element.replaceChildren(...parts.map((part) => (typeof part === "string" ? part : make("b", { class: part[0] }, part[1]))));
}

const still = () => window.matchMedia("(prefers-reduced-motion: reduce)").matches;
