// Several explanations of the same tokens side by side, with one selection, one history and the same settings.
import { deserialize } from "./deserialize.js";
import { difference } from "./difference.js";
import { History } from "./history.js";
import type { ComparisonItem, Model, Traits } from "./model.js";
import { mount } from "./mount.js";
import type { SelectionState } from "./selection.js";
import { SharedSettings } from "./settings.js";
import { createToggle } from "./view/controls.js";
import { createErrorMessage, make } from "./view/dom.js";

const SCALES = ["common", "own"] as const;
const CONTENTS = ["values", "differences"] as const;
type Scale = (typeof SCALES)[number];
type Content = (typeof CONTENTS)[number];

/** Shows the `views` of `model` inside `host` until `signal` aborts. */
export function mountComparison(model: Model, host: HTMLElement, signal: AbortSignal): void {
  const items = model.get("views") ?? [];
  const settings = new SharedSettings();
  const history = new History<SelectionState>();
  let content: Content = "values";

  const scaleToggle = createToggle<Scale>("scale between views", SCALES, (scale) => {
    model.set("scale", scale);
    model.save_changes();
  });
  const contentToggle = createToggle<Content>("show", CONTENTS, (choice) => {
    content = choice;
    render();
  });
  const grid = make("div", "views");
  const switches = make("div", "switches", {}, contentToggle.element, scaleToggle.element);
  const root = make("div", "comparison", {}, switches, grid);
  host.append(root);

  let viewsLifetime = new AbortController();
  model.on("change:scale", render);
  signal.addEventListener(
    "abort",
    () => {
      model.off("change:scale", render);
      viewsLifetime.abort();
      root.remove();
    },
    { once: true },
  );

  function render(): void {
    viewsLifetime.abort();
    viewsLifetime = new AbortController();
    try {
      renderViews();
    } catch (error) {
      viewsLifetime.abort();
      grid.replaceChildren(createErrorMessage(error));
    }
  }

  function renderViews(): void {
    const scale = model.get("scale") ?? "common";
    scaleToggle.update(scale);
    const sameUnits = new Set(items.map(({ meta }) => meta.fields.units)).size === 1;
    contentToggle.update(content, ...(sameUnits ? [] : (["differences"] as const)));
    const first = items[0] as ComparisonItem;
    const isDifference = (position: number) => content === "differences" && position > 0;
    const shown = items.map((item, position) =>
      isDifference(position) ? { ...item, ...difference(item, first) } : item,
    );
    const explanations = shown.map(({ meta, values }) => deserialize(meta, values));
    const peers = scale === "common" ? explanations : [];
    const sections = shown.map((item, position) => {
      const label = item.title + (isDifference(position) ? ` − ${first.title}` : "");
      const section = make("section", "view", { "aria-label": label }, make("h2", "view-title", {}, label));
      mount(withExplanation(model, item), section, viewsLifetime.signal, { peers, history, settings });
      return section;
    });
    grid.replaceChildren(...sections);
  }

  render();
}

/** The comparison's model with the traits of one explanation added. */
function withExplanation(model: Model, { meta, values, picture }: ComparisonItem): Model {
  const own: Partial<Traits> = { meta, values, picture };
  return {
    get: <Name extends keyof Traits>(name: Name) =>
      (own[name] as Traits[Name] | undefined) ?? model.get(name),
    set: (name, value) => model.set(name, value),
    save_changes: () => model.save_changes(),
    on: (event, callback) => model.on(event, callback),
    off: (event, callback) => model.off(event, callback),
  };
}
