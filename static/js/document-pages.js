/* Pages of a document as pictures: having them drawn, and looking at them one large, all small, or enlarged. */
window.DocumentPages = (() => {
  "use strict";

  const ASK_EVERY = 300; // ms between looking whether the pages are there
  const wait = (ms) => new Promise((done) => { setTimeout(done, ms); });

  /* What became of it: {pages, faults, missing}. */
  const ask = async (url, body, headers = {}) => {
    const answer = await fetch(url, { method: "POST", body, headers });
    const told = await answer.json();
    if (!answer.ok) return { pages: [], missing: [], ...told };
    for (;;) {
      await wait(ASK_EVERY);
      const now = await (await fetch(told.url)).json();
      if (now.done) return now;
    }
  };

  const picture = (src, alt) => Object.assign(new Image(), { src, alt });

  const viewer = (root) => {
    const [stage, strip, dialog] = [".stage", ".strip", "dialog"].map((name) => root.querySelector(name));
    const large = dialog.querySelector(".enlarged-page");
    const turns = [...root.querySelectorAll("[data-turn]")];
    let pages = [];
    let at = 0;

    const label = (n) => root.dataset.wordsPage.replace("%(n)s", n + 1);

    /* A new picture takes the old one's place when it is there: the page does not flicker. */
    const put = (place, src, alt) => {
      const old = place.querySelector("img");
      if (old?.getAttribute("src") === src) return;
      const fresh = picture(src, alt);
      if (!old) { place.prepend(fresh); return; }
      fresh.addEventListener("load", () => { if (place.contains(old)) old.replaceWith(fresh); }, { once: true });
    };

    const go = (n) => {
      at = Math.max(0, Math.min(n, pages.length - 1));
      put(stage, pages[at], label(at));
      if (dialog.open) put(large, pages[at], label(at));
      root.querySelectorAll("[data-at]").forEach((place) => {
        place.textContent = root.dataset.wordsOf.replace("%(n)s", at + 1).replace("%(total)s", pages.length);
      });
      turns.forEach((turn) => { turn.disabled = !pages[at + Number(turn.dataset.turn)]; });
      [...strip.children].forEach((item, each) => {
        item.firstChild.toggleAttribute("aria-current", each === at);
        if (each === at) strip.scrollLeft = item.offsetLeft - strip.offsetLeft - (strip.clientWidth - item.clientWidth) / 2;
      });
    };

    turns.forEach((turn) => turn.addEventListener("click", () => go(at + Number(turn.dataset.turn))));
    root.addEventListener("keydown", (event) => {
      const step = { ArrowLeft: -1, ArrowRight: 1 }[event.key];
      if (step) { event.preventDefault(); go(at + step); }
    });
    root.querySelector("[data-enlarge]").addEventListener("click", () => { dialog.showModal(); go(at); });
    large.addEventListener("click", () => dialog.close());
    dialog.addEventListener("close", () => large.replaceChildren());

    return (addresses) => {
      pages = addresses;
      root.hidden = !pages.length;
      root.classList.toggle("alone", pages.length < 2);
      pages.forEach((address, each) => {
        if (!strip.children[each]) {
          const button = Object.assign(document.createElement("button"), { type: "button" });
          button.addEventListener("click", () => go(each));
          strip.append(document.createElement("li"));
          strip.lastChild.append(button);
        }
        put(strip.children[each].firstChild, address, label(each));
      });
      while (strip.children.length > pages.length) strip.lastElementChild.remove();
      go(at);
    };
  };

  return { ask, picture, viewer };
})();
