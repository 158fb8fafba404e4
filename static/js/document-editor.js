/* The editor of a document: its pages follow what is written, what is refused leads to its field, lists and groups grow
   as far as there is room, and saving leaves everything in its place. Without it the form works as any other. */
(() => {
  "use strict";

  const form = document.getElementById("document-form");
  const bar = document.querySelector("[data-bar]");
  if (!form) return;
  const make = (tag, values = {}) => Object.assign(document.createElement(tag), values);

  /* -- one more row ------------------------------------------------------------------------------------ */

  const rowsIn = (list) => [...list.querySelectorAll("[data-row]")];
  const spare = (list) => rowsIn(list).find((row) => row.classList.contains("spare"));
  const growable = (list) => Boolean(spare(list)) || rowsIn(list).length < Number(list.dataset.room || 0);

  const cloned = (list) => {
    const rows = rowsIn(list);
    const copy = rows.at(-1).cloneNode(true);
    copy.querySelectorAll("[name], [id], [for]").forEach((part) => {
      ["name", "id", "for"].filter((name) => part.hasAttribute(name)).forEach((name) => {
        part.setAttribute(name, part.getAttribute(name).replace(/-\d+$/, `-${rows.length}`));
      });
    });
    copy.querySelector("label").firstChild.textContent = rows.length + 1;
    copy.querySelector("select").value = "";
    rows.at(-1).after(copy);
    return copy;
  };

  form.querySelectorAll("[data-more]").forEach((button) => {
    const list = button.parentElement;
    button.hidden = !growable(list);
    button.addEventListener("click", () => {
      const row = spare(list) || cloned(list);
      row.classList.remove("spare");
      row.querySelector("input, textarea, select").focus();
      button.hidden = !growable(list);
    });
  });

  /* -- what folds hold ----------------------------------------------------------------------------------- */

  const line = (row) => [...row.querySelectorAll("input, textarea")].map((field) => field.value.trim().replace(/\s+/g, " "))
    .find(Boolean);

  const tell = (fold) => {
    const says = [...fold.querySelectorAll("[data-row]")].map(line).filter(Boolean);
    const lacks = [...fold.querySelectorAll("[data-needed]")].some((slot) => !line(slot));
    const part = (name) => fold.querySelector(`.fold-${name}`);
    part("says").textContent = says.join(" · ");
    if (part("count")) part("count").textContent = says.length || "";
    part("lacking").hidden = !lacks;
    part("empty").hidden = lacks || says.length > 0;
  };

  form.addEventListener("input", (event) => {
    const fold = event.target.closest("[data-fold]");
    if (fold) tell(fold);
  });

  if (!bar) return;

  /* -- saving in place ------------------------------------------------------------------------------------- */

  const state = bar.querySelector("[data-state]");
  const save = bar.querySelector("[data-save]");
  let saving = false;

  form.addEventListener("input", () => { state.textContent = state.dataset.wordsChanged; });

  const renew = (page) => {
    form.elements.version.value = page.querySelector("#document-form [name=version]").value;
    ["#versions", "[data-state]", ".paper-links", "h1"].forEach((name) => {
      const [old, fresh] = [document.querySelector(name), page.querySelector(name)];
      if (old && fresh) old.replaceChildren(...fresh.childNodes);
    });
    document.querySelectorAll(".flashes > *, #form-errors, .document-editor ~ .alert").forEach((part) => part.remove());
  };

  form.addEventListener("submit", async (event) => {
    const other = event.submitter && event.submitter !== save;
    if (other || !("inPlace" in form.dataset) || document.getElementById("overtaken")) return;
    event.preventDefault();
    if (saving) return;
    saving = true;
    state.textContent = state.dataset.wordsSaving;
    const sent = new FormData(form);
    try {
      const answer = await fetch(location.pathname, { method: "POST", body: sent });
      if (!answer.ok || !answer.redirected) { form.submit(); return; } // the page says what is wrong
      renew(new DOMParser().parseFromString(await answer.text(), "text/html"));
      state.prepend(make("b", { textContent: state.dataset.wordsSaved }), " ");
      const typed = new FormData(form);
      sent.delete("version");
      if ([...sent].some(([name, value]) => typed.get(name) !== value)) form.dispatchEvent(new Event("input"));
    } catch {
      form.dispatchEvent(new Event("input")); // not saved: the page still asks before it is left
      state.textContent = live.dataset.wordsLost;
    } finally {
      saving = false;
    }
  });

  document.addEventListener("keydown", (event) => {
    if (event.key.toLowerCase() !== "s" || !(event.ctrlKey || event.metaKey) || event.altKey || event.shiftKey) return;
    event.preventDefault();
    form.requestSubmit(save);
  });

  /* -- words or pages, where there is no room for both -------------------------------------------------------- */

  const editor = document.querySelector("[data-editor]");
  const views = [...bar.querySelectorAll("[data-view]")];
  const look = (view) => {
    editor.dataset.view = view;
    views.forEach((button) => button.setAttribute("aria-pressed", String(button.dataset.view === view)));
  };
  views.forEach((button) => button.addEventListener("click", () => look(button.dataset.view)));
  bar.querySelector("[data-switch]").hidden = false;
  editor.querySelector("[data-preview]").hidden = false;
  look("words");

  /* -- what is refused, and where it is mended --------------------------------------------------------------- */

  const live = document.querySelector("[data-live]");
  const words = live.dataset;
  const [told, faults, missing] = [".live-state", ".live-faults", ".live-missing"].map((name) => live.querySelector(name));
  const go = bar.querySelector("[data-go]");

  const placed = (names) => names.map((name) => form.querySelector(`[data-slot="${name}"]`) || form.querySelector(`[name="${name}"]`)
    ?.closest(".form-group")).filter(Boolean);

  const called = (part) => {
    const labels = [part.closest("[data-fold]")?.querySelector(".fold-title"), part.querySelector("legend, .form-tit")];
    const [fold, own] = labels.map((label) => label?.firstChild.textContent.trim());
    return !fold || fold === own || !part.closest("fieldset") ? own : `${fold}: ${own}`;
  };

  const lead = (part) => {
    look("words");
    if (part.closest("[data-fold]")) part.closest("[data-fold]").open = true;
    part.closest(".spare")?.classList.remove("spare");
    const field = part.querySelector("textarea, input, select");
    field.focus({ preventScroll: true });
    field.scrollIntoView({ block: "center" });
  };

  const showFaults = (list) => {
    form.querySelectorAll(".over").forEach((part) => part.classList.remove("over"));
    form.querySelectorAll(".over-reason").forEach((part) => part.remove());
    const found = list.map((fault) => ({ ...fault, parts: placed(fault.slots) }));
    faults.hidden = !found.length;
    faults.replaceChildren(...found.map(({ place, reason, parts }) => {
      const item = make("li");
      item.append(make("b", { textContent: place || (parts[0] && called(parts[0])) || "" }), reason);
      parts.forEach((part) => part.classList.add("over"));
      if (parts.length) {
        parts.at(-1).append(make("p", { className: "form-hint-invalid over-reason", textContent: reason }));
        const button = make("button", { type: "button", textContent: words.wordsGo });
        button.addEventListener("click", () => lead(parts[0]));
        item.append(button);
      }
      return item;
    }));
    const first = found.find((fault) => fault.parts.length);
    go.hidden = !first;
    go.querySelector("[data-count]").textContent = found.length;
    go.onclick = () => lead(first.parts[0]);
  };

  const showMissing = (texts) => {
    missing.hidden = !texts.length;
    missing.querySelector("[data-count]").textContent = texts.length;
    missing.querySelector("ul").replaceChildren(...texts.map((text) => make("li", { textContent: text })));
  };

  /* -- the pages follow ------------------------------------------------------------------------------------------ */

  const LOOK_AFTER = 700; // ms without a key before the pages are drawn anew
  const show = window.DocumentPages.viewer(live.querySelector("[data-viewer]"));
  const say = (text, mark) => {
    told.textContent = text;
    live.classList.toggle("drawing", mark === "drawing");
    live.classList.toggle("failed", mark === "failed");
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
        const now = await window.DocumentPages.ask(form.dataset.drawUrl, new FormData(form));
        showFaults(now.faults);
        showMissing(now.missing);
        if (now.faults.length) say(words.wordsFaulty, "failed");
        else { show(now.pages); say(now.missing.length ? words.wordsStandIns : words.wordsCurrent); }
      } catch {
        say(words.wordsLost, "failed");
      }
    } while (again);
    running = false;
  };

  let timer;
  ["input", "change"].forEach((kind) => form.addEventListener(kind, () => { clearTimeout(timer); timer = setTimeout(draw, LOOK_AFTER); }));
  draw();
})();
