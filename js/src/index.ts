// What anywidget loads: it hands over a model and an element, and says when the view is gone.

import { mountComparison } from "./comparison.js";
import type { Model } from "./model.js";
import { mount } from "./mount.js";

export { open } from "./open.js";

interface RenderProps {
  readonly model: Model;
  readonly el: HTMLElement;
  /** Absent in older versions of anywidget, which call the returned function instead. */
  readonly signal?: AbortSignal;
}

function render({ model, el, signal }: RenderProps): () => void {
  const lifetime = new AbortController();
  const end = () => lifetime.abort();
  signal?.addEventListener("abort", end, { once: true });
  (model.get("views") ? mountComparison : mount)(model, el, lifetime.signal);
  return end;
}

export default { render };
