// Every page works without this. With it, what is marked on a page stays up to date, and long
// deeds are not sent twice.
"use strict";
(() => {
  const body = document.body;
  const every = 2000;
  let last = 0;
  let asked = false;

  // Puts the marked parts of the page in place of those that are shown, but where somebody is in one.
  const put = (text) => {
    const fresh = new DOMParser().parseFromString(text, "text/html");
    for (const old of document.querySelectorAll("[data-part]")) {
      const next = fresh.getElementById(old.id);
      if (!next || old.contains(document.activeElement) || old.innerHTML === next.innerHTML) continue;
      old.replaceWith(document.importNode(next, true));
    }
  };

  const load = async () => {
    asked = false;
    last = Date.now();
    if (document.hidden) return;
    const answer = await fetch(location.href, { headers: { "X-Part": "1" }, redirect: "manual" });
    if (answer.ok) put(await answer.text());
  };

  const changed = () => {
    if (asked) return;
    asked = true;
    setTimeout(() => load().catch(() => {}), Math.max(0, last + every - Date.now()));
  };

  if (body.dataset.live && document.querySelector("[data-part]")) {
    const events = new EventSource(body.dataset.live);
    // The page may have been made before the last change, of which the stream tells first.
    let known = body.dataset.change;
    events.addEventListener("change", (event) => { if (event.data !== known) changed(); known = null; });
    events.addEventListener("over", () => { events.close(); location.reload(); });
    document.addEventListener("visibilitychange", () => { if (!document.hidden) changed(); });
    window.addEventListener("pagehide", () => events.close());
  }

  // A form is sent once.
  document.addEventListener("submit", (event) => {
    const form = event.target;
    if (form.method !== "post") return;
    if (form.dataset.sent) { event.preventDefault(); return; }
    form.dataset.sent = "1";
    form.setAttribute("aria-busy", "true");
  });
  window.addEventListener("pageshow", () => {
    for (const form of document.querySelectorAll("form[data-sent]")) {
      delete form.dataset.sent;
      form.removeAttribute("aria-busy");
    }
  });
})();
