/* Shows how far a bundle is. Without this script the browser downloads it by itself; so it does, too, where the archive
   is too large to be held by a page. */
(() => {
  "use strict";

  const form = document.querySelector("form[data-bundle]");
  if (!form || !window.ReadableStream) return;
  const box = form.querySelector(".bundle-progress");
  const bar = box.querySelector("progress");
  const said = box.querySelector("[role=status]");
  const LARGEST = 256 * 1024 * 1024;
  const mb = (bytes) => (bytes / 1048576).toFixed(1);

  const fileName = (header) => {
    const found = /filename\*=UTF-8''([^;]+)/.exec(header || "");
    return found ? decodeURIComponent(found[1]) : "materials.zip";
  };

  const save = (blob, name) => {
    const link = document.createElement("a");
    link.href = URL.createObjectURL(blob);
    link.download = name;
    link.click();
    setTimeout(() => URL.revokeObjectURL(link.href), 60000);
  };

  const take = async (response) => {
    const total = Number(response.headers.get("Content-Length"));
    const reader = response.body.getReader();
    const parts = [];
    let done = 0;
    bar.max = total;
    for (;;) {
      const { value, done: over } = await reader.read();
      if (over) break;
      parts.push(value);
      done += value.length;
      bar.value = done;
      said.textContent = `${mb(done)} / ${mb(total)} MB`;
    }
    if (done !== total) throw new Error("cut short");
    save(new Blob(parts, { type: "application/zip" }), fileName(response.headers.get("Content-Disposition")));
    said.textContent = said.dataset.done;
  };

  form.addEventListener("submit", async (event) => {
    const address = `${form.getAttribute("action")}?${new URLSearchParams(new FormData(form))}`;
    event.preventDefault();
    try {
      const ahead = await fetch(address, { method: "HEAD" });
      const archive = ahead.headers.get("Content-Type") === "application/zip";
      if (!archive || Number(ahead.headers.get("Content-Length")) > LARGEST) {
        window.location.assign(address);
        return;
      }
      box.hidden = false;
      await take(await fetch(address));
    } catch {
      box.hidden = false;
      said.textContent = said.dataset.failed;
    }
  });
})();
