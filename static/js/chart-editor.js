/* A chart's picture beside its words, while they are written; and what could be said in its place. */
(() => {
  "use strict";

  const form = document.getElementById("document-form");
  if (!form) return;
  const LOOK_AFTER = 500; // ms without a key before it is drawn anew

  const show = (place, told) => {
    place.hidden = !(told.svg || told.reason);
    if (told.reason) {
      place.replaceChildren(Object.assign(document.createElement("p"), { className: "form-hint-invalid", textContent: told.reason }));
    } else if (told.svg) {
      const drawn = new DOMParser().parseFromString(told.svg, "image/svg+xml").documentElement;
      place.replaceChildren(document.importNode(drawn, true));
    }
    const words = place.closest("fieldset").querySelector("textarea[name$=_alt]");
    if (words) words.placeholder = told.sentence || "";
  };

  form.querySelectorAll("[data-chart]").forEach((place) => {
    const fields = place.closest("fieldset");
    let timer;
    let asked = 0;
    const draw = async () => {
      const mine = ++asked;
      try {
        const answer = await fetch(place.dataset.chart, { method: "POST", body: new FormData(form) });
        const told = await answer.json();
        if (mine === asked) show(place, told);
      } catch {
        place.hidden = true; // the pages' own preview says that the connection is lost
      }
    };
    const later = () => { clearTimeout(timer); timer = setTimeout(draw, LOOK_AFTER); };
    fields.addEventListener("input", later);
    form.querySelectorAll("[name=style]").forEach((choice) => choice.addEventListener("change", later));
    if (fields.querySelector("textarea[name$=_rows]").value.trim()) draw();
  });
})();
