// The view as an SVG file: every visible box, text, picture and stroke, as and where the page has drawn it.
import { svg } from "../view/dom.js";
import { coloursIn, type Paint, paintOf } from "./colours.js";

/** What one operates is no part of the picture. */
const CONTROLS = ".fixlip-menu, .fixlip-form, .fixlip-slider, .fixlip-kinds, .fixlip-hint, .fixlip-button";
const MARGIN = 16;
const SATURATION = "fixlip-saturation";

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
    drawn.push(...background(style, box, sheet), ...rings(style, box));
    drawn.push(...pseudo(element, box));
    for (const child of element.childNodes) {
      if (child instanceof Element) drawn.push(...draw(child, sheet));
      else if (child instanceof Text) drawn.push(...lines(child, style, sheet));
    }
  }
  const faded = Number(style.opacity) < 1 && drawn.length > 0;
  return faded ? [svg("g", { opacity: style.opacity }, ...drawn)] : drawn;
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

function background(style: CSSStyleDeclaration, box: Box, { definitions }: Sheet): SVGElement[] {
  const rx = Math.min(Number.parseFloat(style.borderTopLeftRadius) || 0, box.width / 2);
  const found: SVGElement[] = [];
  const colour = paintOf(style.backgroundColor);
  if (colour && box.width > 0) found.push(svg("rect", { ...box, rx, ...fill(colour) }));
  const picture = style.backgroundImage;
  if (picture.startsWith("url(")) found.push(cut(picture.slice(5, -2), style, box));
  else if (picture !== "none") {
    const id = `fixlip-${definitions.childElementCount}`;
    definitions.append(picture.startsWith("repeating") ? stripes(id, picture) : ramp(id, picture));
    found.push(svg("rect", { ...box, rx, fill: `url(#${id})` }));
  }
  return found;
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

function stripes(id: string, gradient: string): SVGElement {
  const paint = paintOf(coloursIn(gradient)[0]?.colour ?? "");
  const stripe = svg("rect", { width: 2, height: 6, ...fill(paint) });
  const pattern = svg("pattern", { id, width: 6, height: 6, patternUnits: "userSpaceOnUse" }, stripe);
  pattern.setAttribute("patternTransform", "rotate(45)");
  return pattern;
}

/** The piece of a picture that a thumbnail shows: its background is larger than its box. */
function cut(href: string, style: CSSStyleDeclaration, box: Box): SVGElement {
  const [across = 100, down = across] = style.backgroundSize
    .split(" ")
    .map((size) => Number.parseFloat(size) / 100);
  const [left = 0, top = 0] = style.backgroundPosition.split(" ").map((at) => Number.parseFloat(at) / 100);
  const whole = { x: -left * (across - 1), y: -top * (down - 1), width: across, height: down };
  const frame = { ...box, viewBox: "0 0 1 1", preserveAspectRatio: "none" };
  return svg("svg", frame, svg("image", { ...whole, href, preserveAspectRatio: "none" }));
}

function image(href: string, box: Box, filter: string): SVGElement {
  return svg("image", { ...box, href, preserveAspectRatio: "none", filter: `url(#${filter})` });
}

function saturation(): SVGElement {
  return svg("filter", { id: SATURATION }, svg("feColorMatrix", { type: "saturate", values: 0.6 }));
}

/** Shadows without blur, which the style uses for outlines, and borders. */
function rings(style: CSSStyleDeclaration, box: Box): SVGElement[] {
  const radius = Number.parseFloat(style.borderTopLeftRadius) || 0;
  const found = coloursIn(style.boxShadow).flatMap(({ colour, rest }) => {
    const [, , blur = 0, spread = 0] = rest
      .trim()
      .split(" ")
      .map((length) => Number.parseFloat(length));
    const paint = paintOf(colour);
    return paint && blur === 0 ? [ring(box, rest.includes("inset") ? -spread : spread, paint, radius)] : [];
  });
  const edge = paintOf(style.borderBottomColor);
  const thick = Number.parseFloat(style.borderBottomWidth) || 0;
  if (edge && thick > 0) {
    const y = box.y + box.height - thick;
    found.push(svg("rect", { x: box.x, y, width: box.width, height: thick, ...fill(edge) }));
  }
  return found;
}

function ring({ x, y, width, height }: Box, spread: number, paint: Paint, rx = 0): SVGElement {
  const by = spread / 2;
  return svg("rect", {
    x: x - by,
    y: y - by,
    width: Math.max(0, width + spread),
    height: Math.max(0, height + spread),
    rx,
    fill: "none",
    stroke: paint.colour,
    "stroke-opacity": paint.opacity,
    "stroke-width": Math.abs(spread),
  });
}

/** The sign on a patch and the line around it. */
function pseudo(element: Element, box: Box): SVGElement[] {
  if (!element.matches(".fixlip-patch")) return [];
  const [sign, edge] = ["::before", "::after"].map((which) => getComputedStyle(element, which)) as [
    CSSStyleDeclaration,
    CSSStyleDeclaration,
  ];
  const found: SVGElement[] = [];
  const border = paintOf(edge.borderTopColor);
  if (border) found.push(ring(box, -Number.parseFloat(edge.borderTopWidth), border));
  const said = /^"(.)"/.exec(sign.content)?.[1];
  if (said) {
    const middle = { x: box.x + box.width / 2, y: box.y + box.height / 2 };
    const text = svg("text", {
      ...middle,
      "text-anchor": "middle",
      "dominant-baseline": "central",
      ...letters(sign),
    });
    text.textContent = said;
    found.push(text);
  }
  return found;
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
