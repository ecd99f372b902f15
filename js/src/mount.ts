// Ties a model to a view: reads its traits, redraws when they change, writes back what a person did.
import { decode, type Explanation } from "./deserialize.js";
import { type Format, save } from "./export/files.js";
import { History } from "./history.js";
import type { Model } from "./model.js";
import { type Action, alike, type State, stateAfter } from "./selection.js";
import { SharedLook } from "./settings.js";
import { errorOf, focusedBeside } from "./view/dom.js";
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
  readonly look?: SharedLook;
}

/** Shows `model` inside `host` until `signal` aborts. */
export function mount(
  model: Model,
  host: HTMLElement,
  signal: AbortSignal,
  { peers = [], history = new History(), look = new SharedLook() }: Company = {},
): void {
  const root = document.createElement("div");
  root.className = "fixlip";
  // Keys pressed here are meant for the view, not for JupyterLab's command mode.
  root.setAttribute("data-lm-suppress-shortcuts", "true");
  // A click beside the tokens leaves the keys with the view.
  root.tabIndex = -1;
  host.append(root);
  // In a row with others it may be narrower than it would like.
  host.style.minWidth = "0";

  let view: View | null = null;
  let tokens = "";
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
    const after = stateAfter(before, action);
    if (alike(before, after)) return;
    history.record(before);
    write(after);
  }

  function step(way: "undo" | "redo"): void {
    const next = history[way](state());
    if (next) write(next);
  }

  function build(): View {
    lifetime.abort();
    lifetime = new AbortController();
    const explanation = decode(model.get("meta"), model.get("values"));
    // Players of another picture or caption are other players.
    const known = JSON.stringify([explanation.rows, explanation.columns, explanation.names]);
    if (tokens && tokens !== known) history.clear();
    tokens = known;
    const saveAs = (format: Format, body: HTMLElement) => save(format, { model, explanation, body });
    return createView(
      root,
      explanation,
      pictureOf(model),
      { act, adjust: (change) => look.adjust(change), step, save: saveAs, fail },
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
      view.update(state(), look.now, model.get("measured") ?? null);
      // What is built anew is still the same to whoever is in it.
      if (focused && !root.contains(focusedBeside(root))) root.querySelector<HTMLElement>(focused)?.focus();
      root.dataset.status = model.get("status");
      root.style.setProperty("--fixlip-progress", String(model.get("progress")));
    } catch (error) {
      fail(error);
    }
  }

  function fail(error: unknown): void {
    view = null;
    lifetime.abort();
    showError(root, error);
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
  look.follow(draw, signal);
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
  const focused = focusedBeside(root);
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
  root.removeAttribute("aria-busy");
  root.replaceChildren(errorOf(error));
}
