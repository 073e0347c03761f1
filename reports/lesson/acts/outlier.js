// One centre, errors of known scale one and of three shapes; the axis is the centre.
acts.outlier = (() => {
  const FREEDOM = 4;
  const WORDS = { normal: "normal", laplace: "Laplace", student: "Student" };
  const SHAPES = {
    normal: (e) => -0.5 * e * e,
    laplace: (e) => -Math.abs(e),
    student: (e) => -0.5 * (FREEDOM + 1) * Math.log1p(e * e / FREEDOM),
  };

  const solve = ({ y, prior }, errors) => {
    const shape = SHAPES[errors];
    const likelihood = (x) => sum(y.map((v) => shape(v - x)));
    const prior_ = (x) => -0.5 * (x / prior) ** 2;
    const joint = (x) => likelihood(x) + prior_(x);
    const [lo, hi] = [Math.min(...y, 0), Math.max(...y, 0)];
    const average = posterior(joint, {
      lo: Math.max(lo - 60, -9 * prior - 12), hi: Math.min(hi + 60, 9 * prior + 12), breaks: errors === "laplace" ? [...new Set(y)] : [], scan: 500,
    });
    return {
      likelihood, joint, density: joint, prior: prior_,
      mle: errors === "laplace" ? middle(y, likelihood) : top(likelihood, lo, hi),
      map: errors === "laplace" ? bent(y, prior, joint) : smooth(joint, lo, hi),
      mcmc: { status: "ok", ...asValue(average) },
    };
  };

  /** The MLE for each kind of errors, from and to: mean, median (a range where many values are as good), highest top. */
  const estimators = {
    normal: (y) => [mean(y), mean(y)],
    laplace: (y) => middles(y),
    student: (y) => {
      const likelihood = (x) => sum(y.map((v) => SHAPES.student(v - x)));
      const { x } = highest(likelihood, Math.min(...y), Math.max(...y));
      return [x, x];
    },
  };

  const highest = (f, lo, hi) => maxima(f, grid(lo - 1, hi + 1, 20 + 20 * Math.ceil(hi - lo)))[0];
  const top = (f, lo, hi) => {
    const { x } = highest(f, lo, hi);
    const [lower, upper] = crossings(f, x, 0.05);
    return { status: "ok", value: x, lower, upper };
  };
  const smooth = (f, lo, hi) => {
    const { x } = highest(f, lo, hi);
    const half = Z / Math.sqrt(-curvature(f, x, 0.02));
    return { status: "ok", value: x, lower: x - half, upper: x + half };
  };

  const middles = (y) => {
    const sorted = [...y].sort((a, b) => a - b);
    return [sorted[Math.ceil(y.length / 2) - 1], sorted[Math.floor(y.length / 2)]];
  };

  /** The median: any point between the two middle values where their number is even. */
  const middle = (y, f) => {
    const [left, right] = middles(y);
    if (left !== right) {
      const region = { lower: crossings(f, left, 0.05)[0], upper: crossings(f, right, 0.05)[1] };
      return { status: "not_identified", left, right, region };
    }
    const [lower, upper] = crossings(f, left, 0.05);
    return { status: "ok", value: left, lower, upper };
  };

  /** The mode under Laplace errors: the slope of the joint density falls, and jumps at every value. */
  const bent = (y, prior, f) => {
    const fall = (x) => sum(y.map((v) => Math.sign(v - x))) - x / prior ** 2;
    const x = root(fall, Math.min(...y, 0) - 1, Math.max(...y, 0) + 1);
    const at = y.find((v) => Math.abs(v - x) < 1e-9);
    if (at !== undefined) return { status: "ok", value: at, none: ": a corner has no curvature" };
    return { status: "ok", value: x, lower: x - Z * prior, upper: x + Z * prior };
  };

  const sentence = ({ mle, map, mcmc }, { y }, errors) => {
    const [left, right] = middles(y);
    const far = Math.max(...y.map((v) => Math.abs(v - 0.5 * (left + right))));
    const pull = {
      normal: "Under normal errors each value pulls the centre in proportion to its distance: ",
      laplace: "Under Laplace errors each value pulls equally hard at any distance, so only the number of values on each side matters: ",
      student: "Under Student errors the pull of a value is strongest at distance 2, and weaker the farther it lies beyond: ",
    }[errors];
    const first = mle.status === "ok" ? ["mle", `MLE ${shown(mle.value)}`]
      : ["mle", `every centre from ${shown(mle.left)} to ${shown(mle.right)} fits equally well`];
    // Between two values the likelihood is straight: what curvature there is comes from the prior.
    const flat = errors === "laplace" && map.lower !== undefined;
    return [pull, first, ", ", ["map", `mode ${shown(map.value)}`], ", ", ["mcmc", `average ${shown(mcmc.value)}`], ".",
      y.length > 1 ? ` The farthest value lies ${shown(far)} from the median.` : "",
      errors === "normal" ? " The intervals have the same width wherever the values lie, because the scale of the errors is taken as known." : "",
      flat ? " The likelihood has no curvature at the mode, so the mode's interval is that of the prior alone." : ""];
  };

  // The MLE against the place of the last value, one line for each kind of errors that was chosen.
  const chosen = new Set();
  const places = grid(-4, 10, 71);
  let kept = { key: "", lines: {} };
  const side = ({ mle }, { y }, bench) => {
    chosen.add(bench.switch);
    const others = y.slice(0, -1);
    if (kept.key !== String(others)) kept = { key: String(others), lines: {} };
    const lines = [...chosen].map((errors) => {
      kept.lines[errors] ??= places.map((place) => [place, ...estimators[errors]([...others, place])]);
      const points = kept.lines[errors];
      const range = points.some(([, from, to]) => from !== to);
      return {
        points: points.map(([place, from]) => [place, from]), upper: range ? points.map(([place, , to]) => [place, to]) : undefined,
        kind: errors === bench.switch ? "now" : "known", words: WORDS[errors] + (range ? ": all between" : ""), first: errors === "laplace" && !range,
      };
    });
    const heights = [0, 1, ...lines.flatMap(({ points, upper = [] }) => [...points, ...upper].map(([, height]) => height))];
    const [lo, hi] = [Math.min(...heights) - 0.1, Math.max(...heights) + 0.2];
    return {
      title: "the MLE against the last value", lines, here: [y[y.length - 1], mle.value ?? mle.left, mle.value ?? mle.right],
      x: { lo: -4, hi: 10, ticks: [-4, 0, 4, 8], label: "last value" }, y: { lo, hi, ticks: ticksOf(lo, hi), label: "MLE" },
    };
  };

  return {
    solve,
    sentence,
    side,
    sideAnswers: true,
    marked: (bench) => bench.n - 1,
    given: (bench) => ({ y: bench.y.slice(0, bench.n), prior: bench.prior }),
    simulate: (draw, bench, truth) => ({
      // One value in ten comes from errors five times as wide, whatever the model takes them for.
      y: Array.from({ length: bench.n }, () => truth + draw.normal() * (draw.uniform() < 0.1 ? 5 : 1)), prior: bench.prior,
    }),
    judges: [
      (before, after) => {
        const change = Math.abs(after.mle.value - before.mle.value);
        return change > 0.3 ? 0 : change > 0.02 ? 1 : 2;
      },
      (before, after) => (Math.abs(after.mle.value - before.mle.value) < 1e-9 ? 0 : 1),
      (before, after) => (Math.abs(after.mle.value) < Math.abs(before.mle.value) ? 0 : 1),
    ],
  };
})();
