// Numerical methods of the lesson: roots, maxima, curvature, and exact posteriors of one parameter.

const DROP = 1.920729410347062; // half of the 95 % point of chi-squared with one degree of freedom
const Z = 1.959963984540054;
const NODES = [0.1834346424956498, 0.5255324099163290, 0.7966664774136267, 0.9602898564975363];
const WEIGHTS = [0.3626837833783620, 0.3137066458778873, 0.2223810344533745, 0.1012285362903763];

const sum = (values) => values.reduce((total, value) => total + value, 0);
const mean = (values) => sum(values) / values.length;
const grid = (lo, hi, count) => Array.from({ length: count }, (_, k) => lo + (hi - lo) * k / (count - 1));

/** Return where a continuous function changes sign between lo and hi: bisection to the last digits. */
function root(f, lo, hi) {
  const rising = f(hi) > 0;
  for (let k = 0; k < 100; k += 1) {
    const middle = 0.5 * (lo + hi);
    if (middle === lo || middle === hi) break;
    if ((f(middle) > 0) === rising) hi = middle;
    else lo = middle;
  }
  return 0.5 * (lo + hi);
}

/** Return the slope of f at x: central differences, two step sizes combined (Richardson). */
function slope(f, x, h) {
  const d = (step) => (f(x + step) - f(x - step)) / (2 * step);
  return (4 * d(h / 2) - d(h)) / 3;
}

/** Return the second derivative of f at x, in the same way. */
function curvature(f, x, h) {
  const d = (step) => (f(x + step) - 2 * f(x) + f(x - step)) / (step * step);
  return (4 * d(h / 2) - d(h)) / 3;
}

/** Return the local maxima of f on a grid, each found again between its neighbours, the highest first. */
function maxima(f, points) {
  const heights = points.map(f);
  const found = [];
  for (let k = 1; k < points.length - 1; k += 1) {
    if (heights[k] >= heights[k - 1] && heights[k] > heights[k + 1]) {
      const x = golden(f, points[k - 1], points[k + 1]);
      found.push({ x, height: f(x) });
    }
  }
  return found.sort((a, b) => b.height - a.height);
}

/** Return the top of a function that has one: the way up is walked in growing steps, and the last two hold it. */
function summit(f, start, first) {
  let step = f(start + first) > f(start - first) ? first : -first;
  let [before, now] = [start - step, start];
  for (let k = 0; k < 200 && f(now + step) > f(now); k += 1) {
    [before, now] = [now, now + step];
    step *= 1.6;
  }
  const x = golden(f, Math.min(before, now + step), Math.max(before, now + step));
  return { x, height: f(x) };
}

/** Return the maximum of a function with one top between lo and hi: golden section, then one step on its slope. */
function golden(f, lo, hi) {
  const ratio = (Math.sqrt(5) - 1) / 2;
  const width = hi - lo;
  let a = hi - ratio * width;
  let b = lo + ratio * width;
  let [fa, fb] = [f(a), f(b)];
  while (hi - lo > 1e-5 * width) {
    if (fa > fb) {
      [hi, b, fb] = [b, a, fa];
      a = hi - ratio * (hi - lo);
      fa = f(a);
    } else {
      [lo, a, fa] = [a, b, fb];
      b = lo + ratio * (hi - lo);
      fb = f(b);
    }
  }
  let x = 0.5 * (lo + hi);
  // Heights tell a top only to the root of their rounding; the slope tells it better.
  for (let k = 0; k < 3; k += 1) {
    const h = 0.02 * width;
    const bend = curvature(f, x, h);
    const step = bend < 0 ? -slope(f, x, h) / bend : 0;
    if (Math.abs(step) > 1e-3 * width) return x; // a kink: the slope has no zero there
    x += step;
  }
  return x;
}

/**
 * Return where f has fallen by DROP on each side of its top; an end is open where it does not within the reach.
 * scale is a first step, about as wide as the top.
 */
