// Helpers for the DOM. Class names carry the prefix `fixlip-`, and strings become text nodes, never HTML.

type Attributes = Readonly<Record<string, string | number | boolean>>;

/** Creates an HTML element of class `fixlip-<name>`. */
export function make<Tag extends keyof HTMLElementTagNameMap>(
  tag: Tag,
  name: string,
  attributes: Attributes = {},
  ...children: readonly (Node | string)[]
): HTMLElementTagNameMap[Tag] {
  const element = document.createElement(tag);
  element.className = `fixlip-${name}`;
  for (const [key, value] of Object.entries(attributes)) element.setAttribute(key, String(value));
  element.append(...children);
  return element;
}

/** Creates an SVG element. */
export function makeSvg(tag: string, attributes: Attributes = {}, ...children: readonly Node[]): SVGElement {
  const element = document.createElementNS("http://www.w3.org/2000/svg", tag);
  for (const [key, value] of Object.entries(attributes)) element.setAttribute(key, String(value));
  element.append(...children);
  return element;
}

/** Calls `callback` for every event until `signal` aborts. */
export function listen<Type extends keyof HTMLElementEventMap>(
  target: EventTarget,
  type: Type,
  callback: (event: HTMLElementEventMap[Type]) => void,
  signal?: AbortSignal,
): void {
  target.addEventListener(type, callback as EventListener, signal && { signal });
}

/** Shown in place of a view that cannot be drawn. */
export function createErrorMessage(error: unknown): HTMLElement {
  const message = error instanceof Error ? error.message : String(error);
  const summary = make("b", "figure", {}, "This view could not be drawn. ");
  return make("div", "error", { role: "alert" }, summary, message);
}

/** The focused element of the document or shadow tree that contains `element`. */
export function activeElementNear(element: Element): Element | null {
  return (element.getRootNode() as Node & Partial<DocumentOrShadowRoot>).activeElement ?? null;
}

/** Whether a key is held with which a click or Enter adds to the selection. */
export function hasModifier({ shiftKey, ctrlKey, metaKey }: MouseEvent | KeyboardEvent): boolean {
  return shiftKey || ctrlKey || metaKey;
}

/** Returns a function that runs `work` after the next paint, once however often it is called until then. */
export function afterPaint(work: () => void, signal: AbortSignal): () => void {
  let request = 0;
  const run = () => {
    request = 0;
    work();
  };
  signal.addEventListener("abort", () => cancelAnimationFrame(request), { once: true });
  return () => {
    // The first callback runs before the next paint, the second after it.
    request ||= requestAnimationFrame(() => {
      request = requestAnimationFrame(run);
    });
  };
}
