// The state that a reader changes, in the traits of a model, and its history.
import { History, type HistoryDirection } from "./history.js";
import type { Model } from "./model.js";
import { applyAction, type Dispatch, isSameState, type SelectionState } from "./selection.js";

export interface Controller {
  readonly dispatch: Dispatch;
  readonly stepHistory: (direction: HistoryDirection) => void;
  /** Call when recorded states no longer apply. */
  readonly forget: () => void;
}

export function readState(model: Model): SelectionState {
  const players = (name: "selected" | "hidden") => Array.from(model.get(name) ?? [], Number);
  return { mode: model.get("mode"), selected: players("selected"), hidden: players("hidden") };
}

/** Calls `callback` after each change of the traits until `signal` aborts. */
export function observe(
  model: Model,
  traits: readonly string[],
  callback: () => void,
  signal: AbortSignal,
): void {
  for (const trait of traits) {
    model.on(`change:${trait}`, callback);
    signal.addEventListener("abort", () => model.off(`change:${trait}`, callback), { once: true });
  }
}

export function createController(model: Model): Controller {
  const history = new History<SelectionState>();

  function write({ selected, hidden, mode }: SelectionState): void {
    model.set("selected", selected);
    model.set("hidden", hidden);
    model.set("mode", mode);
    model.save_changes();
  }

  return {
    dispatch(action) {
      const before = readState(model);
      const after = applyAction(before, action);
      if (isSameState(before, after)) return;
      history.record(before);
      write(after);
    },
    stepHistory(direction) {
      const state = history[direction](readState(model));
      if (state) write(state);
    },
    forget: () => history.clear(),
  };
}
