// Pages work by forms alone. This adds: pages that follow the class, progress, a slider that shows at once, faults that lead to their line, copying.
"use strict";
(() => {
  const body = document.body;
  let busy = false, again = false;

  // What is typed or chosen and not sent yet stays: a part with such a form, or with the focus, is not replaced.
  const touched = (part) => part.contains(document.activeElement) || [...part.querySelectorAll("input, textarea, select")].some((one) =>
    one.type === "radio" || one.type === "checkbox" ? one.checked !== one.defaultChecked : one.type !== "hidden" && "defaultValue" in one && one.value !== one.defaultValue);

  async function follow() {
    if (busy) { again = true; return; }
    busy = true;
    try {
      const answer = await fetch(location.pathname + location.search, {credentials: "same-origin"});
      if (!answer.ok) return;
      const page = new DOMParser().parseFromString(await answer.text(), "text/html");
      if (page.body.dataset.view !== body.dataset.view) {
        body.dataset.view = page.body.dataset.view;
        document.title = page.title;
        document.querySelector("main").replaceWith(page.querySelector("main"));
        const heading = document.querySelector("main h2[tabindex], main h1");
        if (heading) { heading.tabIndex = -1; heading.focus({preventScroll: true}); scrollTo({top: 0}); }
        begin();
        return;
      }
      for (const part of document.querySelectorAll("[data-live]")) {
        const now = page.getElementById(part.id);
        if (now && now.outerHTML !== part.outerHTML && !touched(part)) part.replaceWith(now);
      }
    } catch (_) { /* the connection comes back, and with it the news */ } finally {
      busy = false;
      if (again) { again = false; setTimeout(follow, 300); }
    }
  }

  function listen() {
    if (!body.dataset.follow) return;
    const news = new EventSource("/events?of=" + body.dataset.follow);
    let lost = false;
    news.addEventListener("changed", follow);
    news.addEventListener("progress", (event) => {
      const far = JSON.parse(event.data);
      for (const bar of document.querySelectorAll("progress[data-job]")) bar.value = far.share;
      for (const words of document.querySelectorAll("[data-far]")) words.textContent = far.words;
    });
    news.onerror = () => { lost = true; };
    news.onopen = () => { if (lost) { lost = false; follow(); } };
    addEventListener("pagehide", () => news.close());
  }

  function begin() {
    for (const one of document.querySelectorAll("[data-script]")) one.hidden = false;
    for (const one of document.querySelectorAll("[data-without-script]")) one.hidden = true;
    for (const slider of document.querySelectorAll("input[data-points]")) {
      const move = () => {
        const at = +slider.value;
        for (const point of document.querySelectorAll("[data-point]")) point.hidden = +point.dataset.point !== at;
        slider.setAttribute("aria-valuetext", slider.dataset.points.split("|")[at]);
        for (const words of document.querySelectorAll("[data-chosen]")) words.textContent = slider.dataset.points.split("|")[at];
      };
      slider.addEventListener("input", move);
      move();
    }
  }

  addEventListener("click", async (event) => {
    const copy = event.target.closest("[data-copy]");
    if (copy) {
      const text = document.getElementById(copy.dataset.copy);
      try { await navigator.clipboard.writeText(text.textContent); copy.textContent = "Copied"; }
      catch (_) { getSelection().selectAllChildren(text); copy.textContent = "Selected: press Ctrl+C"; }
    }
    const line = event.target.closest("[data-line]");
    const editor = document.getElementById("text");
    if (line && editor) {
      const lines = editor.value.split("\n"), number = Math.min(+line.dataset.line, lines.length);
      const start = lines.slice(0, number - 1).reduce((sum, one) => sum + one.length + 1, 0);
      event.preventDefault();
      editor.focus();
      editor.setSelectionRange(start, start + lines[number - 1].length);
      editor.scrollTop = Math.max(0, (number - 6) * parseFloat(getComputedStyle(editor).lineHeight));
    }
  });
  begin();
  listen();
})();
