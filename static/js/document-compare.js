/* The pages of two versions side by side, those that differ first. */
(async () => {
  "use strict";

  const root = document.querySelector(".compare-pages");
  if (!root) return;
  const { ask, picture } = window.DocumentPages;
  const words = root.dataset;
  const [state, differing, same] = [".live-state", ":scope > .pairs", ".pairs-same"].map((name) => root.querySelector(name));
  root.hidden = false;

  const drawn = async (url) => {
    const token = document.querySelector("meta[name=csrf-token]")?.content || "";
    const told = await ask(url, null, { "X-CSRFToken": token });
    if (told.faults.length) throw new Error(told.faults.map((fault) => `${fault.place} ${fault.reason}`.trim()).join(" "));
    return Promise.all(told.pages.map(async (address) => ({ address, bytes: await (await fetch(address)).arrayBuffer() })));
  };

  /* Equal pages are equal to the byte: the same content always comes out the same. */
  const equal = (one, other) => {
    if (!one || !other || one.bytes.byteLength !== other.bytes.byteLength) return false;
    const [a, b] = [new Uint8Array(one.bytes), new Uint8Array(other.bytes)];
    return a.every((byte, at) => byte === b[at]);
  };

  const shown = (page, label) => (page ? picture(page.address, label)
    : Object.assign(document.createElement("p"), { className: "soft", textContent: words.wordsNone }));

  try {
    const [before, after] = await Promise.all([words.before, words.after].map(drawn));
    const total = Math.max(before.length, after.length);
    for (let at = 0; at < total; at += 1) {
      const label = words.wordsPage.replace("%(n)s", at + 1);
      const pair = Object.assign(document.createElement("div"), { className: "pair" });
      pair.append(Object.assign(document.createElement("h3"), { textContent: label }), shown(before[at], label), shown(after[at], label));
      (equal(before[at], after[at]) ? same.querySelector(".pairs") : differing).append(pair);
    }
    state.textContent = words.wordsFound.replace("%(total)s", total).replace("%(n)s", differing.children.length);
    same.querySelector("[data-count]").textContent = total - differing.children.length;
    same.hidden = differing.children.length === total;
  } catch (error) {
    state.textContent = error instanceof TypeError ? words.wordsLost : error.message;
    root.classList.add("failed");
  }
})();
