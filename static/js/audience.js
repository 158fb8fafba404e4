/* The audience's form: how many are ticked stands beside each folded group; a province or an industry
   taken as a whole rests its parts. The counting is htmx's. */
(() => {
  "use strict";

  const form = document.querySelector("form[data-audience]");
  const words = form.dataset.wordsChosen;

  const restParts = (group) => {
    const whole = group.querySelector("[name=province_ids], [name=sections]");
    if (!whole) return;
    group.querySelectorAll("[name=district_ids], [name=divisions]").forEach((part) => {
      part.disabled = whole.checked;
    });
  };

  const filled = (box) => [...box.querySelectorAll("input")].filter((input) =>
    input.type === "checkbox" ? input.checked && !input.disabled : input.value !== "").length;

  const count = () => {
    form.querySelectorAll("details.tick-group").forEach(restParts);
    form.querySelectorAll("details").forEach((box) => {
      const label = box.querySelector(":scope > summary [data-chosen]");
      if (!label) return;
      const number = filled(box);
      label.textContent = number ? words.replace("{n}", number) : label.dataset.none || "";
      label.classList.toggle("some", number > 0);
    });
  };

  form.addEventListener("input", count);
  count();
})();
