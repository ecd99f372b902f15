// The view as an SVG file: every visible box, text, picture and stroke, as and where the page has drawn it.
import { svg } from "../view/dom.js";
import { coloursIn, type Paint, paintOf } from "./css-colors.js";

/** What one operates is no part of the picture. */
const CONTROLS = ".fixlip-menu, .fixlip-form, .fixlip-slider, .fixlip-kinds, .fixlip-hint, .fixlip-button";
const MARGIN = 16;
const SATURATION = "fixlip-saturation";
const WHOLE = "fixlip-whole";

export function svgOf(body: HTMLElement): SVGElement {
  const { left, top, width, height } = body.getBoundingClientRect();
  const [x, y] = [left - MARGIN, top - MARGIN];
  const size = { width: width + 2 * MARGIN, height: height + 2 * MARGIN };
  const root = svg("svg", {
    xmlns: "http://www.w3.org/2000/svg",
    viewBox: `0 0 ${size.width} ${size.height}`,
    ...size,
  });
  const definitions = svg("defs", {}, saturation());
  root.append(definitions, svg("rect", { ...size, ...fill(surfaceOf(body)) }));
  root.append(...draw(body, { x, y, definitions }));
  return root;
}

interface Sheet {
  /** The page's coordinates of the sheet's corner. */
  readonly x: number;
  readonly y: number;
  readonly definitions: SVGElement;
}

interface Box {
  readonly x: number;
  readonly y: number;
  readonly width: number;
  readonly height: number;
}

function draw(element: Element, sheet: Sheet): SVGElement[] {
  const style = getComputedStyle(element);
  if (element.matches(CONTROLS) || style.display === "none" || style.visibility === "hidden") return [];
  const rect = element.getBoundingClientRect();
  const box = { x: rect.left - sheet.x, y: rect.top - sheet.y, width: rect.width, height: rect.height };
  const drawn: SVGElement[] = [];
  if (element instanceof SVGSVGElement) drawn.push(copy(element, box));
  else {
    if (element instanceof HTMLImageElement) drawn.push(image(element.src, box, SATURATION));
    drawn.push(...background(element, style, box, sheet), ...edges(style, box), ...rings(style, box));
    drawn.push(...outline(element, style, box));
    for (const child of element.childNodes) {
      if (child instanceof Element) drawn.push(...draw(child, sheet));
      else if (child instanceof Text) drawn.push(...lines(child, style, sheet));
    }
  }
  const shown = cuts(element, style) ? [cutTo(box, drawn)] : drawn;
  const faded = Number(style.opacity) < 1 && drawn.length > 0;
  return faded ? [svg("g", { opacity: style.opacity }, ...shown)] : shown;
}

function cuts(element: Element, { overflowX }: CSSStyleDeclaration): boolean {
  return overflowX === "hidden" && element.scrollWidth > element.clientWidth;
}

/** What is drawn, as far as it lies within the box. */
function cutTo(box: Box, drawn: readonly SVGElement[]): SVGElement {
  const viewBox = `${box.x} ${box.y} ${box.width} ${box.height}`;
  return svg("svg", { ...box, viewBox, overflow: "hidden" }, ...drawn);
}

function fill(paint: Paint | null): Record<string, string | number> {
  return paint ? { fill: paint.colour, "fill-opacity": paint.opacity } : { fill: "none" };
}

function surfaceOf(body: HTMLElement): Paint | null {
  const probe = body.ownerDocument.createElement("span");
  probe.style.color = "var(--fixlip-surface)";
  body.append(probe);
  const paint = paintOf(getComputedStyle(probe).color);
  probe.remove();
  return paint;
}

function background(
  element: Element,
  style: CSSStyleDeclaration,
  box: Box,
  { definitions }: Sheet,
): SVGElement[] {
  const rx = Math.min(Number.parseFloat(style.borderTopLeftRadius) || 0, box.width / 2);
  const found: SVGElement[] = [];
  const colour = paintOf(style.backgroundColor);
  if (colour && box.width > 0) found.push(svg("rect", { ...box, rx, ...fill(colour) }));
  const picture = style.backgroundImage;
  if (picture.startsWith("url(")) found.push(cut(picture.slice(5, -2), style, box, definitions));
  else if (picture !== "none") {
    if (isSlice(style)) return [...found, svg("rect", { ...box, rx, ...fill(sliceOf(picture, style)) })];
    const id = `fixlip-${definitions.childElementCount}`;
    if (element.matches(".fixlip-grid")) definitions.append(hairs(id, picture, box, element));
    else definitions.append(picture.startsWith("repeating") ? stripes(id, picture) : ramp(id, picture));
    found.push(svg("rect", { ...box, rx, fill: `url(#${id})` }));
  }
  return found;
}

