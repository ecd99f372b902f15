// What an exported page calls: the saved state becomes a model, and the model a view.
import { mountComparison } from "./comparison.js";
import type { Compared, Traits } from "./model.js";
import { mount } from "./mount.js";
import { createModel } from "./page.js";
import { errorOf } from "./view/dom.js";

type Text<Wire extends { values: DataView }> = Omit<Wire, "values"> & { readonly values: string };

/** Traits as JSON can hold them: the values are base64. */
export type Saved = Omit<Text<Traits>, "views"> & {
  readonly views?: readonly Text<Compared>[];
  readonly module?: string;
  readonly page?: string;
};

export function open(saved: Saved, host: HTMLElement): void {
  try {
    show(saved, host);
  } catch (error) {
    host.append(errorOf(error));
  }
}

function show(saved: Saved, host: HTMLElement): void {
  const { views, module, page, ...traits } = saved;
  const style = document.querySelector("style#css")?.textContent;
  const rest = { ...traits, _esm: module ?? "", _page: page ?? "", _css: style ?? "" };
  const forever = new AbortController().signal;
  if (views) {
    const decoded = views.map((view) => ({ ...view, values: bytesOf(view.values) }));
    mountComparison(createModel({ ...rest, values: bytesOf(""), views: decoded }), host, forever);
  } else mount(createModel({ ...rest, values: bytesOf(saved.values) }), host, forever);
}

function bytesOf(base64: string): DataView {
  const { fromBase64 } = Uint8Array as { fromBase64?: (text: string) => Uint8Array<ArrayBuffer> };
  return new DataView((fromBase64 ?? lettersToBytes)(base64).buffer);
}

/** For browsers that cannot do it themselves, which is faster. */
function lettersToBytes(base64: string): Uint8Array<ArrayBuffer> {
  const letters = atob(base64);
  const bytes = new Uint8Array(letters.length);
  for (let i = 0; i < bytes.length; i++) bytes[i] = letters.charCodeAt(i);
  return bytes;
}
