// The page's own answers against the engine's, at the positions that the page carries.

const EXACT = 1e-6; // relative, where the page and the engine both solve exactly
const SAMPLED = 5; // Monte Carlo standard errors

const OPEN = { inf: Infinity, "-inf": -Infinity };
const figure = (kept) => (kept in OPEN ? OPEN[kept] : kept);

/** Return what differs between the page's answer and the engine's at one position, and how much was compared. */
function difference(solve, state) {
  const found = solve(state.given, state.switch);
  const said = { faults: [], exact: 0, sampled: 0, unsampled: false };
  for (const method of METHODS) {
    const [own, engine] = [found[method], state[method]];
    if (method === "mcmc" && engine.status === "unreliable") {
      said.unsampled = true; // the draws did not pass the engine's gate, so they are no answer
      continue;
    }
    if (own.status !== engine.status) said.faults.push(`${method}: status ${own.status}, engine ${engine.status}`);
    ["value", "lower", "upper"].forEach((part, k) => {
      const [mine, given] = [own[part] ?? null, figure(engine[part])];
      if (mine === null && given === null) return;
      let gap = 0;
      if (mine !== given) {
        const error = method === "mcmc" ? engine.errors[k] : Math.max(1, Math.abs(given));
        gap = mine === null || given === null ? Infinity : Math.abs(mine - given) / error;
      }
      const kind = method === "mcmc" ? "sampled" : "exact";
      said[kind] = Math.max(said[kind], gap);
      if (!(gap <= (method === "mcmc" ? SAMPLED : EXACT))) {
        said.faults.push(`${method} ${part}: ${mine}, engine ${given}`);
      }
    });
  }
  return said;
}

/** Start the comparison of an act: a function that adds one position to the result. */
function checker(name) {
  const result = { count: 0, unsampled: 0, exact: 0, sampled: 0, faults: [] };
  const add = (state) => {
    const one = difference(acts[name].solve, state);
    result.count += 1;
    result.exact = Math.max(result.exact, one.exact);
    result.sampled = Math.max(result.sampled, one.sampled);
    result.unsampled += one.unsampled;
    one.faults.forEach((fault) => result.faults.push(`position ${result.count}: ${fault}`));
  };
  return { result, add };
}

function checkSentence({ count, unsampled, exact, sampled, faults }) {
  if (faults.length) return `This page and triptych's engine disagree at ${faults.length} figures of this act. ${faults.slice(0, 3).join("; ")}.`;
  const left = unsampled ? ` At ${unsampled} of them the engine's draws did not pass its gate, and only the two maxima were compared.` : "";
  const digits = exact < 1e-12 ? "the last digits" : shown(exact);
  return `${count} positions of this bench were compared with triptych's engine, and all agree: exact figures to ${digits}, `
    + `sampled ones to ${shown(sampled)} Monte Carlo standard errors.${left}`;
}
