/* The interview form on a phone. Every change is kept on the phone at once and sent a moment later; it is forgotten
   here only when the server has said that it has it. What is sent carries what the field held before, so that nobody
   overwrites a colleague. Pictures are made smaller, kept, and sent one by one. */
(() => {
  "use strict";

  const form = document.getElementById("interview");
  if (!form) return;
  const says = form.dataset;
  const store = window.InterviewStore(says.case);
  const token = document.querySelector("meta[name=csrf-token]")?.content || "";
  const steps = [...form.querySelectorAll("[data-step]")];
  const RETRY = [2000, 5000, 10000, 30000];
  const known = JSON.parse(says.state);
  const pending = store.words();
  const refused = {};
  let sending = false, tries = 0, timer = 0, closed = "";

  const same = (a, b) => JSON.stringify(a) === JSON.stringify(b);
  const field = (name) => form.querySelector(`[data-field="${name}"]`);

  // -- fields --------------------------------------------------------------------------------------------------

  const rows = (name) => [...form.querySelectorAll(`[data-row="${name}"]`)];

  const read = (name) => {
    if (rows(name).length) {
      return rows(name).map((row) => Object.fromEntries(
        [...row.querySelectorAll("[data-column]")].map((box) => [box.dataset.column, box.value.trim()]),
      )).filter((row) => Object.values(row).some(Boolean));
    }
    const boxes = [...form.querySelectorAll(`[name="${name}"]`)];
    if (boxes[0]?.type === "checkbox") return boxes.filter((box) => box.checked).map((box) => box.value).sort();
    if (boxes[0]?.type === "radio") return boxes.find((box) => box.checked)?.value || "";
    return boxes[0]?.value ?? "";
  };

  const fill = (name, value) => {
    if (rows(name).length) {
      rows(name).forEach((row, place) => {
        const told = value[place];
        row.hidden = !told && place > 0;
        row.querySelectorAll("[data-column]").forEach((box) => { box.value = told?.[box.dataset.column] || ""; });
      });
      return;
    }
    form.querySelectorAll(`[name="${name}"]`).forEach((box) => {
      if (box.type === "checkbox") box.checked = value.includes(box.value);
      else if (box.type === "radio") box.checked = String(value) === box.value;
      else box.value = value;
    });
  };

  const changed = (name) => {
    if (!(name in known)) return;
    const now = read(name);
    allow(name);
    if (same(now, known[name])) delete pending[name];
    else pending[name] = { was: pending[name]?.was ?? known[name], now };
    store.keepWords(pending);
    tell();
    soon(800);
  };

  const note = (name, words, choices = []) => {
    const box = field(name);
    box?.querySelector(".ask-note")?.remove();
    if (!box || !words) return;
    const line = document.createElement("div");
    line.className = "ask-note";
    line.setAttribute("role", "alert");
    line.append(Object.assign(document.createElement("p"), { textContent: words }));
    choices.forEach(([label, act]) => {
      const button = Object.assign(document.createElement("button"), { type: "button", textContent: label });
      button.className = "krds-btn medium tertiary";
      button.addEventListener("click", act);
      line.append(button);
    });
    box.append(line);
  };

  const told = (value) => (Array.isArray(value)
    ? value.map((row) => (typeof row === "string" ? row : Object.values(row).filter(Boolean).join(" "))).join(" / ")
    : String(value));

  const differs = (name, theirs) => {
    refused[name] = true;
    note(name, `${says.saysConflict} ${told(theirs)}`, [
      [says.saysMine, () => { pending[name] = { was: theirs, now: read(name) }; settle(name); }],
      [says.saysTheirs, () => { known[name] = theirs; fill(name, theirs); delete pending[name]; settle(name); }],
    ]);
  };

  const allow = (name) => { delete refused[name]; note(name, ""); };

  const settle = (name) => {
    allow(name);
    store.keepWords(pending);
    soon(0);
  };

  // -- sending -------------------------------------------------------------------------------------------------

  /* What the server would not take waits for the person, all else for the line. */
  const wrong = () => [...form.querySelectorAll("[data-field]")].map((box) => box.dataset.field)
    .filter((name) => refused[name] && pending[name]);
  const waiting = () => Object.keys(pending).length - wrong().length + form.querySelectorAll(".shot.waiting").length;

  const tell = () => {
    const status = form.querySelector("[data-status]"), fix = form.querySelector("[data-fix]"), count = wrong().length;
    const state = closed || (waiting() > 0 ? (tries > 0 ? "waiting" : "saving") : count ? "rest" : "saved");
    const words = { saved: says.saysSaved, rest: says.saysRest, waiting: says.saysWaiting, saving: says.saysSaving,
                    signedOut: says.saysSignedOut, closed: says.saysClosed }[state];
    if (status.textContent !== words) status.textContent = words;
    status.dataset.state = state;
    fix.hidden = !count;
    fix.textContent = says.saysFix.replace("{n}", count);
    const why = form.querySelector("[data-why]");
    if (!count && !waiting()) why.hidden = true;
  };

  const title = (name) => field(name).querySelector("label, .ask-title").textContent;

  const goTo = (name) => {
    show(steps.indexOf(field(name).closest("[data-step]")), false);
    field(name).scrollIntoView({ block: "center" });
    field(name).querySelector("input:not([type=hidden]), textarea, select")?.focus({ preventScroll: true });
  };

  /* The way on is barred: what by, and where to. */
  const explain = (words) => {
    const why = form.querySelector("[data-why]");
    why.hidden = false;
    why.textContent = words;
  };

  const soon = (delay) => { clearTimeout(timer); timer = setTimeout(send, delay); };

  const post = (url, body, headers = {}) => fetch(url, {
    method: "POST", body, headers: { "X-CSRFToken": token, Accept: "application/json", ...headers }, redirect: "manual",
  });

  const send = async (check = false) => {
    if (sending) { soon(500); return; }
    const fields = Object.fromEntries(Object.entries(pending).filter(([name]) => !refused[name]));
    if (!Object.keys(fields).length && !check) { tell(); await sendPictures(); return; }
    sending = true;
    try {
      const sent = JSON.stringify({ fields, check });
      const answer = await post(says.save, sent, { "Content-Type": "application/json" });
      if (await understood(answer)) received(fields, await answer.json());
    } catch { failed(); } finally { sending = false; }
    tell();
    if (!closed && tries === 0) await sendPictures();
  };

  /* Whether an answer is one of ours; a page of sign-in instead of one means that the session is over. */
  const understood = async (answer) => {
    if (answer.type === "opaqueredirect" || answer.status === 401 || answer.status === 400) closed = "signedOut";
    else if (answer.status === 409) closed = "closed";
    else if (!answer.ok && answer.status !== 422) throw new Error(String(answer.status));
    else { closed = ""; tries = 0; return true; }
    soon(15000);
    return false;
  };

  const failed = () => { soon(RETRY[Math.min(tries, RETRY.length - 1)]); tries += 1; tell(); };

  const received = (fields, answer) => {
    if (!answer.state) return;
    answer.kept.forEach((name) => {
      known[name] = answer.state[name];
      if (pending[name] && same(pending[name].now, fields[name].now)) { delete pending[name]; tidy(name); }
      else if (pending[name]) pending[name].was = known[name];
    });
    Object.entries(answer.conflicts).forEach(([name, theirs]) => differs(name, theirs));
    Object.entries(answer.problems).forEach(([name, words]) => { refused[name] = true; note(name, words); });
    Object.keys(known).forEach((name) => {
      if (pending[name] || same(known[name], answer.state[name])) return;
      known[name] = answer.state[name];
      fill(name, known[name]);
    });
    store.keepWords(pending);
    if (answer.missing) showMissing(answer.missing);
  };

  /* Shows a value as the server has understood it, 약 30명 as 30, once nobody is writing there any more. */
  const tidy = (name) => {
    if (pending[name] || !(name in known) || typeof known[name] === "object") return;
    if (!field(name)?.contains(document.activeElement) && String(read(name)) !== String(known[name])) {
      fill(name, known[name]);
    }
  };

  const showMissing = (missing) => {
    const list = form.querySelector("[data-missing]");
    list.replaceChildren(...(missing.length ? missing : [says.saysComplete]).map(
      (words) => Object.assign(document.createElement("li"), { textContent: words }),
    ));
  };

  // -- pictures ------------------------------------------------------------------------------------------------

  const scaled = async (file, side, quality) => {
    const picture = await createImageBitmap(file);
    const by = Math.min(1, side / Math.max(picture.width, picture.height));
    const canvas = Object.assign(document.createElement("canvas"), {
      width: Math.round(picture.width * by), height: Math.round(picture.height * by),
    });
    canvas.getContext("2d").drawImage(picture, 0, 0, canvas.width, canvas.height);
    return { canvas, blob: await new Promise((done) => canvas.toBlob(done, "image/jpeg", quality)) };
  };

  const tile = (kind, key, address, state) => {
    const list = form.querySelector(`[data-shots="${kind}"]`);
    const item = list.querySelector(`[data-key="${CSS.escape(key)}"]`) || document.createElement("li");
    item.className = `shot ${state}`;
    item.dataset.key = key;
    if (!item.firstChild) {
      item.append(Object.assign(document.createElement("img"), { alt: "" }), document.createElement("p"));
      list.append(item);
    }
    if (address) item.querySelector("img").src = address;
    const words = { waiting: says.saysKept, sending: says.saysSending, sent: says.saysSent };
    item.querySelector("p").textContent = words[state] ?? "";
    return item;
  };

  /* Names that sort as the pictures were taken: so the store gives them out, and so they are sent. */
  let shots = 0;
  const named = () => `${String(Date.now()).padStart(14, "0")}-${String(shots += 1).padStart(4, "0")}-${
    Math.random().toString(36).slice(2, 10).padEnd(8, "0")}`;

  let taking = Promise.resolve();
  const take = (input) => {
    const kind = input.dataset.camera;
    const files = [...input.files].sort((a, b) => a.lastModified - b.lastModified).map((file) => [named(), file]);
    input.value = "";
    taking = taking.then(() => keep(kind, files));
  };

  const keep = async (kind, files) => {
    for (const [key, file] of files) {
      let blob = file, small = "";
      try {
        ({ blob } = await scaled(file, 2480, 0.88));
        small = (await scaled(file, 320, 0.7)).canvas.toDataURL("image/jpeg", 0.7);
      } catch { /* a kind this browser can't read: the server will judge it as it is */ }
      await store.keepPicture({ key, kind, blob, name: file.name, small });
      tile(kind, key, small, "waiting");
    }
    tell();
    soon(0);
  };

  let picturing = false;
  const sendPictures = async () => {
    if (picturing) return;
    picturing = true;
    try {
      for (const row of await store.pictures()) {
        tile(row.kind, row.key, row.small, "waiting");
        await sendPicture(row);
        if (closed) break;
      }
    } catch { failed(); } finally { picturing = false; }
    tell();
    if (!closed && tries === 0 && (await store.pictures()).length) soon(500); // taken meanwhile
  };

  const sendPicture = async (row) => {
    const body = new FormData();
    if (row.kind === "photo") body.append("key", row.key);
    body.append(row.kind === "photo" ? "photo" : "file", row.blob, row.name.replace(/\.\w+$/, "") + ".jpg");
    const answer = await post(row.kind === "photo" ? says.photos : says.consentForm, body);
    if (!(await understood(answer))) return;
    const result = await answer.json();
    await store.dropPicture(row.key);
    const item = tile(row.kind, row.key, row.small, answer.ok ? "sent" : "refused");
    if (!answer.ok) item.querySelector("p").textContent = result.problem;
  };

  // -- companies -----------------------------------------------------------------------------------------------

  let asking = 0;
  const findCompanies = (box) => {
    clearTimeout(asking);
    asking = setTimeout(async () => {
      if (!box.value.trim()) return;
      try {
        const answer = await fetch(`${says.companies}?company_text=${encodeURIComponent(box.value.trim())}`);
        if (answer.ok && !answer.redirected) document.getElementById("company-choices").innerHTML = await answer.text();
      } catch { tries = Math.max(tries, 1); tell(); }
    }, 350);
  };

  // -- steps ---------------------------------------------------------------------------------------------------

  const at = () => Math.max(0, steps.findIndex((step) => !step.hidden));

  const show = (place, focus = true) => {
    steps.forEach((step, number) => { step.hidden = number !== place; });
    form.querySelector("[data-number]").textContent = place + 1;
    form.querySelector("[data-name]").textContent = steps[place].dataset.step;
    form.querySelector("progress").value = place + 1;
    const last = place === steps.length - 1;
    form.querySelector("[data-back]").disabled = place === 0;
    form.querySelector("[data-next]").hidden = last;
    form.querySelector("[data-finish]").hidden = !last;
    sessionStorage.setItem(`interview-step:${says.case}`, place);
    if (focus) {
      window.scrollTo(0, 0);
      const heading = steps[place].querySelector("h1");
      heading.tabIndex = -1;
      heading.focus();
    }
    if (last) send(true);
  };

  form.addEventListener("submit", (event) => event.preventDefault());
  form.addEventListener("input", (event) => {
    if (event.target.matches("[data-search-companies]")) return findCompanies(event.target);
    const holder = event.target.closest("[data-field]");
    if (holder) changed(holder.dataset.field);
  });
  form.addEventListener("change", (event) => { if (event.target.matches("[data-camera]")) take(event.target); });
  form.addEventListener("click", (event) => {
    if (event.target.closest("[data-next]")) show(Math.min(at() + 1, steps.length - 1));
    if (event.target.closest("[data-back]")) show(Math.max(at() - 1, 0));
    const more = event.target.closest("[data-more]");
    if (more) {
      const next = rows(more.dataset.more).find((row) => row.hidden);
      if (next) { next.hidden = false; next.querySelector("[data-column]").focus(); }
      more.hidden = !rows(more.dataset.more).some((row) => row.hidden);
    }
  });
  form.addEventListener("focusout", (event) => {
    const holder = event.target.closest("[data-field]");
    if (holder) setTimeout(() => tidy(holder.dataset.field));
  });
  form.querySelector("[data-fix]").addEventListener("click", () => goTo(wrong()[0]));
  document.getElementById("finish").addEventListener("submit", (event) => {
    const barred = wrong();
    if (!barred.length && waiting() === 0) return;
    event.preventDefault();
    explain(barred.length ? `${says.saysBarred} ${barred.map(title).join(", ")}` : says.saysUnsaved);
    if (barred.length) goTo(barred[0]);
    soon(0);
  });
  window.addEventListener("online", () => { tries = 0; soon(0); });
  document.addEventListener("visibilitychange", () => { if (!document.hidden) soon(0); });

  Object.entries(known).forEach(([name, value]) => fill(name, value));
  Object.entries(pending).forEach(([name, change]) => (name in known ? fill(name, change.now) : delete pending[name]));
  JSON.parse(says.pictures).forEach((row) => tile("photo", row.key || `row-${row.id}`, row.url, "sent"));
  store.pictures().then((found) => found.forEach((row) => tile(row.kind, row.key, row.small, "waiting"))).then(tell);
  show(Math.min(Number(sessionStorage.getItem(`interview-step:${says.case}`)) || 0, steps.length - 1), false);
  soon(0);
})();
