// Several explanations of the same tokens side by side: one selection, made and followed in the page alone.
import { decode } from "./deserialize.js";
import { difference } from "./difference.js";
import { History } from "./history.js";
import type { Compared, Model, Traits } from "./model.js";
import { mount } from "./mount.js";
import { createModel } from "./page.js";
import type { State } from "./selection.js";
import { SharedLook } from "./settings.js";
import { errorOf, make } from "./view/dom.js";
import { createToggle } from "./view/toggle.js";

const SCALES = ["common", "own"] as const;
const SHOWN = ["values", "differences"] as const;
type Scale = (typeof SCALES)[number];
type Subject = (typeof SHOWN)[number];

/** Shows the `views` of `model` inside `host` until `signal` aborts. */
export function mountComparison(model: Model, host: HTMLElement, signal: AbortSignal): void {
  const views = model.get("views") ?? [];
  const look = new SharedLook();
  let subject: Subject = "values";
  const history = new History<State>();

  const scales = createToggle<Scale>("scale between views", SCALES, (chosen) => {
    model.set("scale", chosen);
    model.save_changes();
  });
  const subjects = createToggle<Subject>("show", SHOWN, (chosen) => {
    subject = chosen;
    draw();
  });
  const grid = make("div", "views");
  const root = make(
    "div",
    "comparison",
    {},
    make("div", "switches", {}, subjects.element, scales.element),
    grid,
  );
  host.append(root);
  signal.addEventListener("abort", () => root.remove(), { once: true });
  let lifetime = new AbortController();
  signal.addEventListener("abort", () => lifetime.abort(), { once: true });
  model.on("change:scale", draw);
  signal.addEventListener("abort", () => model.off("change:scale", draw), { once: true });

  function draw(): void {
    lifetime.abort();
    lifetime = new AbortController();
    try {
      arrange();
    } catch (error) {
      lifetime.abort();
      grid.replaceChildren(errorOf(error));
    }
  }

  function arrange(): void {
    const scale = model.get("scale") ?? "common";
    scales.update(scale);
    const alike = new Set(views.map(({ meta }) => meta.units)).size === 1;
    subjects.update(subject, ...(alike ? [] : (["differences"] as const)));
    const first = views[0] as Compared;
    const shown = views.map((view, place) =>
      subject === "differences" && place > 0 ? { ...view, ...difference(view, first) } : view,
    );
    const explained = shown.map(({ meta, values }) => decode(meta, values));
    const places = shown.map((view, place) => {
      const minus = subject === "differences" && place > 0 ? ` − ${first.title}` : "";
      const title = make("h2", "view-title", {}, `${view.title}${minus}`);
      const section = make("section", "view", { "aria-label": title.textContent ?? "" }, title);
      const peers = scale === "common" ? explained : [];
      mount(linked(model, view), section, lifetime.signal, { peers, history, look });
      return section;
    });
    grid.replaceChildren(...places);
  }

  draw();
}

/** What is the view's own comes from itself, all else from the model that the views share. */
function linked(shared: Model, { meta, values, picture }: Compared): Model {
  const own = createModel({ meta, values, picture } as Traits);
  const of = (name: string) => (["meta", "values", "picture"].includes(name) ? own : shared);
  const heard = (event: string) => of(event.replace(/^change:/, ""));
  return {
    get: (name) => of(name).get(name),
    set: (name, value) => of(name).set(name, value),
    save_changes: () => shared.save_changes(),
    on: (event, callback) => heard(event).on(event, callback),
    off: (event, callback) => heard(event).off(event, callback),
  };
}
