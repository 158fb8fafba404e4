/* A mail in a frame, drawn anew without a jump: the new frame is loaded behind the old one, takes its
   place and its scroll position. A new frame each time also keeps "back" free of previews.
   window.mailPreview(screen, form, url, method) draws what the form holds into the element `screen`.
   form[data-preview] does so by itself when one of its fields changes. */
(() => {
  "use strict";

  let number = 0;

  /* The line in the inbox says what the chosen recipient would read: the mail's title is its subject. */
  const nameSubject = (screen, frame) => {
    const subject = screen.parentElement.querySelector(".inbox-line [data-subject]");
    if (subject && frame.contentDocument?.title) subject.textContent = frame.contentDocument.title;
  };

  const swap = (screen, fresh) => {
    const [...frames] = screen.querySelectorAll("iframe");
    const old = frames.find((frame) => frame !== fresh);
    const top = old?.contentDocument?.scrollingElement?.scrollTop || 0;
    frames.filter((frame) => frame !== fresh).forEach((frame) => frame.remove());
    fresh.classList.remove("behind");
    nameSubject(screen, fresh);
    if (fresh.contentDocument?.scrollingElement) fresh.contentDocument.scrollingElement.scrollTop = top;
  };

  window.mailPreview = (screen, form, url, method) => {
    screen.querySelectorAll("iframe.behind").forEach((frame) => frame.remove());
    const fresh = document.createElement("iframe");
    fresh.name = `mail-preview-${++number}`;
    fresh.title = screen.querySelector("iframe").title;
    fresh.setAttribute("sandbox", "allow-same-origin");
    fresh.className = "behind";
    screen.append(fresh);
    fresh.addEventListener("load", () => {
      if (fresh.contentWindow.location.href !== "about:blank") swap(screen, fresh);
    });
    const before = { target: form.target, action: form.getAttribute("action"), method: form.method };
    Object.assign(form, { target: fresh.name, action: url, method });
    form.submit();
    form.target = before.target;
    form.method = before.method;
    if (before.action === null) form.removeAttribute("action");
    else form.setAttribute("action", before.action);
  };

  document.querySelectorAll("form[data-preview]").forEach((form) => {
    const screen = form.querySelector("[data-screen]");
    form.addEventListener("change", () => window.mailPreview(screen, form, form.action, "get"));
    const frame = screen.querySelector("iframe");
    frame.addEventListener("load", () => nameSubject(screen, frame));
    nameSubject(screen, frame);
  });

  /* The dialog before scheduling names the moment that was chosen. */
  document.querySelectorAll("form[data-schedule]").forEach((form) => {
    const say = () => {
      const later = form.elements.when.value === "later";
      form.querySelector("[data-later]").hidden = !later;
      form.querySelectorAll("[data-if]").forEach((row) => { row.hidden = !form.elements[row.dataset.if].checked; });
      const named = document.querySelector("#schedule-dialog [data-chosen]");
      const day = form.elements.day.valueAsDate;
      if (!later) named.textContent = form.dataset.wordsNow;
      else if (day) {
        const words = new Intl.DateTimeFormat(document.documentElement.lang, { dateStyle: "full", timeZone: "UTC" });
        named.textContent = `${words.format(day)} ${form.elements.time.value}`;
      }
    };
    form.addEventListener("change", say);
    say();
  });
})();
