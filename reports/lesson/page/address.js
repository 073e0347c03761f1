// The bench's state in the address: #act?n=3&prior=0.5&..., so that a link or a printed page brings it back.

/** Return what of a bench differs from its start, as text for the address. */
function address(name, bench, start) {
  const parts = [];
  for (const [key, value] of Object.entries(bench)) {
    if (JSON.stringify(value) === JSON.stringify(start[key])) continue;
    parts.push(`${key}=${Array.isArray(value) ? value.join(",") : value}`);
  }
  return `#${name}${parts.length ? `?${parts.join("&")}` : ""}`;
}

/** Return a value of the data as the bench can hold it: a whole number of its steps, so that two are equal or clearly apart. */
const onStep = (value, { step }) => Number(value.toFixed(Math.round(-Math.log10(step))));

/** Return the act and the bench of an address, and whether it states one, or null; what does not fit the bench is left at its start. */
function addressed(hash, starts, configs) {
  const [name, query = ""] = hash.slice(1).replaceAll("%2C", ",").split("?"); // some programs write the comma so
  if (!Object.hasOwn(starts, name)) return null;
  const [start, config] = [starts[name], configs[name]];
  const bench = { ...start };
  const clamp = (value, { lo, min, hi, max }) => Math.min(Math.max(value, lo ?? min), hi ?? max);
  for (const part of query.split("&")) {
    const [key, text = ""] = part.split("=");
    if (!Object.hasOwn(start, key)) continue;
    const values = text.split(",").map(Number);
    if (Array.isArray(start[key])) {
      const [lo, hi] = config.range;
      if (values.length === start[key].length && values.every((v) => v >= lo && v <= hi)) bench[key] = values.map((v) => onStep(v, config));
    } else if (key === "switch") {
      if (config.switch.options.some(([value]) => value === text)) bench[key] = text;
    } else if (Number.isFinite(values[0]) && text !== "") {
      bench[key] = clamp(values[0], config[key]);
      if (key === "n") bench.n = Math.round(bench.n);
    }
  }
  return { name, bench, stated: query !== "" };
}
