"""Many views on one page, put there and taken away by the module that an exported page carries."""

from __future__ import annotations

from dataclasses import dataclass

from playwright.sync_api import CDPSession, Page

# A model as a kernel's page has them: every view brings listeners to it.
PREPARE = """async () => {
  const { module, values, page, ...traits } = JSON.parse(document.getElementById("state").textContent);
  const url = URL.createObjectURL(new Blob([module], { type: "text/javascript" }));
  const { render } = (await import(url)).default;
  const bytes = Uint8Array.from(atob(values), letter => letter.charCodeAt(0));
  const state = { ...traits, values: new DataView(bytes.buffer) };
  const listeners = new EventTarget();
  const model = {
    get: name => state[name],
    set(name, value) {
      state[name] = value;
      listeners.dispatchEvent(new Event(`change:${name}`));
    },
    on: (event, callback) => listeners.addEventListener(event, callback),
    off: (event, callback) => listeners.removeEventListener(event, callback),
    save_changes() {},
  };
  window.lifetimes = [];
  window.mountOne = () => {
    const el = document.body.appendChild(document.createElement("div"));
    const lifetime = new AbortController();
    lifetime.signal.addEventListener("abort", () => el.remove());
    render({ model, el, signal: lifetime.signal });
    lifetimes.push(lifetime);
  };
  window.unmountAll = () => lifetimes.splice(0).forEach(lifetime => lifetime.abort());
}"""
USE = """async () => {
  const view = [...document.querySelectorAll(".fixlip")].at(-1);
  for (const mode of ["links", "subset", "attribution"]) {
    view.querySelector(`input[value=${mode}]`).click();
    await new Promise(requestAnimationFrame);
  }
  view.querySelector("[data-player='3']").click();
  await new Promise(requestAnimationFrame);
  view.querySelector("[data-player='3']").click();
  await new Promise(requestAnimationFrame);
}"""


@dataclass(frozen=True)
class Held:
    """What the page's memory holds after its garbage was collected."""

    nodes: int
    listeners: int


def mount_and_unmount(page: Page, times: int) -> None:
    """Put a view on the page, look at it from every side, and take it away, so many times."""
    for _ in range(times):
        page.evaluate("mountOne()")
        page.evaluate(USE)
        page.evaluate("unmountAll()")


def held(session: CDPSession) -> Held:
    """Nodes and listeners, detached ones included."""
    for _ in range(2):
        session.send("HeapProfiler.collectGarbage")
    metrics = {one["name"]: int(one["value"]) for one in session.send("Performance.getMetrics")["metrics"]}
    return Held(metrics["Nodes"], metrics["JSEventListeners"])
