// Projector mode: one act fills the screen, large, with its prose put away.

function makeProjector(names) {
  const root = document.documentElement;
  const button = document.querySelector(".projector");
  const bar = document.querySelector(".stage");
  let at = names[0];

  function turn(name) {
    at = name;
    if (!root.classList.contains("big")) return;
    names.forEach((other) => document.getElementById(other).classList.toggle("off", other !== name));
    window.scrollTo(0, 0);
  }

  function toggle() {
    const on = root.classList.toggle("big");
    put(button, { "aria-pressed": on });
    if (on) {
      const seen = names.find((name) => document.getElementById(name).getBoundingClientRect().bottom > 80);
      turn(seen ?? at);
    } else {
      names.forEach((name) => document.getElementById(name).classList.remove("off"));
      document.getElementById(at).scrollIntoView();
    }
    window.dispatchEvent(new Event("resize"));
  }

  button.addEventListener("click", toggle);
  bar.querySelectorAll("button").forEach((step) => {
    step.addEventListener("click", () => {
      turn(names[(names.indexOf(at) + Number(step.dataset.step) + names.length) % names.length]);
    });
  });
  return { turn };
}