/** Whether a gradient is so much wider than its box that one colour of it shows. */
function isSlice({ backgroundSize }: CSSStyleDeclaration): boolean {
  return backgroundSize.startsWith("100000%");
}

function sliceOf(gradient: string, { backgroundPositionX }: CSSStyleDeclaration): Paint | null {
  const [low, , high] = coloursIn(gradient).map(({ colour }) => paintOf(colour));
  const at = Number.parseFloat(backgroundPositionX) / 50 - 1;
  const end = at < 0 ? low : high;
  return end ? { ...end, opacity: end.opacity * Math.abs(at) } : null;
}

function ramp(id: string, gradient: string): SVGElement {
  const colours = coloursIn(gradient);
  const stops = colours.map(({ colour }, at) => {
    const paint = paintOf(colour) ?? { colour: "rgb(255,255,255)", opacity: 0 };
    return svg("stop", {
      offset: at / (colours.length - 1 || 1),
      "stop-color": paint.colour,
      "stop-opacity": paint.opacity,
    });
  });
  return svg("linearGradient", { id }, ...stops);
}

/** The lines between the patches of a grid. */
function hairs(id: string, gradient: string, { x, y }: Box, grid: Element): SVGElement {
  const { width, height } = (grid.querySelector(".fixlip-patch") as Element).getBoundingClientRect();
  const paint = paintOf(coloursIn(gradient)[0]?.colour ?? "");
  const lines = ["M0 0H", width, "v1H1V", height, "H0z"].join("");
  return svg(
    "pattern",
    { id, x, y, width, height, patternUnits: "userSpaceOnUse" },
    svg("path", { d: lines, ...fill(paint) }),
  );
}

function stripes(id: string, gradient: string): SVGElement {
  const paint = paintOf(coloursIn(gradient)[0]?.colour ?? "");
  const stripe = svg("rect", { width: 2, height: 6, ...fill(paint) });
  const pattern = svg("pattern", { id, width: 6, height: 6, patternUnits: "userSpaceOnUse" }, stripe);
  const angle = Number.parseFloat(gradient.slice(gradient.indexOf("(") + 1));
  pattern.setAttribute("patternTransform", `rotate(${-angle})`);
  return pattern;
}

/** The piece of a picture that a thumbnail shows: its background is larger than its box. */
function cut(href: string, style: CSSStyleDeclaration, box: Box, definitions: SVGElement): SVGElement {
  const [across = 100, down = across] = style.backgroundSize
    .split(" ")
    .map((size) => Number.parseFloat(size) / 100);
  const [left = 0, top = 0] = style.backgroundPosition.split(" ").map((at) => Number.parseFloat(at) / 100);
  if (!definitions.querySelector(`#${WHOLE}`)) {
    const whole = { id: WHOLE, width: 1, height: 1, preserveAspectRatio: "none" };
    definitions.append(svg("image", { ...whole, href }));
  }
  const transform = `translate(${-left * (across - 1)} ${-top * (down - 1)}) scale(${across} ${down})`;
  const frame = { ...box, viewBox: "0 0 1 1", preserveAspectRatio: "none" };
  return svg("svg", frame, svg("use", { href: `#${WHOLE}`, transform }));
}

function image(href: string, box: Box, filter: string): SVGElement {
  return svg("image", { ...box, href, preserveAspectRatio: "none", filter: `url(#${filter})` });
}

function saturation(): SVGElement {
  return svg("filter", { id: SATURATION }, svg("feColorMatrix", { type: "saturate", values: 0.6 }));
}

/** Shadows without blur, which the style uses for outlines. */
function rings(style: CSSStyleDeclaration, box: Box): SVGElement[] {
  const radius = Number.parseFloat(style.borderTopLeftRadius) || 0;
  // What is within a box begins at its border.
  const inner = grown(box, -Number.parseFloat(style.borderTopWidth) || 0);
  return coloursIn(style.boxShadow).flatMap(({ colour, rest }) => {
    const [, , blur = 0, spread = 0] = rest
      .trim()
      .split(" ")
      .map((length) => Number.parseFloat(length));
    const paint = paintOf(colour);
    if (!paint || blur > 0 || spread === 0) return [];
    return [rest.includes("inset") ? ring(inner, -spread, paint, radius) : ring(box, spread, paint, radius)];
  });
}

