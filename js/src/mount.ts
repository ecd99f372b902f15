// Ties a model to a view: reads its traits, redraws when they change, writes back what a person did.
import { decode, type Explanation } from "./data.js";
import { type Format, save } from "./export/files.js";
import { History } from "./history.js";
import { FIRST_LOOK, type Look } from "./look.js";
import type { Model } from "./model.js";
import { type Action, type State, stateAfter } from "./selection.js";
import { make } from "./view/dom.js";
import { createView, type View } from "./view/view.js";

const CONTENT = ["change:meta", "change:values", "change:picture"];
const STATE = ["selected", "hidden", "measured", "mode", "status", "progress"].map(
  (name) => `change:${name}`,
);

interface Company {
  /** Explanations whose values share the scale. */
  readonly peers?: readonly Explanation[];
  /** What was done in any of the views that share the model. */
  readonly history?: History<State>;
}

/** Shows `model` inside `host` until `signal` aborts. */
export function mount(
  model: Model,
  host: HTMLElement,
  signal: AbortSignal,
  { peers = [], history = new History() }: Company = {},
): void {
  const root = document.createElement("div");
  root.className = "fixlip";
  // Keys pressed here are meant for the view, not for JupyterLab's command mode.
  root.setAttribute("data-lm-suppress-shortcuts", "true");
  host.append(root);

  let view: View | null = null;
  let look = FIRST_LOOK;
  let lifetime = new AbortController();
  let scheduled = false;

  const players = (name: "selected" | "hidden") => Array.from(model.get(name) ?? [], Number);
  const state = (): State => ({
    mode: model.get("mode"),
    selected: players("selected"),
    hidden: players("hidden"),
  });

  function write(next: State): void {
    model.set("selected", next.selected);
    model.set("hidden", next.hidden);
    model.set("mode", next.mode);
    model.save_changes();
  }

  function act(action: Action): void {
    const before = state();
    history.record(before);
    write(stateAfter(before, action));
  }

  function step(way: "undo" | "redo"): void {
    const next = history[way](state());
    if (next) write(next);
  }

  function adjust(change: Partial<Look>): void {
    look = { ...look, ...change };
    draw();
  }

  function build(): View {
    lifetime.abort();
    lifetime = new AbortController();
    const explanation = decode(model.get("meta"), model.get("values"));
    const saveAs = (format: Format, body: HTMLElement) => save(format, { model, explanation, body });
    return createView(
      root,
      explanation,
      pictureOf(model),
      { act, adjust, step, save: saveAs },
      peers,
      lifetime.signal,
    );
  }

  function draw(): void {
    scheduled = false;
    if (signal.aborted) return;
    try {
      const focused = focusedIn(root);
      view ??= build();
      view.update(state(), look, model.get("measured") ?? null);
      // What is built anew is still the same to whoever is in it.
      if (focused && !root.contains(document.activeElement))
        root.querySelector<HTMLElement>(focused)?.focus();
      root.dataset.status = model.get("status");
      root.style.setProperty("--fixlip-progress", String(model.get("progress")));
    } catch (error) {
      view = null;
      lifetime.abort();
      showError(root, error);
    }
  }

  // One message may change several traits; they are drawn once, together.
  function schedule(): void {
    if (scheduled) return;
    scheduled = true;
    queueMicrotask(draw);
  }

  function rebuild(): void {
    view = null;
    schedule();
  }

  for (const event of CONTENT) model.on(event, rebuild);
  for (const event of STATE) model.on(event, schedule);
  signal.addEventListener(
    "abort",
    () => {
      for (const event of CONTENT) model.off(event, rebuild);
      for (const event of STATE) model.off(event, schedule);
      lifetime.abort();
      root.remove();
    },
    { once: true },
  );
  draw();
}

/** How to find the token in focus again. */
function focusedIn(root: HTMLElement): string | null {
  const focused = document.activeElement;
  if (!(focused instanceof HTMLElement) || !root.contains(focused)) return null;
  const { player, bar } = focused.dataset;
  if (player !== undefined) return `[data-player="${player}"]`;
  return bar === undefined ? null : `[data-bar="${bar}"]`;
}

/** A picture that is held by its own address, whose letters can end no rule of style. */
const PICTURE = /^data:image\/[a-z]+;base64,[A-Za-z0-9+/=]*$/;

function pictureOf(model: Model): string {
  const picture = model.get("picture");
  return PICTURE.test(picture) ? picture : "";
}

function showError(root: HTMLElement, error: unknown): void {
  root.dataset.status = "error";
  const message = error instanceof Error ? error.message : String(error);
  root.replaceChildren(
    make(
      "div",
      "error",
      { role: "alert" },
      make("b", "figure", {}, "This view could not be drawn. "),
      message,
    ),
  );
}
