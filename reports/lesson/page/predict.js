// Predict first, then see: a question, a choice, and the bench moves.

/** Set up the questions of an act; show(changes, then, seen) moves the bench, veiled where it is not to be seen. */
function makePredictions(place, act, answers, show) {
  const questions = [...place.querySelectorAll("fieldset")];
  let at = 0;
  const next = make("button", { type: "button", class: "next" }, "next question");
  next.hidden = true;
  place.append(next);

  function open(k) {
    at = k;
    questions.forEach((question, j) => { question.hidden = j !== k; });
    next.hidden = true;
  }

  questions.forEach((question, k) => {
    const reveal = make("button", { type: "button" }, "see");
    const verdict = make("p", { class: "verdict", role: "status" });
    const because = question.querySelector("details");
    because.remove();
    question.append(reveal, verdict);
    reveal.disabled = true;
    question.addEventListener("change", () => { reveal.disabled = false; });
    reveal.addEventListener("click", () => {
      const asked = JSON.parse(question.dataset.asked);
      const chosen = Number(question.querySelector("input:checked").value);
      question.querySelectorAll("input").forEach((input) => { input.disabled = true; });
      reveal.hidden = true;
      place.parentNode.classList.remove("asking");
      show({ ...asked.start, ...asked.move }, () => {
        const right = judged(act, answers, asked, k).right;
        const words = question.querySelectorAll("label")[right].textContent.trim();
        verdict.textContent = `${chosen === right ? "As you said: " : "It is: "}${words}. ${because.querySelector("p").textContent}`;
        verdict.classList.add(chosen === right ? "good" : "bad");
        next.hidden = questions.length < 2;
        next.textContent = at === questions.length - 1 ? "ask again from the start" : "next question";
      });
    });
    question.addEventListener("focusin", () => begin(question));
    question.addEventListener("pointerdown", () => begin(question));
  });

  /** The bench goes to where the question starts from, once. */
  function begin(question) {
    if (question.dataset.begun) return;
    question.dataset.begun = "yes";
    place.parentNode.classList.add("asking");
    show(JSON.parse(question.dataset.asked).start, () => {}, false);
  }

  next.addEventListener("click", () => {
    const again = (at + 1) % questions.length;
    const question = questions[again];
    delete question.dataset.begun;
    question.querySelectorAll("input").forEach((input) => { input.disabled = false; input.checked = false; });
    const [reveal, verdict] = [question.querySelector("button"), question.querySelector(".verdict")];
    reveal.hidden = false;
    reveal.disabled = true;
    verdict.textContent = "";
    verdict.className = "verdict";
    open(again);
    question.querySelector("input").focus();
  });
  open(0);
}

/** Return which choice the page's own figures call right. */
function judged(act, answers, asked, k) {
  const [before, after] = [answers(asked.start), answers({ ...asked.start, ...asked.move })];
  return { right: act.judges[k](before.found, after.found, after.bench), before, after };
}
