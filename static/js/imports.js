/* The place to drop a file: marks it while a file is over it, and puts a dropped file into its input. */
(() => {
  "use strict";

  document.querySelectorAll("[data-drop-zone]").forEach((zone) => {
    const input = zone.querySelector("input[type=file]");
    const mark = (event) => { event.preventDefault(); zone.classList.add("over"); };
    const unmark = () => zone.classList.remove("over");
    zone.addEventListener("dragenter", mark);
    zone.addEventListener("dragover", mark);
    zone.addEventListener("dragleave", unmark);
    zone.addEventListener("drop", (event) => {
      event.preventDefault();
      unmark();
      if (event.dataTransfer.files.length) input.files = event.dataTransfer.files;
    });
  });
})();
