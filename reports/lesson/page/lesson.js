// The page: benches are set up, the address is read, and the engine's answers are compared.

const read = (id) => JSON.parse(document.getElementById(id).textContent);

function begin() {
  const root = document.documentElement;
  root.classList.add("js");
  const configs = read("benches");
  const states = read("states");
  const [benches, starts] = [{}, {}];
  let here = location.hash;

  const arrived = (name, hash) => {
    if (hash === here || !benches[name].moved) return;
    here = hash;
    history.replaceState(null, "", hash);
  };
  for (const section of document.querySelectorAll("section.act")) {
    const name = section.id;
    const config = { ...configs[name], name };
    const bench = makeBench(section, config, acts[name], name, arrived);
    benches[name] = bench;
    starts[name] = bench.start;
    for (const event of ["input", "click", "pointerdown", "keydown"]) {
      section.addEventListener(event, () => { bench.moved = true; });
    }
  }
  const goTo = () => {
    const there = addressed(location.hash, starts, configs);
    tellUnknown(there ? "" : location.hash.slice(1), Object.keys(benches));
    if (!there) return;
    here = location.hash;
    if (there.stated) benches[there.name].set(there.bench); // the address of an act alone leaves its bench as it is
    document.getElementById(there.name).scrollIntoView();
    projector.turn(there.name);
  };
  const projector = makeProjector([...Object.keys(benches), "ending"], (name) => {
    here = benches[name] ? address(name, benches[name].current(), starts[name]) : `#${name}`;
    history.replaceState(null, "", here);
  });
  window.addEventListener("hashchange", goTo);
  Object.values(benches).forEach((bench) => bench.show());
  goTo();
  checkAll(Object.keys(benches), states);
  window.lesson = { acts, benches, judged, random }; // for tests and the curious
}

/** Say that an address leads to no act and no other part of the page; an empty one leads to its top. */
function tellUnknown(name, names) {
  const line = document.querySelector(".lost");
  line.hidden = name === "" || document.getElementById(name) !== null;
  line.textContent = line.hidden ? "" : `The address asks for "${name}", and the lesson has no such act. It has ${names.map((act) => `#${act}`).join(", ")}.`;
}

/** Compare all positions of all acts, a few at a time, so that the page answers meanwhile. */
function checkAll(names, states) {
  const checks = names.map((name) => ({ name, ...checker(name) }));
  const left = checks.flatMap(({ name, add }) => states[name].map((state) => () => add(state)));
  const some = () => {
    const until = performance.now() + 10;
    while (left.length && performance.now() < until) left.shift()();
    if (left.length) setTimeout(some, 0);
    else tell();
  };
  const tell = () => {
    for (const { name, result } of checks) {
      const line = document.querySelector(`#${name} .checked`);
      line.textContent = checkSentence(result);
      line.classList.toggle("bad", result.faults.length > 0);
    }
    const faults = sum(checks.map(({ result }) => result.faults.length));
    const count = sum(checks.map(({ result }) => result.count));
    put(document.documentElement, { "data-checked": count, "data-faults": faults });
    document.querySelectorAll(".checked-all").forEach((all) => {
      all.textContent = faults ? `This page disagrees with triptych's engine at ${faults} figures; do not teach from it.`
        : `${count} positions were compared with triptych's engine when this page was opened, and all agree.`;
      all.classList.toggle("bad", faults > 0);
    });
  };
  setTimeout(some, 50);
}

begin();
