/* The form of a case: of its steps and figures only those with words are shown, and one more at a time; a field that an
   error leads to is unfolded. Without a script all rows are there. */
(() => {
  "use strict";

  const filled = (row) => [...row.querySelectorAll("input, textarea")].some((box) => box.value.trim())
    || row.querySelector(".form-hint-invalid");

  document.querySelectorAll("[data-grows]").forEach((group) => {
    const rows = [...group.querySelectorAll(".row-fields")];
    const button = group.querySelector("[data-grow]");
    const last = Math.max(0, rows.findLastIndex(filled));
    rows.forEach((row, number) => { row.hidden = number > last; });
    button.hidden = last === rows.length - 1;
    button.addEventListener("click", () => {
      const next = rows.find((row) => row.hidden);
      next.hidden = false;
      next.querySelector("input, textarea").focus();
      button.hidden = !rows.some((row) => row.hidden);
    });
  });

  const unfold = () => {
    const place = location.hash.length > 1 && document.getElementById(decodeURIComponent(location.hash.slice(1)));
    const fold = place && place.closest("details");
    if (fold && !fold.open) { fold.open = true; place.scrollIntoView(); }
  };
  window.addEventListener("hashchange", unfold);
  unfold();
})();
