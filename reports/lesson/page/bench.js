// One bench: data, sliders, switch, panels, sentence; drawn again once a frame after something has moved.

function makeBench(section, config, act, name, arrived) {
  const find = (selector) => section.querySelector(selector);
  const start = startOf(config);
  let bench = { ...start };
  let planned = false;
  let speaking = 0;
  const strip = makeStrip(find(".data"), config, (k, value) => {
    const values = [...bench[config.drag]];
    values[k] = value;
    set({ [config.drag]: values });
  }, () => bench);
  const side = makeSide(find(".side"), act, config);
  const panels = makePanels(find(".panels"), config);
  const clear = makeRepeat(find(".repeat"), config, act, () => bench);
  const controls = makeControls(find(".controls"), config, start, (changes) => set(changes), () => bench);

  const answers = (changes) => {
    const there = { ...start, ...changes };
    return { bench: there, found: act.solve(act.given(there, config), there.switch ?? "") };
  };

  // The answers stay veiled until a question was answered, the bench was moved, or they were asked for.
  section.classList.add("veiled");
  const unveil = () => section.classList.remove("veiled", "asking");
  find(".unveil button").addEventListener("click", () => set({}));

  function set(changes, seen = true) {
    bench = { ...bench, ...changes };
    if (seen) unveil();
    clear();
    plan();
  }

  function plan() {
    if (planned) return;
    planned = true;
    requestAnimationFrame(() => {
      planned = false;
      show();
    });
  }

  function show() {
    const began = performance.now();
    const given = act.given(bench, config);
    const found = act.solve(given, bench.switch ?? "");
    const curves = curvesOf(found, config.axis);
    const parts = act.sentence(found, given, bench.switch ?? "", bench);
    const solved = performance.now();
    write(find(".why"), parts);
    panels(found, curves, act.marker?.(found, given, bench));
    side(found, given, bench);
    strip(bench, { marked: act.marked?.(bench) ?? -1, curves: act.curves?.(found, given, bench, config) });
    controls.show(bench);
    find(".state").textContent = `${stateInWords(bench, config, act.printed?.(given))} ${location.href.split("#")[0]}${address(name, bench, start)}`;
    section.dataset.solve = (solved - began).toFixed(1);
    section.dataset.draw = (performance.now() - solved).toFixed(1);
    // Readers hear the sentence when the bench has come to rest.
    clearTimeout(speaking);
    speaking = setTimeout(() => {
      if (!section.matches(".veiled, .asking")) find(".spoken").textContent = plain(parts);
      arrived(name, address(name, bench, start));
    }, 500);
  }

  /** Move the bench to another state, in steps where motion is wanted; numbers glide, the rest jumps. */
  function glide(changes, then, seen = true) {
    const [from, to] = [bench, { ...start, ...changes }];
    const steps = still() ? 1 : 20;
    let k = 0;
    const step = () => {
      k += 1;
      const share = k / steps;
      const between = (a, b) => (Array.isArray(a) ? a.map((v, j) => between(v, b[j])) : typeof a === "number" ? a + (b - a) * share : b);
      const now = k === steps ? to : Object.fromEntries(Object.keys(to).map((key) => [key, between(from[key], to[key])]));
      set({ ...now, n: Math.round(now.n) }, seen);
      if (k < steps) requestAnimationFrame(step);
      else then();
    };
    step();
  }

  makePredictions(find(".predict"), act, answers, glide);
  find(".print").addEventListener("click", () => {
    unveil();
    show();
    section.classList.add("printed");
    document.documentElement.classList.add("printing");
    window.print();
    section.classList.remove("printed");
    document.documentElement.classList.remove("printing");
  });
  new ResizeObserver(plan).observe(section);
  return { set, start, answers, show, current: () => bench };
}

/** Return where a bench starts. */
function startOf(config) {
  const start = { n: config.n.start, prior: config.prior.start, [config.drag]: [...config.start[config.drag]] };
  if (config.switch) start.switch = config.switch.options[0][0];
  if (config.extra) start.extra = config.extra.start;
  return start;
}

/** Return the state of a bench in words, with what more its act prints of the data. */
function stateInWords(bench, config, more = []) {
  const words = [`${config.n.label} ${bench.n}`, `${config.prior.label} ${shown(bench.prior)}`];
  if (config.extra) words.push(`${config.extra.label} ${shown(bench.extra)}`);
  if (config.switch) words.push(`${config.switch.label} ${config.switch.options.find(([value]) => value === bench.switch)[1]}`);
  words.push(`data ${bench[config.drag].slice(0, bench.n).map(shown).join(", ")}`);
  return `${[...words, ...more].join("; ")}.`;
}
