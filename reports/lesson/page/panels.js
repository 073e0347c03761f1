// Three panels on one axis: the likelihood's profile, the joint density's profile, and the posterior; each shows the others.

const PANEL = { height: 190, top: 14, floor: 150 };
const POINTS = 161;

/** Return the heights of the curves on an axis, each relative to its highest point in view or to a reference. */
function curvesOf(found, axis) {
  const scale = scaleOf(axis);
  const xs = Array.from({ length: POINTS }, (_, k) => scale.value(k / (POINTS - 1)));
  const heights = (f, reference) => {
    const logs = xs.map(f);
    const top = reference ?? Math.max(...logs.filter(Number.isFinite));
    return logs.map((value) => Math.min(Math.exp(value - top), 1.6));
  };
  // Where the likelihood has no maximum its best ordinary top is drawn at part of the height, to see what passes it.
  const inner = found.interior?.();
  const reference = inner && inner.height + Math.log(1.6);
  return {
    reference,
    mle: heights(found.likelihood, reference),
    map: heights(found.joint),
    mcmc: found.mcmc.status === "no_posterior" ? [] : heights(found.density),
    // A density of sigma is not one of log sigma: beside each curve stands the prior of its own kind.
    priors: { map: heights(found.prior), mcmc: heights(found.priorOfDensity ?? found.prior) },
  };
}

