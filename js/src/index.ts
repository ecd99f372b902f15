// The anywidget entry point: adapts `render` to the framework-free views.
import type { AnyWidget, RenderProps } from "@anywidget/types";
import { mountComparison } from "./comparison.js";
import type { Model, Traits } from "./model.js";
import { mount } from "./mount.js";

export { open } from "./standalone.js";

interface Props extends Pick<RenderProps<Traits>, "el"> {
  readonly model: Model;
  /** Absent in older versions of anywidget, which call the returned function instead. */
  readonly signal?: AbortSignal;
}

function render({ model, el, signal }: Props): () => void {
  const lifetime = new AbortController();
  const unmount = () => lifetime.abort();
  signal?.addEventListener("abort", unmount, { once: true });
  (model.get("views") ? mountComparison : mount)(model, el, lifetime.signal);
  return unmount;
}

export default { render } satisfies AnyWidget<Traits>;
