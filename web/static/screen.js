"use strict";
// Keeps the screen fresh: asks for the numbers of now, counts the seconds down between two answers.

(() => {
  const POLL_MS = 2000;
  const GIVE_UP_MS = 6000;
  const FAILURES_TO_WARN = 3;

  const page = document.getElementById("screen");
  const byId = (id) => document.getElementById(id);
  let failures = 0;
  let endsAt = 0;

  function put(id, value) {
    const element = byId(id);
    if (element && element.textContent !== String(value)) element.textContent = String(value);
  }

  function showConnection(lost) {
    byId("lost").hidden = !lost;
    document.body.classList.toggle("is-lost", lost);
  }

  function showCode(now) {
    put("code", now.code);
    endsAt = Date.now() + now.seconds * 1000;
    if (page.dataset.window === String(now.window)) return;
    page.dataset.window = String(now.window);
    byId("qr").src = `${page.dataset.address}/qr.svg?w=${now.window}`;
  }

  function show(now) {
    if (now.state !== page.dataset.state) {
      location.reload();
      return;
    }
    put("present", now.present);
    put("base", now.base);
    if (now.code) showCode(now);
  }

  function countDown() {
    if (!endsAt) return;
    const left = Math.max(0, Math.ceil((endsAt - Date.now()) / 1000));
    byId("bar").value = left;
    put("seconds", byId("seconds").dataset.text.replace("#", String(left)));
  }

  async function ask() {
    const stop = new AbortController();
    const alarm = setTimeout(() => stop.abort(), GIVE_UP_MS);
    try {
      const answer = await fetch(`${page.dataset.address}/now`, { cache: "no-store", signal: stop.signal });
      if (!answer.ok) throw new Error(String(answer.status));
      show(await answer.json());
      failures = 0;
    } catch {
      failures += 1;
    } finally {
      clearTimeout(alarm);
    }
    showConnection(failures >= FAILURES_TO_WARN);
    setTimeout(ask, POLL_MS);
  }

  setInterval(countDown, 250);
  ask();
})();