function crossings(f, top, scale, reach = 1e6) {
  const level = f(top) - DROP;
  const side = (sign) => {
    let near = top;
    for (let step = scale; step < reach * scale; step *= 2) {
      const far = top + sign * step;
      if (f(far) < level) return root((x) => f(x) - level, near, far);
      near = far;
    }
    return sign * Infinity;
  };
  return [side(-1), side(1)];
}

/** Integrate f from a to b with eight Gauss-Legendre nodes. */
function gauss(f, a, b) {
  const [middle, half] = [0.5 * (a + b), 0.5 * (b - a)];
  let total = 0;
  for (let k = 0; k < 4; k += 1) {
    total += WEIGHTS[k] * (f(middle + half * NODES[k]) + f(middle - half * NODES[k]));
  }
  return half * total;
}

/** Return up to where the integral of a density from a is the share asked: Newton's method, kept between a and b. */
function within(a, b, share, density) {
  let [lo, hi, u] = [a, b, 0.5 * (a + b)];
  for (let k = 0; k < 60; k += 1) {
    const excess = gauss(density, a, u) - share;
    if (excess > 0) hi = u;
    else lo = u;
    const next = u - excess / density(u);
    const kept = next > lo && next < hi ? next : 0.5 * (lo + hi);
    if (Math.abs(kept - u) <= 1e-13 * (1 + Math.abs(u))) break;
    u = kept;
  }
  return u;
}

/**
 * The posterior of one parameter from its log-density in a coordinate u, up to a constant.
 * Options: lo, hi: where to look for it; breaks: where it has kinks; value: from u to the parameter (increasing);
 * scan, panels: how finely. Gives mean, lower and upper end of the equal-tailed interval, and the log-density.
 */
function posterior(logp, { lo, hi, breaks = [], value = (u) => u, scan = 300, panels = 48 }) {
  const points = [...grid(lo, hi, scan), ...breaks].sort((a, b) => a - b);
  const heights = points.map(logp);
  const top = Math.max(...heights);
  const inside = points.map((_, k) => k).filter((k) => heights[k] > top - 40);
  const from = points[Math.max(inside[0] - 1, 0)];
  const to = points[Math.min(inside[inside.length - 1] + 1, points.length - 1)];
  const cuts = [...grid(from, to, panels + 1), ...breaks.filter((b) => b > from && b < to)].sort((a, b) => a - b);
  const density = (u) => Math.exp(logp(u) - top);
  const masses = [];
  let [total, moment] = [0, 0];
  for (let k = 0; k + 1 < cuts.length; k += 1) {
    let weighted = 0;
    const [middle, half] = [0.5 * (cuts[k] + cuts[k + 1]), 0.5 * (cuts[k + 1] - cuts[k])];
    let mass = 0;
    for (let j = 0; j < 4; j += 1) {
      for (const u of [middle - half * NODES[j], middle + half * NODES[j]]) {
        const p = half * WEIGHTS[j] * density(u);
        mass += p;
        weighted += p * value(u);
      }
    }
    masses.push(mass);
    total += mass;
    moment += weighted;
  }
  const quantile = (share) => {
    let left = share * total;
    let k = 0;
    while (k < masses.length - 1 && left > masses[k]) {
      left -= masses[k];
      k += 1;
    }
    return value(within(cuts[k], cuts[k + 1], left, density));
  };
  /** The share of the area below a point of the coordinate. */
  const below = (u) => sum(masses.map((mass, k) => {
    if (u >= cuts[k + 1]) return mass;
    return u > cuts[k] ? gauss(density, cuts[k], u) : 0;
  })) / total;
  return { mean: moment / total, lower: quantile(0.025), upper: quantile(0.975), total: Math.log(total) + top, below };
}

/** A generator of random numbers that gives the same ones from the same seed (mulberry32). */
function random(seed) {
  let a = seed >>> 0;
  const uniform = () => {
    a = (a + 0x6d2b79f5) >>> 0;
    let t = Math.imul(a ^ (a >>> 15), 1 | a);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 4294967296;
  };
  const normal = () => Math.sqrt(-2 * Math.log(1 - uniform())) * Math.cos(2 * Math.PI * uniform());
  return { uniform, normal };
}
