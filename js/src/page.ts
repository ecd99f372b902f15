// The view without a kernel: a model that lives in the page alone.
import type { Model, Traits } from "./model.js";

export function createModel(traits: Traits): Model & { send(): void } {
  const state = { ...traits };
  const listeners = new Map<string, Set<() => void>>();
  const emit = (event: string) => {
    for (const callback of [...(listeners.get(event) ?? [])]) callback();
  };
  return {
    get: (name) => state[name],
    set(name, value) {
      if (Object.is(state[name], value)) return;
      state[name] = value;
      emit(`change:${name}`);
      emit("change");
    },
    on(event, callback) {
      const known = listeners.get(event) ?? new Set();
      listeners.set(event, known.add(callback));
    },
    off(event, callback) {
      listeners.get(event)?.delete(callback);
    },
    save_changes() {},
    send() {},
  };
}
