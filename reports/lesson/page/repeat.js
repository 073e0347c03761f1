// The study repeated: many data sets of one truth, and how often each interval holds it.

const TIMES = 100;
const MORE = { times: 1000, seconds: 3 }; // counted on without being drawn, to tell what to expect

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
    place.classList.remove("done", "counted");
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
    const began = performance.now();
    const step = () => {
      if (own !== running) return; // the bench was moved meanwhile
      const until = performance.now() + 12;
      do {
        const given = act.simulate(random(7919 * seed + done), current(), config.truth, config);
        const found = act.solve(given, current().switch ?? "");
        METHODS.forEach((method, k) => one(rows[k], found[method], tally[k], done, width));
        done += 1;
        if (done <= TIMES) tell(tally, done);
      } while (performance.now() < until && done !== TIMES && done < MORE.times);
      const more = done < MORE.times && performance.now() < began + 1000 * MORE.seconds;
      if (done < TIMES || more) requestAnimationFrame(step);
      else {
        seed += 1;
        expect(tally, done);
      }
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
    if (k >= TIMES) return;
    const clip = (v) => Math.min(Math.max(scale.share(v), 0), 1) * width;
    draw("line", { x1: clip(lower), x2: Math.max(clip(upper), clip(lower) + 1), y1: 2 * k + 3, y2: 2 * k + 3, class: covers ? "holds" : "misses" }, row.svg);
  }

  function tell(tally, done) {
    METHODS.forEach((method, k) => {
      const { covered, missing } = tally[k];
      rows[k].text.textContent = missing ? `${covered} of ${done} hold the truth, ${done - covered - missing} miss it, ${missing} have no interval`
        : `${covered} of ${done} intervals hold the truth`;
      put(rows[k].svg, { "aria-label": rows[k].text.textContent });
    });
    if (done === TIMES) said.textContent = `True value ${shown(config.truth)}. ${rows.map((row) => `${NAMES[row.method]}: ${row.text.textContent}`).join(". ")}.`;
  }

  /** Say what a right interval does, and what these do in the studies that were counted. */
  function expect(tally, done) {
    const found = rows.map(({ method }, k) => [method, `${NAMES[method]} ${Math.round(100 * tally[k].covered / done)}\u00a0%`]);
    write(place.querySelector(".counted"), ["A right 95\u00a0% interval holds the truth in 95 of 100 studies in the long run, and mostly in 91 to 99 of one hundred. ",
      `Of ${done} such studies these hold it: `, found[0], ", ", found[1], ", ", found[2], "; a study without an interval does not hold it."]);
    place.classList.add("counted");
  }

  button.addEventListener("click", start);
  return clear;
}
