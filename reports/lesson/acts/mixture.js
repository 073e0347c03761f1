// Half Normal(0, 1), half Normal(mu, sigma); the axis is sigma, on a logarithmic scale.
acts.mixture = (() => {
  const MEAN_SD = 5;
  const SHAPE = 3;
  const RED = 1; // which value is the unknown component's mean: at the start one of those outside the known component
  const COUNTS = ["Two", "Three", "Four", "Five", "Six", "Seven", "Eight", "Nine", "Ten"];
  const LN2PI = Math.log(2 * Math.PI);

  const priors = {
    half_normal: (prior) => (u) => Math.log(2) - 0.5 * LN2PI - Math.log(prior) - 0.5 * Math.exp(2 * u) / prior ** 2,
    inverse_gamma: (prior) => (u) => SHAPE * Math.log(SHAPE * prior) - Math.log(2) - (SHAPE + 1) * u - SHAPE * prior * Math.exp(-u),
  };

  /** Log-likelihood at a mean and log sigma (plus the mean's prior), with slope and curvature in the mean. */
  const at = (y, mu, u, decay) => {
    const precision = Math.exp(-2 * u);
    let [value, first, second] = [-0.5 * decay * mu * mu, -decay * mu, -decay];
    for (let k = 0; k < y.length; k += 1) {
      const own = -u - 0.5 * precision * (y[k] - mu) ** 2;
      const known = -0.5 * y[k] * y[k];
      const high = Math.max(own, known);
      const p = Math.exp(own - high);
      const both = p + Math.exp(known - high);
      const share = p / both;
      const pull = precision * (y[k] - mu);
      value += high + Math.log(both) - Math.log(2) - 0.5 * LN2PI;
      first += share * pull;
      second += share * (1 - share) * pull * pull - share * precision;
    }
    return { value, first, second };
  };

  /** The best mean for a sigma: the highest of starts on and between the values, then Newton's steps while they climb. */
  const best = (y, u, decay) => {
    const width = Math.exp(u);
    const [lo, hi] = [Math.min(...y, 0), Math.max(...y, 0)];
    const starts = [...y, ...grid(lo, hi, 8)].map((mu) => ({ mu, ...at(y, mu, u, decay) }));
    starts.sort((a, b) => b.value - a.value);
    let found = null;
    for (const start of starts.slice(0, 4)) {
      let now = start;
      for (let k = 0; k < 60; k += 1) {
        let step = now.second < 0 ? -now.first / now.second : Math.sign(now.first) * width;
        step = Math.max(-width, Math.min(width, step));
        let next = { mu: now.mu + step, ...at(y, now.mu + step, u, decay) };
        for (let halved = 0; halved < 30 && next.value < now.value; halved += 1) {
          step /= 2;
          next = { mu: now.mu + step, ...at(y, now.mu + step, u, decay) };
        }
        const still = Math.abs(step) < 1e-12 * (1 + Math.abs(now.mu));
        if (next.value >= now.value) now = next;
        if (still) break;
      }
      if (!found || now.value > found.value) found = now;
    }
    return found;
  };

  /** For each choice of the values that belong to the unknown component: how many, their mean, squares, and the rest. */
  const subsets = (y) => {
    const found = [{ n: 0, total: 0, squares: 0, rest: 0 }];
    for (const v of y) {
      for (let k = found.length - 1; k >= 0; k -= 1) {
        const s = found[k];
        found.push({ n: s.n + 1, total: s.total + v, squares: s.squares + v * v, rest: s.rest });
        s.rest += -0.5 * (LN2PI + v * v);
      }
    }
    return found.map((s) => {
      const m = s.n ? s.total / s.n : 0;
      return { n: s.n, m2: m * m, within: s.squares - s.n * m * m, fixed: s.rest - 0.5 * s.n * LN2PI };
    });
  };

  /** Log of the likelihood with the mean integrated out, at log sigma: a sum over the choices of subsets(). */
  const marginal = (choices, u) => {
    const variance = Math.exp(2 * u);
    let [high, total] = [-Infinity, 0];
    for (let k = 0; k < choices.length; k += 1) {
      const { n, m2, within, fixed } = choices[k];
      let value = fixed;
      if (n) {
        const wide = variance + n * MEAN_SD ** 2;
        value += -(n - 1) * u - 0.5 * Math.log(wide) - 0.5 * within / variance - 0.5 * m2 * n / wide;
      }
      if (value > high) {
        total = total * Math.exp(high - value) + 1;
        high = value;
      } else if (value > high - 40) {
        total += Math.exp(value - high);
      }
    }
    return high + Math.log(total);
  };

  const solve = ({ y, prior }, kind) => {
    const prior_ = priors[kind](prior);
    const likelihood = (u) => best(y, u, 0).value;
    const joint = (u) => best(y, u, MEAN_SD ** -2).value + prior_(u);
    const choices = subsets(y);
    const density = (u) => marginal(choices, u) + prior_(u) + u;
    let inner;
    // m equal values, the mean integrated out, leave sigma^(1 - m) near zero, where a half-normal prior is flat: no area from m = 2 on.
    const most = Math.max(...y.map((v) => y.filter((other) => other === v).length));
    const improper = kind === "half_normal" && most > 1;
    const average = () => posterior(density, { lo: -20, hi: 14, value: Math.exp, scan: 160, panels: 40 });
    return {
      likelihood: (x) => likelihood(Math.log(x)),
      joint: (x) => joint(Math.log(x)),
      density: (x) => density(Math.log(x)), // per unit of log sigma, as the axis is
      prior: (x) => prior_(Math.log(x)), // of sigma, as in the joint density
      priorOfDensity: (x) => prior_(Math.log(x)) + Math.log(x), // of log sigma, as the density is drawn
      interior: () => {
        inner ??= maxima(likelihood, grid(-4, 2, 49)).map((top) => ({ x: Math.exp(top.x), height: top.height }));
        return inner[0];
      },
      squeezed: (point, sigma) => at(y, point, Math.log(sigma), 0).value,
      mle: { status: "unbounded" },
      map: kind === "half_normal" ? { status: "unbounded" } : mode(joint),
      most,
      mcmc: improper ? { status: "no_posterior" } : { status: "ok", ...asValue(average()) },
    };
  };

  const mode = (joint) => {
    const [top] = maxima(joint, grid(-6, 4, 101));
    const half = Z / Math.sqrt(-curvature(joint, top.x, 0.02));
    return { status: "ok", value: Math.exp(top.x), lower: Math.exp(top.x - half), upper: Math.exp(top.x + half) };
  };

  const sentence = ({ map, mcmc, interior, squeezed, most }, { y }, kind, bench) => {
    const top = interior();
    const here = squeezed(y[RED], bench.extra);
    const start = [`With the unknown component on ${shown(y[RED])} and sigma ${shown(bench.extra)} the log-likelihood is ${shown(here)}; `];
    const peak = top ? [`its local maximum, at sigma ${shown(top.x)}, is ${shown(top.height)}. `] : ["it has no local maximum. "];
    const rising = here > top?.height ? "The former is higher, and as sigma falls, the log-likelihood grows without limit: "
      : "As sigma falls, the log-likelihood grows without limit: ";
    const end = [rising, ["mle", "no global maximum"], ". "];
    return [...start, ...peak, ...end,
      ...(map.status === "unbounded" ? ["The half-normal prior is not zero at sigma = 0 and does not stop it: ", ["map", "no mode"], ". "]
        : ["The inverse-gamma prior falls to zero faster than the likelihood grows: ", ["map", `mode ${shown(map.value)}`], ". "]),
      ...(mcmc.status === "no_posterior" ? [`${COUNTS[most - 2]} values are equal. With the component on them the likelihood, averaged over the component's mean, `,
        `grows like ${inversePower(most - 1)} as sigma falls, and the area under it is infinite: `, ["mcmc", "no posterior and no average"], "."]
        : ["Small sigmas hold little of the posterior's area, and ", ["mcmc", `the average is ${shown(mcmc.value)}`], "."])];
  };

  /** Both components over the data, in units of the known one's top, which is drawn at a quarter of the height. */
  const curves = (found, { y }, bench) => {
    const [at_, sigma] = [y[RED], bench.extra];
    const bell = (centre, width) => {
      const reach = Math.sqrt(20 + 2 * Math.max(0, Math.log(0.25 / width))); // down to nothing, however high the top
      return grid(-reach, reach, 201).map((e) => [centre + e * width, 0.25 / width * Math.exp(-0.5 * e * e)])
        .filter(([value]) => value >= -4 && value <= 8);
    };
    return [
      { points: bell(0, 1), kind: "known", label: { at: 8, height: 0.78, words: "known component", end: true } },
      { points: bell(at_, sigma), kind: "marked", label: { at: 8, height: 0.95, words: "unknown component", end: true } },
    ];
  };

  return {
    solve,
    sentence,
    curves,
    marked: () => RED,
    marker: ({ squeezed }, { y }, bench) => ({ x: bench.extra, height: squeezed(y[RED], bench.extra), words: "here" }),
    given: (bench) => ({ y: bench.y.slice(0, bench.n), prior: bench.prior }),
    simulate: (draw, bench, truth) => ({
      y: Array.from({ length: bench.n }, () => (draw.uniform() < 0.5 ? draw.normal() : 2 + truth * draw.normal())),
      prior: bench.prior,
    }),
    judges: [
      (before, after, bench) => {
        const top = after.interior();
        return after.squeezed(bench.y[RED], bench.extra) > top.height ? 1 : 0;
      },
      (before, after) => (after.map.status === "ok" ? 0 : 1),
      (before, after) => (Math.abs(after.mcmc.value / before.mcmc.value - 1) < 0.5 ? 0 : 1),
    ],
  };
})();
