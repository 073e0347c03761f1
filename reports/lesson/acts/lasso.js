// One effect, errors of known spread one, a Laplace prior; the axis is the effect.
acts.lasso = (() => {
  const solve = ({ y, prior }) => {
    const n = y.length;
    const m = mean(y);
    const half = Z / Math.sqrt(n);
    const likelihood = (x) => -0.5 * n * (x - m) ** 2;
    const prior_ = (x) => -Math.abs(x) / prior;
    const joint = (x) => likelihood(x) + prior_(x);
    const corner = 1 / (n * prior); // up to this distance of the mean from zero the mode is zero
    const value = Math.sign(m) * Math.max(Math.abs(m) - corner, 0);
    const map = value === 0 ? { status: "ok", value: 0, none: ": a corner has no curvature" }
      : { status: "ok", value, lower: value - half, upper: value + half };
    const reach = Math.abs(m) + 12 / Math.sqrt(n);
    const average = posterior(joint, { lo: -reach, hi: reach, breaks: [0] });
    return {
      likelihood, joint, density: joint, prior: prior_, corner,
      mle: { status: "ok", value: m, lower: m - half, upper: m + half },
      map,
      positive: 1 - average.below(0),
      mcmc: { status: "ok", ...asValue(average) },
    };
  };

  const sentence = ({ mle, map, mcmc, corner, positive }, { y }) => {
    const whose = y.length > 1 ? `the mean of the ${y.length} changes` : "the one change";
    const it = y.length > 1 ? "The mean" : "The change";
    const start = [`The mode is zero as long as ${whose} lies within ${shown(corner)} of zero. ${it} is `, ["mle", shown(mle.value)]];
    const end = [["mcmc", `the average is ${shown(mcmc.value)}, and the effect is above zero with probability ${shown(positive)}`], "."];
    return map.value === 0
      ? [...start, ", so ", ["map", "the mode is exactly zero"], ". The posterior gives the single value zero no probability: ", ...end]
      : [...start, `, so the mode lies nearer to zero by ${shown(corner)}, at `, ["map", shown(map.value)], "; ", ...end];
  };

  return {
    solve,
    sentence,
    given: (bench) => ({ y: bench.y.slice(0, bench.n), prior: bench.prior }),
    simulate: (draw, bench, truth) => ({
      y: Array.from({ length: bench.n }, () => truth + draw.normal()), prior: bench.prior,
    }),
    judges: [
      (before, after) => {
        const zero = (found) => Math.abs(found.value) < 1e-12;
        return zero(after.map) && zero(after.mcmc) ? 0 : zero(after.map) ? 1 : 2;
      },
      (before, after) => (after.map.value === 0 ? 0 : after.map.value < after.mle.value - 1e-9 ? 1 : 2),
      (before, after) => (after.map.value === 0 ? 0 : 1),
    ],
  };
})();
