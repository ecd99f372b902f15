// Views in an exported page: a model without a kernel, filled from the state that the page holds as JSON.
import { mountComparison } from "./comparison.js";
import type { ComparisonItem, Model, Traits } from "./model.js";
import { mount } from "./mount.js";
import { followUrl } from "./url-state.js";
import { createErrorMessage } from "./view/dom.js";

type Base64Values<T extends { values: DataView }> = Omit<T, "values"> & { readonly values: string };

/** The traits as JSON; the module and the page template allow the page to export itself again. */
export type SavedState = Omit<Base64Values<Traits>, "views"> & {
  readonly views?: readonly Base64Values<ComparisonItem>[];
  readonly module?: string;
  readonly page?: string;
};

/** Called by the script of an exported page. */
export function open(saved: SavedState, host: HTMLElement): void {
  try {
    mountSaved(saved, host);
  } catch (error) {
    host.append(createErrorMessage(error));
  }
}

function mountSaved(saved: SavedState, host: HTMLElement): void {
  const { views, module, page, ...traits } = saved;
  const css = document.querySelector("style#css")?.textContent;
  const exportTraits = { _esm: module ?? "", _page: page ?? "", _css: css ?? "" };
  const never = new AbortController().signal;
  if (views) {
    const items = views.map((item) => ({ ...item, values: decodeBase64(item.values) }));
    const values = decodeBase64("");
    const model = createModel({ ...traits, ...exportTraits, values, views: items });
    followUrl(model, items[0]?.meta.fields.tokens.length ?? 0);
    mountComparison(model, host, never);
  } else {
    const values = decodeBase64(saved.values);
    const model = createModel({ ...traits, ...exportTraits, values });
    followUrl(model, traits.meta.fields.tokens.length);
    mount(model, host, never);
  }
  // So that keys work before the first click.
  host.querySelector<HTMLElement>(".fixlip")?.focus({ preventScroll: true });
}

/** A model that lives in the page alone. */
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

function decodeBase64(base64: string): DataView {
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