/** A line around the border, but not where it only says what has the focus. */
function outline(element: Element, style: CSSStyleDeclaration, box: Box): SVGElement[] {
  const paint = paintOf(style.outlineColor);
  if (!paint || style.outlineStyle === "none" || element.matches(":focus-visible")) return [];
  const around = grown(box, Number.parseFloat(style.outlineOffset));
  return [ring(around, Number.parseFloat(style.outlineWidth), paint)];
}

/** A border all around, or below. */
function edges(style: CSSStyleDeclaration, box: Box): SVGElement[] {
  const paint = paintOf(style.borderBottomColor);
  const thick = Number.parseFloat(style.borderBottomWidth) || 0;
  if (!paint || thick === 0) return [];
  const radius = Math.min(Number.parseFloat(style.borderTopLeftRadius) || 0, box.width / 2);
  if (Number.parseFloat(style.borderTopWidth) > 0) return [ring(box, -thick, paint, radius)];
  const y = box.y + box.height - thick;
  return [svg("rect", { x: box.x, y, width: box.width, height: thick, ...fill(paint) })];
}

function grown({ x, y, width, height }: Box, by: number): Box {
  return { x: x - by, y: y - by, width: Math.max(0, width + 2 * by), height: Math.max(0, height + 2 * by) };
}

/** A line of the thickness of `spread` around the box, or where that is negative within it. */
function ring(box: Box, spread: number, paint: Paint, rx = 0): SVGElement {
  return svg("rect", {
    ...grown(box, spread / 2),
    rx,
    fill: "none",
    stroke: paint.colour,
    "stroke-opacity": paint.opacity,
    "stroke-width": Math.abs(spread),
  });
}

function letters(style: CSSStyleDeclaration): Record<string, string | number> {
  return {
    "font-family": style.fontFamily.replaceAll('"', "'"),
    "font-size": style.fontSize,
    "font-weight": style.fontWeight,
    "font-style": style.fontStyle,
    "text-decoration": style.textDecorationLine,
    ...fill(paintOf(style.color)),
  };
}

/** A text, line by line as the page has broken it. */
function lines(node: Text, style: CSSStyleDeclaration, { x, y }: Sheet): SVGElement[] {
  const range = node.ownerDocument.createRange();
  const found = new Map<number, { left: number; middle: number; words: string[] }>();
  for (const { 0: word, index } of node.data.matchAll(/\S+/g)) {
    range.setStart(node, index);
    range.setEnd(node, index + word.length);
    const rect = range.getBoundingClientRect();
    if (rect.width === 0) continue;
    const row = Math.round(rect.top);
    const line = found.get(row) ?? { left: rect.left, middle: rect.top + rect.height / 2, words: [] };
    line.left = Math.min(line.left, rect.left);
    line.words.push(word);
    found.set(row, line);
  }
  return Array.from(found.values(), ({ left, middle, words }) => {
    const text = svg("text", {
      x: left - x,
      y: middle - y,
      "dominant-baseline": "central",
      ...letters(style),
    });
    text.textContent = words.join(" ");
    return text;
  });
}

/** A drawing within the page, with the styles it gets from there. */
function copy(drawing: SVGSVGElement, box: Box): SVGElement {
  const twin = drawing.cloneNode(true) as SVGSVGElement;
  const originals = [...drawing.querySelectorAll("*")];
  for (const [at, element] of [...twin.querySelectorAll("*")].entries()) {
    const style = getComputedStyle(originals[at] as Element);
    for (const kind of ["fill", "stroke"] as const) {
      const paint = paintOf(style[kind]);
      element.setAttribute(kind, paint?.colour ?? "none");
      const own = Number(style.getPropertyValue(`${kind}-opacity`));
      if (paint) element.setAttribute(`${kind}-opacity`, String(paint.opacity * own));
    }
    for (const name of [
      "opacity",
      "stroke-width",
      "stroke-linecap",
      "shape-rendering",
      "font-size",
      "font-family",
      "text-anchor",
      "dominant-baseline",
      "paint-order",
    ]) {
      element.setAttribute(name, style.getPropertyValue(name).replaceAll('"', "'"));
    }
    element.removeAttribute("class");
    element.removeAttribute("style");
  }
  twin.removeAttribute("class");
  for (const [name, value] of Object.entries({ ...box, overflow: "visible" }))
    twin.setAttribute(name, String(value));
  return twin;
}
