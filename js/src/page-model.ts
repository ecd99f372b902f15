// A model that lives in a page without a kernel.
import type { Model, Traits } from "./model.js";

/** A model with these traits. */
export function createModel(traits: Traits): Model {
  const state = { ...traits };
  const listeners = new Map<string, Set<() => void>>();
  return {
    get: (name) => state[name],
    set(name, value) {
      if (Object.is(state[name], value)) return;
      state[name] = value;
      // A copy, as listeners may add and remove listeners.
      for (const callback of [...(listeners.get(`change:${name}`) ?? [])]) callback();
    },
    on(event, callback) {
      const callbacks = listeners.get(event) ?? new Set();
      listeners.set(event, callbacks.add(callback));
    },
    off(event, callback) {
      listeners.get(event)?.delete(callback);
    },
    save_changes() {},
  };
}

/** Bytes from base64. */
export function decodeBase64(base64: string): DataView {
  const { fromBase64 } = Uint8Array as { fromBase64?: (text: string) => Uint8Array<ArrayBuffer> };
  return new DataView((fromBase64 ?? decodeWithAtob)(base64).buffer);
}

/** Slower; for browsers without `Uint8Array.fromBase64`. */
function decodeWithAtob(base64: string): Uint8Array<ArrayBuffer> {
  const binary = atob(base64);
  const bytes = new Uint8Array(binary.length);
  for (let i = 0; i < bytes.length; i++) bytes[i] = binary.charCodeAt(i);
  return bytes;
}
