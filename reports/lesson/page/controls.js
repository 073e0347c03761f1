// Sliders, the switch, and the buttons for an outlier and the way back.

function makeControls(place, config, start, changed, current) {
  const rows = [];

  function slider(key, { label, lo, hi, min, max, step, log }) {
    const [to, from] = log ? [Math.log10, (v) => 10 ** v] : [(v) => v, (v) => v];
    const row = make("label", {}, `${label} `);
    const input = make("input", { type: "range", min: to(lo ?? min), max: to(hi ?? max), step: step ?? (log ? 0.01 : 1) });
    const output = make("output");
    row.append(input, output);
    place.append(row);
    input.addEventListener("input", () => changed({ [key]: from(Number(input.value)) }));
    rows.push((bench) => {
      input.value = to(bench[key]);
      output.value = key === "n" ? bench.n : shown(bench[key]);
      put(input, { "aria-valuetext": output.value });
    });
  }

  slider("n", config.n);
  slider("prior", { log: true, ...config.prior });
  if (config.extra) slider("extra", config.extra);
  if (config.switch) {
    const set = make("fieldset", { class: "switch" });
    set.append(make("legend", {}, config.switch.label));
    config.switch.options.forEach(([value, words]) => {
      const label = make("label");
      const input = make("input", { type: "radio", name: `switch-${config.name}`, value });
      label.append(input, ` ${words}`);
      input.addEventListener("change", () => changed({ switch: value }));
      rows.push((bench) => { input.checked = bench.switch === value; });
      set.append(label);
    });
    place.append(set);
  }
  const outlier = make("button", { type: "button", "aria-pressed": "false" }, "outlier");
  outlier.addEventListener("click", () => {
    const { n, [config.drag]: values } = current();
    const next = [...values];
    next[n - 1] = values[n - 1] === config.outlier ? start[config.drag][n - 1] : config.outlier;
    changed({ [config.drag]: next });
  });
  rows.push((bench) => put(outlier, { "aria-pressed": bench[config.drag][bench.n - 1] === config.outlier }));
  const reset = make("button", { type: "button" }, "back to the start");
  reset.addEventListener("click", () => changed(start));
  const buttons = make("span", { class: "buttons" });
  buttons.append(outlier, reset);
  place.append(buttons);
  return { show: (bench) => rows.forEach((row) => row(bench)) };
}
