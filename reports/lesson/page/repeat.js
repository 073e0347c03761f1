// The study repeated: many data sets of one truth, and how often each interval holds it.

const TIMES = 100;

/** Make the row under the panels. Returns what clears it, for when the bench has moved. */
function makeRepeat(place, config, act, current) {
  const scale = scaleOf(config.axis);
  const button = place.querySelector("button");
  const said = place.querySelector(".said");
  const rows = METHODS.map((method) => {
    const box = place.querySelector(`.study.${method}`);
    return { method, svg: draw("svg", { role: "img", "aria-label": "not yet repeated" }, box), text: box.querySelector("p") };
  });
  let [running, seed] = [0, 1];

  function clear() {
    running += 1;
    place.classList.remove("done");
    said.textContent = "";
    rows.forEach(({ svg, text }) => {
      svg.replaceChildren();
      text.textContent = "";
    });
  }

  function start() {
    clear();
    const own = running;
    const tally = METHODS.map(() => ({ covered: 0, missing: 0 }));
    place.classList.add("done"); // it has no width before
    const width = rows[0].svg.parentNode.clientWidth;
    rows.forEach(({ svg }) => {
      put(svg, { viewBox: `0 0 ${width} ${2 * TIMES + 4}`, width, height: 2 * TIMES + 4 });
      const x = scale.share(config.truth) * width;
      draw("line", { x1: x, x2: x, y1: 0, y2: 2 * TIMES + 4, class: "truth" }, svg);
    });
    let done = 0;
    const step = () => {
      if (own !== running) return; // the bench was moved meanwhile
      const until = performance.now() + 12;
      do {
        const given = act.simulate(random(7919 * seed + done), current(), config.truth, config);
        const found = act.solve(given, current().switch ?? "");
        METHODS.forEach((method, k) => one(rows[k], found[method], tally[k], done, width));
        done += 1;
      } while (done < TIMES && performance.now() < until);
      tell(tally, done);
      if (done < TIMES) requestAnimationFrame(step);
      else seed += 1;
    };
    step();
  }

  function one(row, answer, tally, k, width) {
    const { lower, upper } = endsOf(answer);
    const missing = lower === undefined || (lower === -Infinity && upper === Infinity);
    if (missing) {
      tally.missing += 1;
      return;
    }
    const covers = lower <= config.truth && config.truth <= upper;
    tally.covered += covers;
    const clip = (v) => Math.min(Math.max(scale.share(v), 0), 1) * width;
    draw("line", { x1: clip(lower), x2: Math.max(clip(upper), clip(lower) + 1), y1: 2 * k + 3, y2: 2 * k + 3, class: covers ? "holds" : "misses" }, row.svg);
  }

  function tell(tally, done) {
    METHODS.forEach((method, k) => {
      const { covered, missing } = tally[k];
      const none = missing ? `, ${missing} had none` : "";
      rows[k].text.textContent = `${covered} of ${done} intervals hold the truth${none}`;
      put(rows[k].svg, { "aria-label": rows[k].text.textContent });
    });
    if (done === TIMES) said.textContent = `True value ${shown(config.truth)}. ${rows.map((row) => `${NAMES[row.method]}: ${row.text.textContent}`).join(". ")}.`;
  }

  button.addEventListener("click", start);
  return clear;
}
