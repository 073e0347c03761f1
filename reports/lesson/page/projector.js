// Projector mode: one act fills the screen, large, with its prose put away; Escape leaves it.

/** Set up the mode for the acts and the ending; turned(name) is called when it has turned to one. */
function makeProjector(names, turned) {
  const root = document.documentElement;
  const button = document.querySelector(".projector");
  const bar = document.querySelector(".stage");
  const ask = bar.querySelector(".ask");
  let at = names[0];

  function turn(name) {
    at = name;
    if (!root.classList.contains("big")) return;
    names.forEach((other) => document.getElementById(other).classList.toggle("off", other !== name));
    if (!document.querySelector(`#${name} .prose`)) story(false); // the ending is all text
    window.scrollTo(0, 0);
    turned(name);
  }

  /** The act that is read: the last one that begins in the upper third of the window, or above it. */
  function seen() {
    const begun = names.filter((name) => document.getElementById(name).getBoundingClientRect().top <= window.innerHeight / 3);
    return begun[begun.length - 1] ?? names[0];
  }

  function toggle() {
    story(false);
    const there = seen(); // before the prose goes, and all acts with it to other places
    const on = root.classList.toggle("big");
    put(button, { "aria-pressed": on });
    if (on) {
      turn(there);
    } else {
      names.forEach((name) => document.getElementById(name).classList.remove("off"));
      document.getElementById(at).scrollIntoView();
    }
    window.dispatchEvent(new Event("resize"));
  }

  /** The act's text and what to ask the class, over the bench or put away; the teacher's answers are not among them. */
  function story(on) {
    root.classList.toggle("story", on);
    put(ask, { "aria-pressed": on });
  }

  button.addEventListener("click", toggle);
  ask.addEventListener("click", () => story(!root.classList.contains("story")));
  document.addEventListener("keydown", (event) => {
    if (event.key !== "Escape" || !root.classList.contains("big")) return;
    if (root.classList.contains("story")) story(false);
    else toggle();
  });
  bar.querySelectorAll("[data-step]").forEach((step) => {
    step.addEventListener("click", () => {
      turn(names[(names.indexOf(at) + Number(step.dataset.step) + names.length) % names.length]);
    });
  });
  return { turn };
}
