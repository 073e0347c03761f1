// One normal sample, mean and spread unknown; the axis is the spread sigma.
acts.small_n = (() => {
  const MEAN_SD = 10;

  const solve = ({ y, prior }, written) => {
    const n = y.length;
    const m = mean(y);
    const squares = sum(y.map((v) => (v - m) ** 2));
    const spread = squares > 1e-18 * (1 + m * m);
    const log = written === "log_sigma";
    // The mean is chosen best for each sigma in both profiles; u is log sigma.
    const likelihood = (u) => -n * u - 0.5 * squares * Math.exp(-2 * u);
    const pull = (u) => -0.5 * m * m / (MEAN_SD ** 2 + Math.exp(2 * u) / n);
    const prior_ = (u) => -0.5 * Math.exp(2 * u) / prior ** 2;
    const joint = (u) => likelihood(u) + pull(u) + prior_(u) + (log ? u : 0);
    // In the posterior the mean is integrated out, and u is the coordinate.
    const marginal = (u) => {
      const variance = Math.exp(2 * u) / n;
      return likelihood(u) + 0.5 * Math.log(variance / (variance + MEAN_SD ** 2)) + pull(u) + prior_(u) + u;
    };
    const found = {
      likelihood: (x) => likelihood(Math.log(x)),
      joint: (x) => joint(Math.log(x)),
      density: (x) => marginal(Math.log(x)) - Math.log(x),
      prior: (x) => prior_(Math.log(x)) + (log ? Math.log(x) : 0), // of what the joint density is one of
      priorOfDensity: (x) => prior_(Math.log(x)),
    };
    const exists = n > 1 && spread;
    if (exists) {
      const top = 0.5 * Math.log(squares / n);
      const [lower, upper] = crossings(likelihood, top, 1 / Math.sqrt(n)).map(Math.exp);
      const more = [`it divides by n; a calculator, by n − 1: ${shown(Math.sqrt(squares / (n - 1)))}`];
      found.mle = { status: "ok", value: Math.exp(top), lower, upper, more };
    } else {
      found.mle = { status: "unbounded" };
    }
    found.map = mode(joint, exists, n, log, m);
    // n equal values, the mean integrated out, leave sigma^(1 - n) near zero, where the prior is flat: no area from n = 2 on.
    found.mcmc = n > 1 && !spread ? { status: "no_posterior" }
      : { status: "ok", ...asValue(posterior(marginal, { lo: -25, hi: 6, value: Math.exp })) };
    return found;
  };

  const mode = (joint, exists, n, log, m) => {
    if (!exists && !(log && n === 1)) return { status: "unbounded" };
    const [best] = maxima(joint, grid(-14, 6, 500));
    const edge = exists ? -Infinity : -0.5 * (m / MEAN_SD) ** 2; // what a single patient's density tends to at zero
    if (!best || best.height <= edge) return { status: "at_boundary", value: 0 };
    const half = Z / Math.sqrt(-curvature(joint, best.x, 0.05));
    return { status: "ok", value: Math.exp(best.x), lower: Math.exp(best.x - half), upper: Math.exp(best.x + half) };
  };

  const sentence = ({ mle, map, mcmc }, { y, prior }, written) => {
    const n = y.length;
    if (mle.status !== "ok") {
      const who = n > 1 ? "With all patients at one value" : "With one patient";
      const start = [`${who} the likelihood grows without limit when the mean is that value and sigma goes to zero: there is `,
        ["mle", "no maximum of the likelihood"]];
      const middle = map.status === "unbounded" ? [" and ", ["map", "no mode"]]
        : [", while likelihood times prior, as a density of log sigma, is highest at ", ["map", `sigma = ${shown(map.value)}`]];
      if (mcmc.status === "no_posterior") {
        return [...start, ...middle, `. Averaged over the mean, it still grows like ${inversePower(n - 1)} as sigma falls, and the `,
          "half-normal prior, which is not zero at sigma = 0, does not stop it. The area under such a curve is infinite: there is ",
          ["mcmc", "no posterior and no average"], "."];
      }
      return [...start, ...middle, ". Averaged over the mean, one value says little about sigma: ",
        ["mcmc", `the average is ${shown(mcmc.value)}`], `, that of the prior ${shown(prior * Math.sqrt(2 / Math.PI))}.`];
    }
    if (written === "log_sigma") {
      const place = alike(map.value, mle.value) ? ["; ", ["mle", "the MLE"], " agrees with it to the digits shown"]
        : [" (MLE ", ["mle", shown(mle.value)], ")"];
      return ["The density of log sigma is that of sigma multiplied by sigma, and its top, the mode, is at ",
        ["map", shown(map.value)], ...place, ". The probability of each range of sigma stays the same, and so does ",
        ["mcmc", `the average, ${shown(mcmc.value)}`], "."];
    }
    const direction = map.value < mle.value ? "down" : "up";
    const moved = alike(map.value, mle.value)
      ? ["moves the top so little that ", ["mle", "the MLE"], " and ", ["map", "the mode"], ` agree to the digits shown, ${shown(map.value)}`]
      : [`pulls the top ${direction}, from the MLE `, ["mle", shown(mle.value)], " to the mode ", ["map", shown(map.value)]];
    return ["The prior of sigma ", ...moved,
      ". The average of the posterior is ", ["mcmc", shown(mcmc.value)],
      alike(mcmc.value, map.value) ? ", as the mode to the digits shown." : mcmc.value > map.value ? ", above the mode, because the curve has a long tail of large sigmas." : ".",
      mle.value > 2 * prior ? ` The prior gives only about 5\u00a0% probability to a sigma above ${shown(2 * prior)}, and the MLE is above it.` : ""];
  };

  return {
    solve,
    sentence,
    given: (bench) => ({ y: bench.y.slice(0, bench.n), prior: bench.prior }),
    simulate: (draw, bench, truth) => ({
      y: Array.from({ length: bench.n }, () => 1.5 + truth * draw.normal()), prior: bench.prior,
    }),
    judges: [
      (before, after) => (after.mcmc.value > before.mcmc.value * 1.02 ? 0 : after.mcmc.value < before.mcmc.value / 1.02 ? 2 : 1),
      (before, after) => ["mle", "map", "mcmc"].findIndex((k) => Math.abs(after[k].value - before[k].value) > 1e-9),
      (before, after) => (after.mle.status === "ok" ? 0 : after.map.status === "ok" ? 1 : after.mcmc.status === "ok" ? 2 : 3),
    ],
  };
})();
