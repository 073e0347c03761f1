// Logistic regression with an intercept and a slope; the axis is the slope.
acts.separation = (() => {
  const LEVEL_SD = 5;
  const softplus = (t) => (t > 0 ? t + Math.log1p(Math.exp(-t)) : Math.log1p(Math.exp(t)));
  const chance = (t) => 1 / (1 + Math.exp(-t));

  /** Log-likelihood at a level and a slope, with the level's slope and curvature; decay is 1/variance of its prior. */
  const at = (x, y, level, slope_, decay) => {
    let [value, first, second] = [-0.5 * decay * level ** 2, -decay * level, decay];
    for (let k = 0; k < x.length; k += 1) {
      const t = level + slope_ * x[k];
      const p = chance(t);
      value += y[k] * t - softplus(t);
      first += y[k] - p;
      second += p * (1 - p);
    }
    return { value, first, second };
  };

  /** The level that is best for a slope, from a start: Newton's steps of at most two, on a concave function. */
  const best = (x, y, slope_, decay, start) => {
    let level = start;
    for (let k = 0; k < 200; k += 1) {
      const { first, second } = at(x, y, level, slope_, decay);
      const step = Math.max(-2, Math.min(2, first / Math.max(second, 1e-12)));
      level += step;
      if (Math.abs(step) < 1e-13 * (1 + Math.abs(level))) break;
    }
    return { level, ...at(x, y, level, slope_, decay) };
  };

  /** How the outcomes lie along x: apart, touching, overlapping, all at one value, or all of one kind. */
  const separated = (x, y) => {
    const range = (outcome) => {
      const own = x.filter((_, k) => y[k] === outcome);
      return [Math.min(...own), Math.max(...own)];
    };
    const [[lo0, hi0], [lo1, hi1]] = [range(0), range(1)];
    if (Math.max(hi0, hi1) === Math.min(lo0, lo1)) return { kind: "one value" };
    if (hi0 < lo0 || hi1 < lo1) return { kind: "one outcome" };
    if (hi0 <= lo1) return { kind: hi0 < lo1 ? "apart" : "touching", sign: 1, step: 0.5 * (hi0 + lo1) };
    if (hi1 <= lo0) return { kind: hi1 < lo0 ? "apart" : "touching", sign: -1, step: 0.5 * (hi1 + lo0) };
    return { kind: "overlap" };
  };

  const solve = ({ x, y, prior }) => {
    const centre = mean(x);
    const start = (b) => -b * centre;
    const likelihood = (b) => best(x, y, b, 0, start(b)).value;
    const prior_ = (b) => -0.5 * (b / prior) ** 2;
    const joint = (b) => best(x, y, b, LEVEL_SD ** -2, start(b)).value + prior_(b);
    /** Levels at equal steps around the best one for a slope, each with its density, in units of the highest. */
    const levels = (b) => {
      const top = best(x, y, b, LEVEL_SD ** -2, start(b));
      // Sums of equal steps are exact to exp(-2 pi d / step); the density's poles lie at d = pi.
      const step = Math.min(0.5 / Math.sqrt(top.second), 1);
      const terms = [[top.level, 1]];
      for (const sign of [-1, 1]) {
        for (let k = 1; k < 400; k += 1) {
          const level = top.level + sign * k * step;
          const term = Math.exp(at(x, y, level, b, LEVEL_SD ** -2).value - top.value);
          terms.push([level, term]);
          if (term < 1e-14) break;
        }
      }
      return { height: top.value, step, terms };
    };
    const marginal = (b) => {
      const { height, step, terms } = levels(b);
      return height + Math.log(sum(terms.map(([, term]) => term)) * step) + prior_(b);
    };
    const where = separated(x, y);
    const mode = summit(joint, 0, 0.5);
    const width = 1 / Math.sqrt(-curvature(joint, mode.x, 0.05));
    const average = posterior(marginal, {
      lo: Math.min(mode.x - 12 * width, -9 * prior), hi: Math.max(mode.x + 12 * width, 9 * prior), scan: 80, panels: 24,
    });
    return {
      likelihood, joint, density: marginal, prior: prior_, where,
      averaged: (values) => averaged(values, levels, marginal, average),
      intercepts: { mle: (b) => best(x, y, b, 0, start(b)).level, map: (b) => best(x, y, b, LEVEL_SD ** -2, start(b)).level },
      mle: largest(likelihood, where),
      map: { status: "ok", value: mode.x, lower: mode.x - Z * width, upper: mode.x + Z * width },
      mcmc: { status: "ok", ...asValue(average) },
    };
  };

  /** The chance at each value, averaged over slope and intercept: sums of equal steps over both. */
  const averaged = (values, levels, marginal, { lower, upper }) => {
    const slopes = grid(lower - (upper - lower), upper + (upper - lower), 61);
    const logs = slopes.map(marginal);
    const top = Math.max(...logs);
    const chances = values.map(() => 0);
    let total = 0;
    slopes.forEach((b, k) => {
      const mass = Math.exp(logs[k] - top);
      if (mass < 1e-7) return;
      const { terms } = levels(b);
      const whole = sum(terms.map(([, term]) => term));
      total += mass;
      for (const [level, term] of terms) {
        if (term < 1e-7) continue;
        values.forEach((value, j) => { chances[j] += mass * term / whole * chance(level + b * value); });
      }
    });
    return chances.map((c) => c / total);
  };

  const largest = (likelihood, { kind, sign }) => {
    if (kind === "one value") return { status: "not_identified" };
    // With the intercept far enough out, every slope makes one kind of outcome certain: no interval.
    if (kind === "one outcome") return { status: "at_infinity" };
    if (kind === "overlap") {
      const top = summit(likelihood, 0, 0.5);
      const [lower, upper] = crossings(likelihood, top.x, 1);
      return { status: "ok", value: top.x, lower, upper };
    }
    // The supremum: all outcomes certain, but for those that lie on the value where the two touch.
    const ceiling = likelihood(sign * 1e3);
    const level = (b) => likelihood(sign * b) - ceiling + DROP;
    let low = 0;
    while (level(low) > 0) low -= 1;
    const end = sign * root(level, low, 1e3);
    return { status: "at_infinity", lower: sign > 0 ? end : -Infinity, upper: sign > 0 ? Infinity : end };
  };

  const sentence = ({ mle, map, mcmc, where }, { x }) => {
    if (where.kind === "one value") {
      return [`All people stand at one value, ${shown(x[0])}, and the data tell only the chance to pass there: `,
        ["mle", "every slope fits equally well"], ", with an intercept to match. Nothing but the priors tells one slope from another: ",
        ["map", `mode ${shown(map.value)}`], ", ", ["mcmc", `average slope ${shown(mcmc.value)}`], "."];
    }
    if (mle.status !== "ok") {
      const split = where.kind === "touching" ? "One value occurs in both groups and separates the others: "
        : "One value separates those who passed from those who failed: ";
      const average = alike(mcmc.value, map.value) ? ["; ", ["mcmc", "the average slope"], " agrees with it to the digits shown"]
        : ["; steep curves stay plausible, so ", ["mcmc", `the average slope lies farther from zero, at ${shown(mcmc.value)}`]];
      return [split, "the steeper the curve, the better it fits, so ", ["mle", "the MLE is infinite"],
        ". The prior is lower for steeper curves and puts the mode at ", ["map", shown(map.value)], ...average, ".", ...withZero(map, mcmc)];
    }
    const moved = alike(map.value, mle.value) ? ["moves it so little that ", ["map", "the mode"], " agrees with it to the digits shown"]
      : ["pulls the mode to ", ["map", shown(map.value)]];
    const average = alike(mcmc.value, map.value) ? [", and ", ["mcmc", "the average slope"], " agrees with the mode to the digits shown"]
      : [", and the long tail of steep curves takes ", ["mcmc", `the average slope to ${shown(mcmc.value)}`]];
    return ["The groups overlap, so very steep curves fit worse: ", ["mle", `MLE ${shown(mle.value)}`],
      ". The prior ", ...moved, ...average, ".", ...withZero(map, mcmc)];
  };

  /** The mode's interval is symmetric where the density is not: it may hold zero where the posterior's does not. */
  const withZero = (map, mcmc) => (map.lower < 0 && map.upper > 0 && mcmc.lower * mcmc.upper > 0
    ? [" The mode's interval is symmetric although the curve is skewed: it contains zero, and the posterior's does not."] : []);

  /** The chance to pass at every value: of the MLE, a step where its slope is infinite, of the mode, and averaged over the posterior. */
  const curves = ({ mle, map, where, intercepts, averaged: average }, given, bench, config) => {
    const values = grid(...config.range, 121);
    const few = grid(...config.range, 61);
    const chances = average(few);
    const curve = (kind, words, slope_, at_) => ({
      points: values.map((value) => [value, chance(intercepts[kind](slope_) + slope_ * value)]), kind, label: { ...at_, words },
    });
    const found = [
      { points: few.map((value, k) => [value, chances[k]]), kind: "mcmc", label: { at: values[0], height: 0.36, words: "average chance" } },
      curve("map", "MAP mode", map.value, { at: values[0], height: 0.55 }),
    ];
    const at_ = { at: values[0], height: 0.74 };
    if (mle.status === "ok") found.push(curve("mle", "MLE", mle.value, at_));
    else if (mle.status === "at_infinity") {
      const [low, high] = where.sign > 0 ? [0, 1] : [1, 0];
      const points = [[values[0], low], [where.step, low], [where.step, high], [values[120], high]];
      found.push({ points, kind: "mle", label: { ...at_, words: "MLE: a step" } });
    }
    return found;
  };

  return {
    solve,
    sentence,
    curves,
    given: (bench, config) => ({ x: bench.x.slice(0, bench.n), y: config.start.y.slice(0, bench.n), prior: bench.prior }),
    simulate: (draw, bench, truth) => {
      const x = Array.from({ length: bench.n }, () => 1.3 * draw.normal());
      const y = x.map((value) => (draw.uniform() < chance(truth * value) ? 1 : 0));
      return { x, y, prior: bench.prior };
    },
    judges: [
      (before, after) => (after.mle.status === "at_infinity" ? 2 : after.mle.value > before.mle.value * 1.02 ? 1 : 0),
      (before, after) => (after.map.value > before.map.value * 1.1 ? 0 : 1),
      (before, after) => (after.mle.status === "ok" ? 0 : 1),
    ],
  };
})();
