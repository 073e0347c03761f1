"use strict";
(() => {
  const root = document.documentElement;
  root.classList.add("js");
  const each = (selector, act, within = document) => within.querySelectorAll(selector).forEach(act);
  const make = (tag, css, text) => {
    const element = document.createElement(tag);
    element.className = css;
    element.textContent = text;
    return element;
  };

  // Variants: one at a time, chosen by tabs; arrows move between them.
  each(".scenario", (scenario) => {
    const tabs = [...scenario.querySelectorAll("[role=tab]")];
    if (!tabs.length) return;
    const choose = (tab) => tabs.forEach((other) => {
      const on = other === tab;
      other.setAttribute("aria-selected", on);
      other.tabIndex = on ? 0 : -1;
      const panel = document.getElementById(other.dataset.panel);
      panel.classList.toggle("off", !on);
      panel.setAttribute("role", "tabpanel");
    });
    // A variant that is chosen is in the address, so that it can be linked.
    const ask = (tab) => {
      choose(tab);
      history.replaceState(null, "", `#${tab.dataset.panel}`);
    };
    const follow = () => {
      const target = document.getElementById(decodeURIComponent(location.hash.slice(1)));
      const wanted = target && tabs.find((tab) => document.getElementById(tab.dataset.panel).contains(target));
      if (wanted) choose(wanted);
    };
    tabs.forEach((tab, i) => {
      tab.addEventListener("click", () => ask(tab));
      tab.addEventListener("keydown", (event) => {
        const step = { ArrowRight: 1, ArrowLeft: -1 }[event.key];
        if (!step) return;
        const next = tabs[(i + step + tabs.length) % tabs.length];
        ask(next);
        next.focus();
      });
    });
    choose(tabs[0]);
    follow();
    window.addEventListener("hashchange", follow);
  });
  // What an address names is shown, also within a fold.
  const reveal = () => {
    const target = document.getElementById(decodeURIComponent(location.hash.slice(1)));
    for (let fold = target?.closest("details"); fold; fold = fold.parentElement.closest("details")) fold.open = true;
    target?.scrollIntoView();
  };
  window.addEventListener("hashchange", reveal);
  if (location.hash) reveal();

  // Tables: sort by a click on a heading, filter the long ones, copy as tab-separated text.
  const value = (row, column) => {
    const cell = row.cells[column];
    return (cell.dataset.value ?? cell.textContent).trim();
  };
  const isData = (row) => !row.classList.contains("axis");
  const sort = (table, head, column) => {
    const down = head.getAttribute("aria-sort") === "ascending";
    each("th[aria-sort]", (other) => other.removeAttribute("aria-sort"), table);
    head.setAttribute("aria-sort", down ? "descending" : "ascending");
    const order = (a, b) => {
      const [x, y] = [value(a, column), value(b, column)];
      if (x === "" || y === "") return (x === "") - (y === ""); // what does not exist comes last
      const [p, q] = [Number(x), Number(y)];
      const between = Number.isNaN(p) || Number.isNaN(q)
        ? x.localeCompare(y, undefined, { numeric: true }) : p - q;
      return down ? -between : between;
    };
    [...table.tBodies].forEach((body) => body.append(...[...body.rows].filter(isData).sort(order)));
  };
  each("table.sortable", (table) => {
    [...table.tHead.rows[0].cells].forEach((head, column) => {
      if (head.tagName !== "TH") return; // above the bars
      const button = make("button", "sort", "");
      button.type = "button";
      button.append(...head.childNodes);
      head.append(button);
      head.removeAttribute("tabindex"); // the button takes the focus, and with it shows the tip
      button.addEventListener("click", () => sort(table, head, column));
    });
  });

  // A path: a slider over what was computed, one step at a time; between two steps there is nothing.
  each(".walk", (walk) => {
    const bodies = [...walk.querySelectorAll("tbody")];
    const steps = [...new Map(bodies.map((body) => [body.dataset.step, body.dataset])).values()];
    if (steps.length < 2) return;
    const bar = make("div", "slider", "");
    const name = make("label", "", `${walk.dataset.along} `);
    const slider = make("input", "", "");
    slider.type = "range";
    slider.min = 0;
    slider.max = steps.length - 1;
    slider.id = `${walk.id}-slider`;
    name.htmlFor = slider.id;
    const said = make("output", "", "");
    said.htmlFor = slider.id;
    bar.append(name, slider, said);
    walk.prepend(bar);
    const show = () => {
      const step = steps[slider.value];
      bodies.forEach((body) => { body.hidden = body.dataset.step !== slider.value; });
      said.textContent = `${step.value}${step.chosen ? ` (${step.chosen})` : ""}`;
      slider.setAttribute("aria-valuetext", `${walk.dataset.along} = ${said.textContent}`);
    };
    slider.addEventListener("input", show);
    slider.value = Math.max(0, steps.findIndex((step) => step.chosen));
    show();
  });

  const copy = async (text, button) => {
    try {
      await navigator.clipboard.writeText(text);
    } catch {
      const area = make("textarea", "sr", text);
      document.body.append(area);
      area.select();
      document.execCommand("copy");
      area.remove();
    }
    const before = button.textContent;
    button.textContent = "copied";
    setTimeout(() => { button.textContent = before; }, 1200);
  };
  const tsv = (table) => [...table.rows].filter((row) => !row.hidden && isData(row)).map((row) =>
    [...row.cells].map((cell) => cell.textContent.replace(/\s+/g, " ").trim()).join("\t")).join("\n");
  each("[data-copy]", (target) => {
    const bar = make("div", "tools", "");
    if (Number(target.dataset.filter) > 8) {
      const box = make("input", "filter", "");
      box.type = "search";
      box.placeholder = "filter rows";
      box.setAttribute("aria-label", "Filter rows");
      box.addEventListener("input", () => {
        const wanted = box.value.toLowerCase();
        [...target.tBodies].flatMap((body) => [...body.rows]).filter(isData).forEach((row) => {
          row.hidden = !row.textContent.toLowerCase().includes(wanted);
        });
      });
      bar.append(box);
    }
    const button = make("button", "copy", "copy");
    button.type = "button";
    button.addEventListener("click", () =>
      copy(target.matches("table") ? tsv(target) : target.querySelector("pre").textContent, button));
    bar.append(button);
    if (target.matches("table")) target.closest(".scroll").before(bar);
    else target.append(bar);
  });

  // Tooltips for whatever explains itself in data-tip, by pointer and by keyboard.
  const tip = make("div", "tip", "");
  tip.setAttribute("role", "tooltip");
  tip.hidden = true;
  document.body.append(tip);
  const show = (event) => {
    const target = event.target.closest?.("[data-tip]");
    if (!target) return;
    tip.textContent = target.dataset.tip;
    tip.hidden = false;
    const box = target.getBoundingClientRect();
    const left = Math.min(box.left, window.innerWidth - tip.offsetWidth - 12);
    const below = box.bottom + tip.offsetHeight + 12 < window.innerHeight;
    tip.style.left = `${Math.max(12, left)}px`;
    tip.style.top = `${below ? box.bottom + 6 : box.top - tip.offsetHeight - 6}px`;
  };
  const hide = () => { tip.hidden = true; };
  ["pointerover", "focusin"].forEach((name) => document.addEventListener(name, show));
  ["pointerout", "focusout", "scroll"].forEach((name) => document.addEventListener(name, hide, true));

  // The contents follow the reader.
  const links = new Map([...document.querySelectorAll(".toc ol a")].map((a) => [a.hash.slice(1), a]));
  const watch = new IntersectionObserver((entries) => entries.forEach((entry) => {
    if (!entry.isIntersecting) return;
    links.forEach((a) => a.removeAttribute("aria-current"));
    links.get(entry.target.id)?.setAttribute("aria-current", "true");
  }), { rootMargin: "-10% 0px -80% 0px" });
  links.forEach((_, id) => {
    const section = document.getElementById(id);
    if (section) watch.observe(section);
  });
})();
