/* The mailing editor: blocks that are added, moved, copied and removed; personal fields; counts; pictures;
   the preview and the checks that follow what is written. Saving is the form's own business. */
(() => {
  "use strict";

  const form = document.querySelector("form[data-editor]");
  const list = form.querySelector("[data-blocks]");
  const screen = document.querySelector("[data-screen]");
  const words = form.dataset;
  const LOOK_AFTER = 600; // ms without a key before the preview follows
  const CHECK_AFTER = 1500;

  const say = (text) => { document.getElementById("live").textContent = text; };
  const templateOf = (kind) => document.querySelector(`template[data-template="${kind}"]`).content.firstElementChild;

  /* -- the preview and the checks follow ------------------------------------------------------------ */

  const later = (act, wait) => {
    let timer;
    return () => { clearTimeout(timer); timer = setTimeout(act, wait); };
  };
  /* Drawing the preview submits this form to a frame, and browsers drop a save that was asked for just
     before: from the moment it is saved, the preview stands still. */
  let leaving = false;
  form.addEventListener("submit", () => { leaving = true; });
  window.addEventListener("pageshow", () => { leaving = false; });
  const look = () => { if (!leaving) window.mailPreview(screen, form, words.previewUrl, "post"); };
  const lookSoon = later(look, LOOK_AFTER);
  const checkSoon = later(() => document.body.dispatchEvent(new Event("checked")), CHECK_AFTER);
  const changed = () => form.dispatchEvent(new Event("input", { bubbles: true }));

  /* -- counts and the line in the inbox ------------------------------------------------------------- */

  const chars = (text) => [...text].length;
  const isAdvertising = () => form.elements.message_class.value === "advertising";

  const count = () => {
    form.querySelectorAll("[data-count]").forEach((counter) => {
      const field = form.elements[counter.dataset.count];
      const label = counter.dataset.count === "subject" && isAdvertising() ? 5 : 0;
      const length = chars(field.value) + label;
      counter.textContent = length;
      counter.classList.toggle("long", length > Number(counter.dataset.good));
    });
  };

  const inbox = () => {
    const line = document.querySelector(".inbox-line");
    const plain = (text) => text.replace(/\{\{([^{}|]+)(?:\|[^{}]*)?\}\}/g, "[$1]");
    const subject = plain(form.elements.subject.value);
    const labelled = isAdvertising() && !subject.startsWith(line.dataset.label) ? `${line.dataset.label} ${subject}` : subject;
    line.querySelector("[data-inbox=sender]").textContent = form.elements.sender_name.value;
    line.querySelector("[data-inbox=subject]").textContent = labelled;
    line.querySelector("[data-inbox=preheader]").textContent = plain(form.elements.preheader.value);
    form.classList.toggle("advertising", isAdvertising());
  };

  form.addEventListener("input", () => { count(); inbox(); lookSoon(); checkSoon(); });
  document.querySelectorAll("[data-look]").forEach((field) => {
    field.addEventListener("input", (event) => event.stopPropagation()); // a look is no edit
    field.addEventListener("change", look);
  });
  count();
  inbox();

  /* A line of the checklist leads to its field. */
  document.addEventListener("click", (event) => {
    const link = event.target.closest(".checklist a[href^='#']");
    if (!link) return;
    event.preventDefault();
    link.closest("dialog")?.close();
    const target = document.getElementById(link.hash.slice(1));
    const field = target.matches("input, select, textarea") ? target : target.querySelector("input:not([type=hidden]), select, textarea");
    (field || target).focus();
    target.scrollIntoView({ block: "center" });
  });

  /* -- blocks ---------------------------------------------------------------------------------------- */

  const blocks = () => [...list.children];

  const number = () => blocks().forEach((block, place) => {
    block.querySelectorAll("[name], [id], [for], [aria-describedby]").forEach((part) => {
      ["name", "id", "for", "aria-describedby"].forEach((attribute) => {
        const value = part.getAttribute(attribute);
        if (value) part.setAttribute(attribute, value.replace(/^blocks-(\d+|new)-/, `blocks-${place}-`));
      });
    });
  });

  const focusOn = (block) => {
    block.querySelector("textarea, select, input:not([type=hidden])")?.focus();
    block.scrollIntoView({ block: "nearest" });
  };

  const add = (kind) => {
    const block = templateOf(kind).cloneNode(true);
    const current = document.activeElement.closest?.(".block");
    if (current) current.after(block);
    else list.append(block);
    number();
    changed();
    focusOn(block);
  };

  const move = (block, way) => {
    const neighbour = way === "up" ? block.previousElementSibling : block.nextElementSibling;
    if (!neighbour) return;
    const focused = document.activeElement;
    if (way === "up") neighbour.before(block);
    else neighbour.after(block);
    number();
    changed();
    focused.focus();
    block.scrollIntoView({ block: "nearest" });
    say(words.wordsMoved);
  };

  const duplicate = (block) => {
    const copy = block.cloneNode(true);
    const values = block.querySelectorAll("input, select, textarea");
    copy.querySelectorAll("input, select, textarea").forEach((field, at) => {
      if (field.type !== "file") field.value = values[at].value;
    });
    block.after(copy);
    number();
    changed();
    focusOn(copy);
  };

  /* A removed block stays until the next save: disabled fields are not sent, and "undo" brings them back. */
  const remove = (block, gone) => {
    const card = block.querySelector(".block-card");
    card.disabled = gone;
    card.hidden = gone;
    block.querySelector(".block-gone").hidden = !gone;
    changed();
    if (gone) block.querySelector("[data-restore]").focus();
    else focusOn(block);
  };

  form.addEventListener("click", (event) => {
    const at = (selector) => event.target.closest(selector);
    const block = at(".block");
    if (at("[data-add]")) add(at("[data-add]").dataset.add);
    else if (at("[data-insert]")) insert(at("[data-insert]").dataset.insert);
    else if (!block) return;
    else if (at("[data-move]")) move(block, at("[data-move]").dataset.move);
    else if (at("[data-duplicate]")) duplicate(block);
    else if (at("[data-remove]")) remove(block, true);
    else if (at("[data-restore]")) remove(block, false);
  });

  form.addEventListener("keydown", (event) => {
    const block = event.target.closest(".block");
    const way = { ArrowUp: "up", ArrowDown: "down" }[event.key];
    if (block && way && event.altKey) {
      event.preventDefault();
      move(block, way);
    }
    if (event.key === "Enter" && event.target.matches("input:not([type=file])")) event.preventDefault(); // only its button saves
  });

  /* -- personal fields: into the text that was written last -------------------------------------------- */

  let written = null;
  form.addEventListener("focusin", (event) => { if (event.target.matches("[data-personal]")) written = event.target; });

  const insert = (text) => {
    const field = written?.isConnected ? written : list.querySelector("[data-personal]") || form.elements.subject;
    field.focus();
    field.setRangeText(text, field.selectionStart, field.selectionEnd, "end");
    changed();
  };

  /* -- pictures ------------------------------------------------------------------------------------------ */

  const offer = (picture) => {
    const selects = [...document.querySelectorAll("[data-choices=upload_id]")];
    document.querySelectorAll("template").forEach((template) => selects.push(...template.content.querySelectorAll("[data-choices=upload_id]")));
    selects.forEach((select) => select.options.add(new Option(picture.name, picture.id), 1));
  };

  const upload = async (input) => {
    const block = input.closest(".block");
    const state = block.querySelector("[data-picture-state]");
    const body = new FormData();
    body.append("file", input.files[0]);
    body.append("csrf_token", form.elements.csrf_token?.value || "");
    state.textContent = words.wordsSending;
    try {
      const response = await fetch(words.pictureUrl, { method: "POST", body });
      const answer = await response.json();
      if (!response.ok) throw new Error(answer.problem);
      offer(answer);
      block.querySelector("[data-choices=upload_id]").value = answer.id;
      state.textContent = words.wordsSent;
      changed();
    } catch (error) {
      state.textContent = error instanceof SyntaxError || !error.message ? words.wordsFailed : error.message;
    }
    input.value = "";
  };

  form.addEventListener("change", (event) => {
    if (event.target.matches("[data-picture]") && event.target.files.length) upload(event.target);
  });

  /* Nobody listened until here: a click before it would have been lost. */
  form.querySelectorAll("[data-add], [data-insert]").forEach((button) => { button.disabled = false; });
})();
