// Several explanations side by side: small multiples with one set of controls, one selection and one history.
import { type Alignment, alignedAction, alignedModel, createAlignment } from "./alignment.js";
import { MAX_OPACITY } from "./color-scale.js";
import { deserialize, type Explanation } from "./deserialize.js";
import { difference } from "./difference.js";
import type { ComparisonItem, Model } from "./model.js";
import { createController, observe, readState } from "./model-state.js";
import { mount } from "./mount.js";
import type { Dispatch } from "./selection.js";
import { SharedSettings } from "./settings.js";
import { createComparisonPanel } from "./view/comparison-panel.js";
import { createToggle } from "./view/controls.js";
import { createErrorMessage, make } from "./view/dom.js";
import { createThumbnailStyle } from "./view/thumbnails.js";

const SCALES = ["common", "own"] as const;
const CONTENTS = ["values", "differences"] as const;
type Scale = (typeof SCALES)[number];
type Content = (typeof CONTENTS)[number];

/** One of the explanations, as it is shown. */
export interface ComparedView {
  readonly title: string;
  readonly explanation: Explanation;
  readonly alignment: Alignment;
  /** Explanations whose values share the scale. */
  readonly peers: readonly Explanation[];
}

/** Shows the `views` of `model` inside `host` until `signal` aborts. */
export function mountComparison(model: Model, host: HTMLElement, signal: AbortSignal): void {
  const settings = new SharedSettings();
  const controller = createController(model);
  let content: Content = "values";

  const scaleToggle = createToggle<Scale>("scale between views", SCALES, (scale) => {
    model.set("scale", scale);
    model.save_changes();
  });
  const contentToggle = createToggle<Content>("show", CONTENTS, (choice) => {
    content = choice;
    render();
  });
  const switches = make("div", "switches", {}, contentToggle.element, scaleToggle.element);
  const root = make("div", "comparison");
  root.style.setProperty("--fixlip-max-opacity", `${100 * MAX_OPACITY}%`);
  host.append(root);

  let viewsLifetime = new AbortController();
  observe(model, ["scale", "views"], render, signal);
  signal.addEventListener(
    "abort",
    () => {
      viewsLifetime.abort();
      root.remove();
    },
    { once: true },
  );

  function render(): void {
    viewsLifetime.abort();
    viewsLifetime = new AbortController();
    try {
      renderViews(viewsLifetime.signal);
    } catch (error) {
      viewsLifetime.abort();
      root.replaceChildren(createErrorMessage(error));
    }
  }

  function renderViews(lifetime: AbortSignal): void {
    const items = model.get("views") ?? [];
    const scale = model.get("scale") ?? "common";
    const first = items[0] as ComparisonItem;
    scaleToggle.update(scale);
    contentToggle.update(content, ...(canSubtract(items) ? [] : (["differences"] as const)));
    const shown = items.map((item, position) => {
      if (content === "values" || position === 0) return item;
      return { ...item, ...difference(item, first), title: `${item.title} − ${first.title}` };
    });
    const explanations = shown.map(({ meta, values }) => deserialize(meta, values));
    const peers = scale === "common" ? explanations : [];
    const views: ComparedView[] = shown.map(({ title, meta, aligned }, position) => ({
      title,
      explanation: explanations[position] as Explanation,
      alignment: createAlignment(meta.fields, aligned),
      peers,
    }));
    const sections = shown.map(({ title }) =>
      make("section", "view", { "aria-label": title }, make("h2", "view-title", {}, title)),
    );
    const panel = createComparisonPanel(
      root,
      views,
      controller.dispatch,
      settings.change.bind(settings),
      switches,
      lifetime,
    );
    const grid = make("div", "multiples", { "data-scale": scale }, panel.element, ...sections, panel.bars);
    grid.style.setProperty("--fixlip-views", String(items.length));
    root.replaceChildren(grid, createThumbnailStyle(root, first.picture));
    for (const [position, section] of sections.entries()) {
      const { alignment } = views[position] as ComparedView;
      const dispatch: Dispatch = (action) => controller.dispatch(alignedAction(action, alignment));
      const own = alignedModel(model, shown[position] as ComparisonItem, alignment);
      mount(own, section, lifetime, { peers, controller: { ...controller, dispatch }, settings });
    }
    panel.takeCommonFacts(sections);
    const update = () => {
      const able = panel.update(readState(model), settings.current);
      for (const [position, section] of sections.entries())
        section.toggleAttribute("data-unable", !able[position]);
    };
    observe(model, ["selected", "hidden", "mode"], update, lifetime);
    settings.subscribe(update, lifetime);
    update();
  }

  render();
}

/** Differences are of values of one unit, token by token. */
function canSubtract(items: readonly ComparisonItem[]): boolean {
  const kinds = items.map(({ meta: { fields } }) => [fields.units, ...fields.tokens].join("\n"));
  return new Set(kinds).size === 1;
}
