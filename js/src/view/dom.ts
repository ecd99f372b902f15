// Making elements: class names carry the project's prefix, and text is only ever text.

type Attributes = Readonly<Record<string, string | number | boolean>>;

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

/** Stands where the picture would have been. */
export function errorOf(error: unknown): HTMLElement {
  const message = error instanceof Error ? error.message : String(error);
  const lead = make("b", "figure", {}, "This view could not be drawn. ");
  return make("div", "error", { role: "alert" }, lead, message);
}

/** What has the focus in the document or the shadow tree that an element stands in. */
export function focusedBeside(element: Element): Element | null {
  return (element.getRootNode() as Node & Partial<DocumentOrShadowRoot>).activeElement ?? null;
}

export function svg(tag: string, attributes: Attributes = {}, ...children: readonly Node[]): SVGElement {
  const element = document.createElementNS("http://www.w3.org/2000/svg", tag);
  for (const [key, value] of Object.entries(attributes)) element.setAttribute(key, String(value));
  element.append(...children);
  return element;
}