/** Make the three panels of a bench. Returns what draws them: from answers, curves, and a marker or none. */
function makePanels(place, config) {
  const scale = scaleOf(config.axis);
  const panels = METHODS.map((method) => {
    const section = place.querySelector(`.panel.${method}`);
    const svg = draw("svg", { role: "img" }, section);
    const panel = { method, section, svg, big: section.querySelector(".big"), small: section.querySelector(".small"), more: section.querySelector(".more") };
    panel.axis = draw("g", {}, svg);
    panel.prior = draw("path", { class: "prior" }, svg);
    panel.area = draw("path", { class: "area" }, svg);
    panel.line = draw("path", { class: "line" }, svg);
    panel.ghosts = METHODS.map((other) => draw("line", { class: `${other === method ? "own" : "ghost"} ${other}` }, svg));
    panel.bar = draw("line", { class: "bar" }, svg);
    panel.marker = draw("circle", { class: "marker", r: 6 }, svg);
    panel.here = draw("text", { class: "here" }, svg);
    panel.note = draw("text", { class: "note" }, svg);
    return panel;
  });
  let width = 0;

  function axes() {
    for (const { axis, svg } of panels) {
      put(svg, { viewBox: `0 0 ${width} ${PANEL.height}`, width, height: PANEL.height });
      axis.replaceChildren();
      draw("line", { x1: 0, x2: width, y1: PANEL.floor, y2: PANEL.floor, class: "axis-line" }, axis);
      for (const tick of config.axis.ticks) {
        const x = scale.share(Math.max(tick, config.axis.lo)) * width;
        const anchor = x < 8 ? "start" : x > width - 8 ? "end" : "middle";
        draw("line", { x1: x, x2: x, y1: PANEL.floor, y2: PANEL.floor + 4, class: "axis-line" }, axis);
        draw("text", { x, y: PANEL.floor + 18, "text-anchor": anchor }, axis).textContent = round(tick);
      }
      draw("text", { x: width / 2, y: PANEL.height - 4, "text-anchor": "middle" }, axis).textContent = config.axis.label;
    }
  }

  const at = (height) => PANEL.floor - (PANEL.floor - PANEL.top) * Math.min(height, 1.1) * 0.92;
  const path = (heights) => pathOf(heights.map((h, k) => [k / (POINTS - 1) * width, at(h), h >= 1.1]));

  return (found, curves, marker) => {
    const now = panels[0].section.clientWidth - 2 * parseFloat(getComputedStyle(panels[0].section).paddingLeft);
    if (now !== width) {
      width = now;
      axes();
    }
    const shares = METHODS.map((method) => (found[method].value === undefined ? undefined : scale.share(found[method].value)));
    for (const panel of panels) {
      const own = found[panel.method];
      const line = path(curves[panel.method]);
      put(panel.line, { d: line });
      put(panel.area, { d: line && `${line}L${width} ${PANEL.floor}L0 ${PANEL.floor}Z` });
      put(panel.prior, { d: panel.method === "mle" ? "" : path(curves.priors[panel.method]) });
      panel.ghosts.forEach((line, k) => {
        const share = shares[k];
        const mine = METHODS[k] === panel.method;
        const inView = share !== undefined && share >= 0 && share <= 1;
        const x = (inView ? share : -1) * width;
        put(line, { x1: x, x2: x, y1: mine ? PANEL.top : 80, y2: PANEL.floor, visibility: inView ? "visible" : "hidden" });
      });
      ends(panel.bar, own);
      panel.big.textContent = told(own);
      panel.big.classList.toggle("none", own.value === undefined);
      panel.small.textContent = interval(own) || `no interval${own.none ?? ""}`;
      panel.more.replaceChildren(...(own.more ?? []).map((line) => make("span", {}, line)));
      const beyond = shares[METHODS.indexOf(panel.method)];
      panel.note.textContent = own.status === "unbounded" ? "↑ grows without limit"
        : beyond > 1 ? `${shown(own.value)} →` : beyond < 0 ? `← ${shown(own.value)}` : "";
      put(panel.note, { x: beyond > 1 ? width - 2 : 2, y: 12, "text-anchor": beyond > 1 ? "end" : "start" });
      mark(panel, marker, curves, shares);
      put(panel.svg, { "aria-label": `${NAMES[panel.method]}: ${told(own)}; ${KINDS[panel.method]} ${interval(own) || "none"}` });
    }
  };

  function mark(panel, marker, { reference, mle: blue }, shares) {
    const seen = marker && panel.method === "mle";
    for (const part of [panel.marker, panel.here]) put(part, { visibility: seen ? "visible" : "hidden" });
    if (!seen) return;
    const share = Math.min(Math.max(scale.share(marker.x), 0), 1);
    const [cx, cy] = [share * width, at(Math.min(Math.exp(marker.height - (reference ?? marker.height)), 1.1))];
    put(panel.marker, { cx, cy });
    if (cx < 40 && cy < 30) put(panel.note, { x: 14 }); // beside the point, not under it
    panel.here.textContent = `${scale.share(marker.x) < 0 ? "← " : ""}${marker.words}`;
    const long = panel.here.getComputedTextLength();
    const ys = blue.map(at);
    /** Whether letters on a line from x to the right of it are clear of the blue curve and of the other answers' lines. */
    const clear = (x, y) => x >= 0 && x + long <= width
      && ys.every((one, k) => {
        const [a, b] = [(k - 1) / (POINTS - 1) * width, k / (POINTS - 1) * width];
        const [high, low] = [Math.min(ys[k - 1] ?? one, one), Math.max(ys[k - 1] ?? one, one)];
        return b < x - 4 || a > x + long + 4 || low < y - 15 || high > y + 6;
      })
      && (y < 76 || shares.every((other) => other === undefined || other * width < x - 4 || other * width > x + long + 4));
    const places = [];
    for (let up = 0; up <= Math.min(cy - 40, 32); up += 8) places.push([cx + 9, cy - 9 - up], [cx - 9 - long, cy - 9 - up], [width - long, cy - 9 - up]);
    for (let down = 22; down < 70; down += 8) places.push([cx + 9, cy + down], [cx - 9 - long, cy + down]);
    const [x, y] = places.find(([a, b]) => clear(a, b)) ?? [Math.max(width - long, 0), 30];
    put(panel.here, { x, y, "text-anchor": "start" });
  }

  function ends(bar, own) {
    const { lower, upper } = endsOf(own);
    const none = lower === undefined || (lower === -Infinity && upper === Infinity);
    const clip = (v) => Math.min(Math.max(scale.share(v), 0), 1) * width;
    const [x1, x2] = none ? [0, 0] : [clip(lower), clip(upper)];
    put(bar, { x1, x2, y1: PANEL.floor - 3, y2: PANEL.floor - 3, visibility: none || x1 === x2 ? "hidden" : "visible" });
  }
}
