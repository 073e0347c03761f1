// The strip of data: dots that are dragged by pointer or finger, or moved by arrow keys.

const STRIP_HEIGHT = { line: 100, lanes: 112, scatter: 230 };
const STACK = { near: 16, step: 12, most: 4 }; // dots of a line nearer than this stand on one another, in pixels

/** Make the strip of a bench; moved(index, value) is called when a dot was moved. Returns what draws it again. */
function makeStrip(place, config, moved, current) {
  const height = config.height ?? STRIP_HEIGHT[config.layout];
  const svg = draw("svg", { class: "strip", role: "group", "aria-label": `Data: ${config.data}` }, place);
  const frame = draw("g", { "aria-hidden": "true" }, svg);
  const behind = draw("g", { "aria-hidden": "true" }, svg);
  const dots = config.start[config.drag].map((_, k) => dot(k));
  let width = 800;
  let below = false; // whether the names of curves stand below the picture, which is too narrow for them
  const [lo, hi] = config.range;
  const upright = config.layout === "scatter";
  let held = -1;

  // The reach of dots overlaps: the one that is nearest is taken.
  svg.addEventListener("pointerdown", (event) => {
    if (!event.target.closest(".dot")) return;
    const box = svg.getBoundingClientRect();
    const away = dots.slice(0, current().n).map((_, k) => {
      const [cx, cy] = position(current(), k);
      return Math.hypot(event.clientX - box.left - cx, event.clientY - box.top - cy);
    });
    held = away.indexOf(Math.min(...away));
    svg.setPointerCapture(event.pointerId);
    dots[held].classList.add("held");
    dots[held].focus({ preventScroll: true });
    event.preventDefault();
  });
  svg.addEventListener("pointermove", (event) => {
    if (held >= 0) set(held, valueAt(event));
  });
  for (const name of ["pointerup", "pointercancel"]) {
    svg.addEventListener(name, () => {
      dots[held]?.classList.remove("held");
      held = -1;
    });
  }

  function dot(k) {
    const group = draw("g", { class: "dot", tabindex: 0, role: "slider", "aria-label": `${config.noun} ${k + 1}` }, svg);
    draw("circle", { r: 22, class: "reach" }, group);
    draw("circle", { r: 9, class: "body" }, group);
    put(group, { "aria-valuemin": config.range[0], "aria-valuemax": config.range[1], "aria-orientation": config.layout === "scatter" ? "vertical" : "horizontal" });
    group.addEventListener("keydown", (event) => {
      const steps = { ArrowRight: 1, ArrowUp: 1, ArrowLeft: -1, ArrowDown: -1, PageUp: 10, PageDown: -10 };
      const now = current()[config.drag][k];
      const ends = { Home: lo, End: hi };
      if (event.key in steps) set(k, now + steps[event.key] * config.step);
      else if (event.key in ends) set(k, ends[event.key]);
      else return;
      event.preventDefault();
    });
    return group;
  }

  function set(k, value) {
    moved(k, onStep(Math.min(hi, Math.max(lo, value)), config));
  }

  function valueAt(event) {
    const box = svg.getBoundingClientRect();
    if (upright) return lo + (hi - lo) * (height - 26 - (event.clientY - box.top)) / (height - 40);
    return lo + (hi - lo) * (event.clientX - box.left - 16) / (box.width - 32);
  }

  const x = (value, from, to) => 16 + (width - 32) * (value - from) / (to - from);

  function position(bench, k) {
    const value = bench[config.drag][k];
    if (config.layout === "scatter") return [x(config.start.first[k], -2, 2), height - 26 - (height - 40) * (value - lo) / (hi - lo)];
    if (config.layout === "lanes") return [x(value, lo, hi), config.start.y[k] ? 24 : height - 48];
    return [x(value, lo, hi), height - 38 - STACK.step * levels(bench[config.drag])[k]];
  }

  /** On which level each dot of a line stands: the lowest without a dot too near. A crowd shares the highest. */
  function levels(values) {
    const places = values.map((value) => x(value, lo, hi));
    return places.reduce((taken, place, k) => {
      const full = new Set(taken.filter((_, j) => Math.abs(places[j] - place) < STACK.near));
      let level = 0;
      while (full.has(level) && level < STACK.most) level += 1;
      return [...taken, level];
    }, []);
  }

  function axis() {
    frame.replaceChildren();
    const [from, to] = upright ? [-2, 2] : [lo, hi];
    const floor = height - 26;
    draw("line", { x1: 16, x2: width - 16, y1: floor, y2: floor, class: "axis-line" }, frame);
    const step = (to - from) / (width < 500 ? 6 : 12) > 1 ? 2 : 1;
    for (let t = Math.ceil(from); t <= to; t += step) {
      draw("line", { x1: x(t, from, to), x2: x(t, from, to), y1: floor, y2: floor + 5, class: "axis-line" }, frame);
      draw("text", { x: x(t, from, to), y: height - 6, "text-anchor": "middle" }, frame).textContent = round(t);
    }
    if (upright) {
      for (let t = 2 * Math.ceil(lo / 2); t <= hi; t += 2) {
        const y = height - 26 - (height - 40) * (t - lo) / (hi - lo);
        draw("line", { x1: 16, x2: width - 16, y1: y, y2: y, class: "faint" }, frame);
        draw("text", { x: 18, y: y - 3 }, frame).textContent = round(t);
      }
    }
    if (config.layout === "lanes") {
      ["passed", "failed"].forEach((word, k) => {
        draw("text", { x: 16, y: k ? height - 60 : 12 }, frame).textContent = word;
      });
    }
  }

  /** Draw curves behind the dots: points of a value and a height, from 0 to 1; what is higher leaves the picture. */
  function over(curves) {
    behind.replaceChildren();
    let next = 16;
    const [low, high] = config.layout === "lanes" ? [height - 48, 24] : [height - 26, 8];
    for (const { points, kind, label } of curves) {
      const at = points.map(([value, h]) => [x(value, lo, hi), low - (low - high) * Math.min(h, 1.05), h > 1]);
      draw("path", { d: pathOf(at), class: `curve ${kind}` }, behind);
      if (below) {
        const text = draw("text", { x: next, y: height + 14, class: `curve-label ${kind}` }, behind);
        text.textContent = label.words;
        next += text.getComputedTextLength() + 14;
        continue;
      }
      const [lx, ly] = [x(label.at, lo, hi), low - (low - high) * Math.min(label.height, 1)];
      draw("text", { x: lx + (label.end ? 0 : 6), y: ly + 4, "text-anchor": label.end ? "end" : "start", class: `curve-label ${kind}` }, behind).textContent = label.words;
    }
  }

  return (bench, extra = {}) => {
    const now = place.clientWidth || 800;
    if (now !== width || !frame.childNodes.length) {
      width = now;
      below = config.layout === "lanes" && width < 500;
      const tall = height + (below ? 20 : 0);
      put(svg, { viewBox: `0 0 ${width} ${tall}`, width, height: tall });
      axis();
    }
    over(extra.curves ?? []);
    dots.forEach((group, k) => {
      const inside = k < bench.n;
      group.classList.toggle("out", !inside);
      group.classList.toggle("marked", extra.marked === k);
      put(group, { tabindex: inside ? 0 : -1, "aria-hidden": inside ? undefined : "true" });
      const [cx, cy] = position(bench, k);
      put(group, { transform: `translate(${cx.toFixed(1)} ${cy.toFixed(1)})`, "aria-valuenow": bench[config.drag][k], "aria-valuetext": shown(bench[config.drag][k]) });
    });
  };
}
