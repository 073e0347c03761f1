// A small plot beside the data, where an act has one: lines, bands between two lines, and dots on two axes.

const SIDE = { left: 54, right: 10, top: 22, bottom: 38, height: 230 };

/** Make the plot of an act. Returns what draws it from answers and bench; nothing is drawn while it is hidden. */
function makeSide(place, act, config) {
  if (!act.side) return () => {};
  place.parentNode.classList.add("two");
  place.classList.toggle("answer", Boolean(act.sideAnswers));
  const svg = draw("svg", { role: "img" }, place);

  return (found, given, bench) => {
    const width = place.clientWidth;
    if (!width) return;
    const { title, x, y, lines = [], dots = [], here } = act.side(found, given, bench, config);
    const across = (v) => SIDE.left + (width - SIDE.left - SIDE.right) * (v - x.lo) / (x.hi - x.lo);
    const up = (v) => SIDE.height - SIDE.bottom - (SIDE.height - SIDE.top - SIDE.bottom) * (v - y.lo) / (y.hi - y.lo);
    const floor = SIDE.height - SIDE.bottom;
    svg.replaceChildren();
    put(svg, { viewBox: `0 0 ${width} ${SIDE.height}`, width, height: SIDE.height, "aria-label": title });
    draw("text", { x: 0, y: 12 }, svg).textContent = title;
    draw("line", { x1: SIDE.left, x2: width - SIDE.right, y1: floor, y2: floor, class: "axis-line" }, svg);
    draw("line", { x1: SIDE.left, x2: SIDE.left, y1: SIDE.top, y2: floor, class: "axis-line" }, svg);
    for (const tick of x.ticks) draw("text", { x: across(tick), y: floor + 15, "text-anchor": "middle" }, svg).textContent = round(tick);
    for (const tick of y.ticks) draw("text", { x: SIDE.left - 5, y: up(tick) + 4, "text-anchor": "end" }, svg).textContent = round(tick);
    draw("text", { x: (SIDE.left + width) / 2, y: SIDE.height - 6, "text-anchor": "middle" }, svg).textContent = x.label;
    const middle = (SIDE.top + floor) / 2;
    draw("text", { x: 12, y: middle, "text-anchor": "middle", transform: `rotate(-90 12 ${middle})` }, svg).textContent = y.label;
    for (const { points, upper, kind, words, first } of lines) {
      if (upper) {
        const round_ = [...points, ...[...upper].reverse()].map(([a, b]) => [across(a), up(b), false]);
        draw("path", { d: `${pathOf(round_)}Z`, class: `band ${kind}` }, svg);
        draw("path", { d: pathOf(upper.map(([a, b]) => [across(a), up(b), false])), class: `curve ${kind}` }, svg);
      }
      draw("path", { d: pathOf(points.map(([a, b]) => [across(a), up(b), false])), class: `curve ${kind}` }, svg);
      const [a, b] = (upper ?? points)[first ? 0 : points.length - 1];
      draw("text", { x: across(a) + (first ? 4 : 0), y: up(b) - 5, "text-anchor": first ? "start" : "end", class: `curve-label ${kind}` }, svg).textContent = words;
    }
    for (const [a, b] of dots) draw("circle", { cx: across(a), cy: up(b), r: 5, class: "body" }, svg);
    if (!here) return;
    const [last, from, to = from] = here;
    if (from === to) draw("circle", { cx: across(last), cy: up(from), r: 6, class: "marker" }, svg);
    else draw("line", { x1: across(last), x2: across(last), y1: up(from), y2: up(to), class: "marker range" }, svg);
  };
}

/** Return about four round ticks between two ends. */
function ticksOf(lo, hi) {
  const rough = (hi - lo) / 4;
  const size = 10 ** Math.floor(Math.log10(rough));
  const step = [1, 2, 5, 10].map((k) => k * size).find((s) => s >= rough);
  const ticks = [];
  for (let k = Math.ceil(lo / step); k * step <= hi; k += 1) ticks.push(Number((k * step).toPrecision(12)));
  return ticks;
}
