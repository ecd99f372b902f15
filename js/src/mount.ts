// Connects a model to a view: renders its traits, follows their changes, and writes back what a reader does.
import { deserialize, type Explanation } from "./deserialize.js";
import { drawFigure, type FigureOptions } from "./export/figure.js";
import { type Format, save } from "./export/files.js";
import { renderSvg } from "./export/svg.js";
import type { Model } from "./model.js";
import { type Controller, createController, observe, readState } from "./model-state.js";
import { SharedSettings } from "./settings.js";
import { activeElementNear, createErrorMessage } from "./view/dom.js";
import { createView, type View, type ViewCallbacks } from "./view/view.js";

/** Pixels of the PNG of a figure for each pixel of its layout: 576 for each inch in print. */
const FIGURE_PIXEL_RATIO = 4;
/** Traits that need a new view. */
const CONTENT_TRAITS = ["meta", "values", "picture"];
/** Traits that update the view. */
const STATE_TRAITS = ["selected", "hidden", "measured", "mode", "status", "progress"];

/** What the views of a comparison share. */
interface SharedState {
  /** Explanations whose values share the scale. */
  readonly peers?: readonly Explanation[];
  readonly controller?: Controller;
  readonly settings?: SharedSettings;
}

/** Shows `model` inside `host` until `signal` aborts. */
export function mount(
  model: Model,
  host: HTMLElement,
  signal: AbortSignal,
  { peers = [], controller = createController(model), settings = new SharedSettings() }: SharedState = {},
): void {
  const root = document.createElement("div");
  root.className = "fixlip";
  // Otherwise JupyterLab's command mode would take the keys pressed here.
  root.setAttribute("data-lm-suppress-shortcuts", "true");
  // Focusable, so that keys still reach the view after a click beside the tokens.
  root.tabIndex = -1;
  host.append(root);
  // Lets the view shrink where the host is a flex item.
  host.style.minWidth = "0";

  let view: View | null = null;
  let tokenKey = "";
  let viewLifetime = new AbortController();
  let renderScheduled = false;

  function buildView(): View {
    viewLifetime.abort();
    viewLifetime = new AbortController();
    const explanation = deserialize(model.get("meta"), model.get("values"));
    // With another image or caption, the players in the history are other tokens.
    const key = JSON.stringify([explanation.rows, explanation.columns, explanation.names]);
    if (tokenKey && tokenKey !== key) controller.forget();
    tokenKey = key;
    const picture = safePicture(model);
    const draw = (body: HTMLElement, figure?: FigureOptions) =>
      figure ? drawFigure(root, createCopy, figure) : Promise.resolve(renderSvg(body));
    const callbacks: ViewCallbacks = {
      dispatch: controller.dispatch,
      changeSettings: settings.change.bind(settings),
      stepHistory: controller.stepHistory,
      save: (format: Format, body: HTMLElement, figure?: FigureOptions) =>
        save(format, {
          model,
          explanation,
          state: readState(model),
          draw: () => draw(body, figure),
          pixelRatio: figure && FIGURE_PIXEL_RATIO,
        }),
      fail,
    };
    const createCopy = (copy: HTMLElement, copySignal: AbortSignal) => {
      const view = createView(copy, explanation, picture, callbacks, peers, copySignal);
      return () => view.update(readState(model), settings.current, model.get("measured") ?? null);
    };
    return createView(root, explanation, picture, callbacks, peers, viewLifetime.signal);
  }

  function render(): void {
    renderScheduled = false;
    if (signal.aborted) return;
    try {
      const focusSelector = focusedTokenSelector(root);
      view ??= buildView();
      view.update(readState(model), settings.current, model.get("measured") ?? null);
      // A new view replaces the focused element; focus the one for the same token.
      if (focusSelector && !root.contains(activeElementNear(root)))
        root.querySelector<HTMLElement>(focusSelector)?.focus();
      root.dataset.status = model.get("status");
      root.style.setProperty("--fixlip-progress", String(model.get("progress")));
    } catch (error) {
      fail(error);
    }
  }

  function fail(error: unknown): void {
    view = null;
    viewLifetime.abort();
    root.dataset.status = "error";
    root.removeAttribute("aria-busy");
    root.replaceChildren(createErrorMessage(error));
  }

  // One message from the kernel may change several traits: render once for all of them.
  function scheduleRender(): void {
    if (renderScheduled) return;
    renderScheduled = true;
    queueMicrotask(render);
  }

  function scheduleRebuild(): void {
    view = null;
    scheduleRender();
  }

  observe(model, CONTENT_TRAITS, scheduleRebuild, signal);
  observe(model, STATE_TRAITS, scheduleRender, signal);
  settings.subscribe(render, signal);
  signal.addEventListener(
    "abort",
    () => {
      viewLifetime.abort();
      root.remove();
    },
    { once: true },
  );
  render();
}

/** Selects the focused token, or null if the focus is elsewhere. */
function focusedTokenSelector(root: HTMLElement): string | null {
  const focused = activeElementNear(root);
  if (!(focused instanceof HTMLElement) || !root.contains(focused)) return null;
  const { player, bar } = focused.dataset;
  if (player !== undefined) return `[data-player="${player}"]`;
  return bar === undefined ? null : `[data-bar="${bar}"]`;
}

/** Base64 images only: they load nothing from the network, and cannot end the CSS string they are put into. */
const DATA_URL = /^data:image\/[a-z]+;base64,[A-Za-z0-9+/=]*$/;

function safePicture(model: Model): string {
  const picture = model.get("picture");
  return DATA_URL.test(picture) ? picture : "";
}
