/* Small behaviours that any page may ask for by attribute; every page works without them.
   data-menu-button   opens the main menu on a phone
   data-drop          details that close on Escape or a click elsewhere
   data-dialog="id"   opens a <dialog>; data-dialog-close closes it
   data-copy="text"   copies, says data-copied
   data-autosubmit    a form sent when one of its selects changes
   data-guard         a form that asks before unsaved edits are left
   data-search        focused by the key "/"
   data-check-all     ticks every box of the given name in its form
   data-focus         focused when the page opens (error summary)
   data-sideways      a table: on a phone, if it is too wide, each row becomes a card (class stacked); elsewhere
                      data-more says that more of it lies to the right
   data-poll          a part that htmx asks for again and again: not while the tab is hidden;
                      data-say is read out when it has changed */
(() => {
  "use strict";

  const say = (text) => {
    const live = document.getElementById("live");
    if (live) live.textContent = text;
  };

  const toggleMenu = (button) => {
    const menu = document.getElementById(button.getAttribute("aria-controls"));
    const open = menu.classList.toggle("open");
    button.setAttribute("aria-expanded", String(open));
  };

  const closeDrops = (except) => {
    document.querySelectorAll("details[data-drop][open]").forEach((drop) => {
      if (drop !== except) drop.open = false;
    });
  };

  const copy = async (button) => {
    const before = button.textContent;
    try {
      await navigator.clipboard.writeText(button.dataset.copy);
    } catch { // no clipboard without https or permission: show the text, marked, to be copied by hand
      window.prompt(button.getAttribute("aria-label") || before, button.dataset.copy);
      return;
    }
    button.textContent = button.dataset.copied;
    say(button.dataset.copied);
    setTimeout(() => { button.textContent = before; }, 2000);
  };

  const checkAll = (box) => {
    const scope = box.form || box.closest("table");
    scope.querySelectorAll(`input[type=checkbox][name="${box.dataset.checkAll}"]`).forEach((each) => {
      each.checked = box.checked;
    });
  };

  document.addEventListener("click", (event) => {
    const at = (selector) => event.target.closest(selector);
    closeDrops(at("details[data-drop]"));
    const menuButton = at("[data-menu-button]");
    if (menuButton) toggleMenu(menuButton);
    const opener = at("[data-dialog]");
    if (opener) document.getElementById(opener.dataset.dialog)?.showModal();
    if (at("[data-dialog-close]") || event.target.matches("dialog[open]")) at("dialog")?.close();
    const copier = at("[data-copy]");
    if (copier) copy(copier);
  });

  document.addEventListener("keydown", (event) => {
    if (event.key === "Escape") {
      const drop = document.querySelector("details[data-drop][open]");
      if (drop) { drop.open = false; drop.querySelector("summary").focus(); }
      const button = document.querySelector("[data-menu-button][aria-expanded=true]");
      if (button) { toggleMenu(button); button.focus(); }
    }
    const typing = event.target.closest("input, textarea, select, [contenteditable=true]");
    if (event.key === "/" && !typing && !event.ctrlKey && !event.metaKey && !event.altKey) {
      const search = document.querySelector("[data-search]");
      if (search) { event.preventDefault(); search.focus(); search.select(); }
    }
  });

  document.addEventListener("change", (event) => {
    if (event.target.matches("[data-check-all]")) checkAll(event.target);
    const form = event.target.closest("form[data-autosubmit]");
    if (form && event.target.matches("select, input[type=checkbox], input[type=radio], input[type=date]")) form.requestSubmit();
  });

  const guard = (form) => {
    let edited = false;
    form.addEventListener("input", () => { edited = true; });
    form.addEventListener("submit", () => { edited = false; });
    window.addEventListener("beforeunload", (event) => { if (edited) event.preventDefault(); });
  };

  const tellMore = (part) => {
    part.toggleAttribute("data-more", part.scrollLeft + part.clientWidth < part.scrollWidth - 8);
  };

  const ROLES = { TABLE: "table", THEAD: "rowgroup", TBODY: "rowgroup", TFOOT: "rowgroup", TR: "row", TD: "cell" };

  /* Cells learn the head of their column, and all keep the roles that a style of blocks takes from them. */
  const label = (table) => {
    const heads = [...table.querySelectorAll("thead th, thead td")].map((head) => {
      const words = head.cloneNode(true);
      words.querySelectorAll("[aria-hidden=true]").forEach((mark) => mark.remove());
      return words.textContent.trim();
    });
    table.querySelectorAll("tbody tr, tfoot tr").forEach((row) => [...row.cells].forEach((cell, at) => {
      if (heads[at] && cell.tagName === "TD" && cell.childNodes.length) cell.dataset.label = heads[at];
    }));
    [table, ...table.querySelectorAll("thead, tbody, tfoot, tr, th, td")].forEach((part) => {
      part.setAttribute("role", ROLES[part.tagName] || (part.scope === "row" ? "rowheader" : "columnheader"));
    });
  };

  const stack = (part) => {
    part.classList.remove("stacked");
    const table = part.querySelector("table");
    const plain = table.querySelectorAll("thead tr").length === 1 && !table.querySelector("[colspan], [rowspan]");
    if (plain && window.innerWidth < 600 && part.scrollWidth > part.clientWidth + 8) {
      label(table);
      part.classList.add("stacked");
    }
  };

  const widths = new WeakMap();
  const sizes = new ResizeObserver((entries) => entries.forEach(({ target, contentRect }) => {
    if (widths.get(target) !== contentRect.width) stack(target);
    widths.set(target, contentRect.width);
    tellMore(target);
  }));
  const watchSideways = (within) => within.querySelectorAll("[data-sideways]").forEach((part) => {
    sizes.observe(part);
    part.addEventListener("scroll", () => tellMore(part), { passive: true });
  });

  watchSideways(document);
  document.querySelectorAll("form[data-guard]").forEach(guard);
  document.querySelector("[data-focus]")?.focus();

  document.addEventListener("htmx:beforeRequest", (event) => {
    if (document.hidden && event.target.matches("[data-poll]")) event.preventDefault();
  });

  let said = document.querySelector("[data-poll][data-say]")?.dataset.say;
  document.addEventListener("htmx:afterSettle", (event) => {
    watchSideways(event.target);
    const words = document.querySelector("[data-poll][data-say]")?.dataset.say;
    if (words && words !== said) say(words);
    said = words;
  });

  document.addEventListener("htmx:configRequest", (event) => {
    const token = document.querySelector("meta[name=csrf-token]");
    if (token && event.detail.verb !== "get") event.detail.headers["X-CSRFToken"] = token.content;
  });
})();
