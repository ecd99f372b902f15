// Connects a model to a view: renders its traits, follows their changes, and writes back what a reader does.
import { deserialize, type Explanation } from "./deserialize.js";
import { type Format, save } from "./export/files.js";
import { History, type HistoryDirection } from "./history.js";
import type { Model } from "./model.js";
import { type Action, applyAction, isSameState, type SelectionState } from "./selection.js";
import { SharedSettings } from "./settings.js";
import { activeElementNear, createErrorMessage } from "./view/dom.js";
import { createView, type View } from "./view/view.js";

/** Changes that need a new view. */
const CONTENT_EVENTS = ["change:meta", "change:values", "change:picture"];
/** Changes that update the view. */
const STATE_EVENTS = ["selected", "hidden", "measured", "mode", "status", "progress"].map(
  (name) => `change:${name}`,
);

/** What the views of a comparison share. */
interface SharedState {
  /** Explanations whose values share the scale. */
  readonly peers?: readonly Explanation[];
  readonly history?: History<SelectionState>;
  readonly settings?: SharedSettings;
}

/** Shows `model` inside `host` until `signal` aborts. */
export function mount(
  model: Model,
  host: HTMLElement,
  signal: AbortSignal,
  { peers = [], history = new History(), settings = new SharedSettings() }: SharedState = {},
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

  const readPlayers = (name: "selected" | "hidden") => Array.from(model.get(name) ?? [], Number);
  const readState = (): SelectionState => ({
    mode: model.get("mode"),
    selected: readPlayers("selected"),
    hidden: readPlayers("hidden"),
  });

  function writeState(state: SelectionState): void {
    model.set("selected", state.selected);
    model.set("hidden", state.hidden);
    model.set("mode", state.mode);
    model.save_changes();
  }

  function dispatch(action: Action): void {
    const before = readState();
    const after = applyAction(before, action);
    if (isSameState(before, after)) return;
    history.record(before);
    writeState(after);
  }

  function stepHistory(direction: HistoryDirection): void {
    const state = history[direction](readState());
    if (state) writeState(state);
  }

  function buildView(): View {
    viewLifetime.abort();
    viewLifetime = new AbortController();
    const explanation = deserialize(model.get("meta"), model.get("values"));
    // With another image or caption, the players in the history are other tokens.
    const key = JSON.stringify([explanation.rows, explanation.columns, explanation.names]);
    if (tokenKey && tokenKey !== key) history.clear();
    tokenKey = key;
    const callbacks = {
      dispatch,
      changeSettings: settings.change.bind(settings),
      stepHistory,
      save: (format: Format, body: HTMLElement) =>
        save(format, { model, explanation, state: readState(), body }),
      fail,
    };
    return createView(root, explanation, safePicture(model), callbacks, peers, viewLifetime.signal);
  }

  function render(): void {
    renderScheduled = false;
    if (signal.aborted) return;
    try {
      const focusSelector = focusedTokenSelector(root);
      view ??= buildView();
      view.update(readState(), settings.current, model.get("measured") ?? null);
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

  for (const event of CONTENT_EVENTS) model.on(event, scheduleRebuild);
  for (const event of STATE_EVENTS) model.on(event, scheduleRender);
  settings.subscribe(render, signal);
  signal.addEventListener(
    "abort",
    () => {
      for (const event of CONTENT_EVENTS) model.off(event, scheduleRebuild);
      for (const event of STATE_EVENTS) model.off(event, scheduleRender);
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
