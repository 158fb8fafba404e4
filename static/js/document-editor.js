/* The editor of a document: its pages follow what is written, what overflows leads to its field, and lists of records
   grow as far as there is room. Saving is the form's own business. */
(() => {
  "use strict";

  const form = document.getElementById("document-form");
  const live = document.querySelector("[data-live]");

  /* -- rows of records ------------------------------------------------------------------------------- */

  const grow = (rows) => {
    const groups = [...rows.querySelectorAll(".form-group")];
    const copy = groups.at(-1).cloneNode(true);
    const number = groups.length;
    copy.querySelectorAll("[name], [id], [for]").forEach((part) => {
      ["name", "id", "for"].forEach((attribute) => {
        const value = part.getAttribute(attribute);
        if (value) part.setAttribute(attribute, value.replace(/-\d+$/, `-${number}`));
      });
    });
    copy.querySelector("label").firstChild.textContent = number + 1;
    const select = copy.querySelector("select");
    select.value = "";
    groups.at(-1).after(copy);
    if (number + 1 >= Number(rows.dataset.room)) rows.querySelector("[data-add-row]").remove();
    select.focus();
  };

  document.querySelectorAll("[data-rows]").forEach((rows) => {
    const button = rows.querySelector("[data-add-row]");
    if (!button) return;
    button.addEventListener("click", () => grow(rows));
    button.disabled = false;
  });

  if (!form || !live) return;

  /* -- the pages follow ------------------------------------------------------------------------------ */

  const words = live.dataset;
  const [state, problem, missing, sheets] = [".live-state", ".live-problem", ".live-missing", ".sheets"].map(
    (name) => live.querySelector(name));
  const LOOK_AFTER = 700; // ms without a key before the pages are drawn anew
  const ASK_EVERY = 300;
  const wait = (ms) => new Promise((done) => { setTimeout(done, ms); });

  const say = (text, mark) => {
    state.textContent = text;
    live.classList.toggle("drawing", mark === "drawing");
    live.classList.toggle("failed", mark === "failed");
  };

  const fields = (slots) => slots.map((name) => form.querySelector(`[data-slot="${name}"]`) || form.elements[name]?.closest(".form-group"))
    .filter(Boolean);

  const showProblem = (told) => {
    form.querySelectorAll(".over").forEach((part) => part.classList.remove("over"));
    problem.hidden = !told.reason;
    if (!told.reason) return;
    const places = fields(told.slots || []);
    problem.replaceChildren();
    if (told.place) problem.append(Object.assign(document.createElement("b"), { textContent: told.place }));
    problem.append(told.reason);
    places.forEach((part) => part.classList.add("over"));
    if (places.length) {
      const go = Object.assign(document.createElement("button"), { type: "button", textContent: words.wordsGo });
      go.addEventListener("click", () => {
        const field = places[0].querySelector("textarea, input, select");
        field.focus();
        field.scrollIntoView({ block: "center" });
      });
      problem.append(document.createElement("br"), go);
    }
  };

  const showMissing = (texts) => {
    missing.hidden = !texts.length;
    missing.querySelector("[data-count]").textContent = texts.length;
    missing.querySelector("ul").replaceChildren(...texts.map((text) => Object.assign(document.createElement("li"), { textContent: text })));
  };

  /* A new picture takes the old one's place when it is there: the page does not flicker. */
  const showPages = (addresses) => {
    sheets.classList.toggle("one", addresses.length <= 2);
    addresses.forEach((address, at) => {
      let figure = sheets.children[at];
      if (!figure) {
        figure = document.createElement("figure");
        const label = words.wordsPage.replace("%(n)s", at + 1);
        const link = Object.assign(document.createElement("a"), { target: "_blank" });
        link.append(Object.assign(new Image(), { alt: label }));
        figure.append(link, Object.assign(document.createElement("figcaption"), { textContent: label }));
        sheets.append(figure);
      }
      const [link, picture] = [figure.querySelector("a"), figure.querySelector("img")];
      if (picture.getAttribute("src") === address) return;
      const fresh = Object.assign(new Image(), { alt: picture.alt });
      fresh.addEventListener("load", () => { picture.replaceWith(fresh); link.href = address; }, { once: true });
      fresh.src = address;
    });
    while (sheets.children.length > addresses.length) sheets.lastElementChild.remove();
  };

  const asked = async () => {
    const answer = await fetch(form.dataset.drawUrl, { method: "POST", body: new FormData(form) });
    const told = await answer.json();
    if (!answer.ok) return { done: true, missing: [], ...told };
    for (;;) {
      await wait(ASK_EVERY);
      const now = await (await fetch(told.url)).json();
      if (now.done) return now;
    }
  };

  let running = false;
  let again = false;
  const draw = async () => {
    if (running) { again = true; return; }
    running = true;
    do {
      again = false;
      say(words.wordsDrawing, "drawing");
      try {
        const told = await asked();
        showProblem(told);
        showMissing(told.missing || []);
        if (told.reason) say("", "failed");
        else { showPages(told.pages); say(words.wordsCurrent); }
      } catch {
        say(words.wordsLost, "failed");
      }
    } while (again);
    running = false;
  };

  let timer;
  form.addEventListener("input", () => { clearTimeout(timer); timer = setTimeout(draw, LOOK_AFTER); });
  form.addEventListener("change", () => { clearTimeout(timer); timer = setTimeout(draw, LOOK_AFTER); });
  draw();
})();
