// Views in an exported page: a model without a kernel, filled from the state that the page holds as JSON.
import { mountComparison } from "./comparison.js";
import type { ComparisonItem, Traits } from "./model.js";
import { mount } from "./mount.js";
import { createModel, decodeBase64 } from "./page-model.js";
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
