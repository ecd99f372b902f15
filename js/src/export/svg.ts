// Exports the view as SVG: converts every visible box, text, image and stroke as the browser has laid it out.
import { makeSvg } from "../view/dom.js";
import { fillAttributes, findColors, type Paint, parsePaint } from "./css-colors.js";

/** Elements for interaction, which a still image leaves out. */
const CONTROLS = ".fixlip-menu, .fixlip-form, .fixlip-slider, .fixlip-kinds, .fixlip-hint, .fixlip-button";
/** The faint lines between patches are of use on a screen only. */
const GRID = ".fixlip-grid";
const MARGIN = 16;
/** Ids in the exported file. */
const WHOLE_IMAGE = "fixlip-whole";

/** `margin` is the room around the body in pixels. */
export function renderSvg(body: HTMLElement, margin = MARGIN): SVGElement {
  const { left, top, width, height } = body.getBoundingClientRect();
  const [x, y] = [left - margin, top - margin];
  const size = { width: width + 2 * margin, height: height + 2 * margin };
  const root = makeSvg("svg", {
    xmlns: "http://www.w3.org/2000/svg",
    viewBox: `0 0 ${size.width} ${size.height}`,
    ...size,
  });
  const definitions = makeSvg("defs");
  root.append(definitions, makeSvg("rect", { ...size, ...fillAttributes(surfacePaint(body)) }));
  root.append(...convert(body, { x, y, definitions }));
  return root;
}

interface Canvas {
  /** Page coordinates of the top left corner. */
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

function convert(element: Element, canvas: Canvas): SVGElement[] {
  const style = getComputedStyle(element);
  if (element.matches(CONTROLS) || style.display === "none" || style.visibility === "hidden") return [];
  const rect = element.getBoundingClientRect();
  const box = { x: rect.left - canvas.x, y: rect.top - canvas.y, width: rect.width, height: rect.height };
  const shapes: SVGElement[] = [];
  if (element instanceof SVGSVGElement) shapes.push(cloneDrawing(element, box));
  else {
    if (element instanceof HTMLImageElement) shapes.push(convertImage(element, style, box));
    shapes.push(...background(element, style, box, canvas), ...borders(style, box), ...shadows(style, box));
    shapes.push(...outline(element, style, box));
    for (const child of element.childNodes) {
      if (child instanceof Element) shapes.push(...convert(child, canvas));
      else if (child instanceof Text) shapes.push(...textLines(child, style, canvas));
    }
  }
  const visible = clipsContent(element, style) ? [clip(box, shapes)] : shapes;
  const isFaded = Number(style.opacity) < 1 && shapes.length > 0;
  return isFaded ? [makeSvg("g", { opacity: style.opacity }, ...visible)] : visible;
}

function clipsContent(element: Element, { overflowX }: CSSStyleDeclaration): boolean {
  return overflowX === "hidden" && element.scrollWidth > element.clientWidth;
}

/** A nested SVG clips what lies outside its box. */
function clip(box: Box, shapes: readonly SVGElement[]): SVGElement {
  const viewBox = `${box.x} ${box.y} ${box.width} ${box.height}`;
  return makeSvg("svg", { ...box, viewBox, overflow: "hidden" }, ...shapes);
}

/** The custom property holds an expression; only a computed colour is an actual one. */
function surfacePaint(body: HTMLElement): Paint | null {
  const probe = body.ownerDocument.createElement("span");
  probe.style.color = "var(--fixlip-surface)";
  body.append(probe);
  const paint = parsePaint(getComputedStyle(probe).color);
  probe.remove();
  return paint;
}

function cornerRadius(style: CSSStyleDeclaration): number {
  return Number.parseFloat(style.borderTopLeftRadius) || 0;
}

function background(
  element: Element,
  style: CSSStyleDeclaration,
  box: Box,
  { definitions }: Canvas,
): SVGElement[] {
  const rx = Math.min(cornerRadius(style), box.width / 2);
  const shapes: SVGElement[] = [];
  const paint = parsePaint(style.backgroundColor);
  if (paint && box.width > 0) shapes.push(makeSvg("rect", { ...box, rx, ...fillAttributes(paint) }));
  const css = style.backgroundImage;
  if (css.startsWith("url(")) shapes.push(croppedImage(css.slice(5, -2), style, box, definitions));
  else if (css !== "none" && !element.matches(GRID)) {
    if (isRampSlice(style)) {
      return [...shapes, makeSvg("rect", { ...box, rx, ...fillAttributes(rampSlice(css, style)) })];
    }
    const id = `fixlip-${definitions.childElementCount}`;
    definitions.append(css.startsWith("repeating") ? stripes(id, css) : linearGradient(id, css));
    shapes.push(makeSvg("rect", { ...box, rx, fill: `url(#${id})` }));
  }
  return shapes;
}

/** Whether the gradient is so much wider than its box that a single colour shows, as in the caption. */
function isRampSlice({ backgroundSize }: CSSStyleDeclaration): boolean {
  return backgroundSize.startsWith("100000%");
}

function rampSlice(css: string, { backgroundPositionX }: CSSStyleDeclaration): Paint | null {
  const [low, , high] = findColors(css).map(({ color }) => parsePaint(color));
  const position = Number.parseFloat(backgroundPositionX) / 50 - 1;
  const end = position < 0 ? low : high;
  return end ? { ...end, opacity: end.opacity * Math.abs(position) } : null;
}

function linearGradient(id: string, css: string): SVGElement {
  const colors = findColors(css);
  const stops = colors.map(({ color }, index) => {
    const paint = parsePaint(color) ?? { color: "rgb(255,255,255)", opacity: 0 };
    return makeSvg("stop", {
      offset: index / (colors.length - 1 || 1),
      "stop-color": paint.color,
      "stop-opacity": paint.opacity,
    });
  });
  return makeSvg("linearGradient", { id }, ...stops);
}

function stripes(id: string, css: string): SVGElement {
  const paint = parsePaint(findColors(css)[0]?.color ?? "");
  const stripe = makeSvg("rect", { width: 2, height: 6, ...fillAttributes(paint) });
  const pattern = makeSvg("pattern", { id, width: 6, height: 6, patternUnits: "userSpaceOnUse" }, stripe);
  const angle = Number.parseFloat(css.slice(css.indexOf("(") + 1));
  pattern.setAttribute("patternTransform", `rotate(${-angle})`);
  return pattern;
}

/** The part of the image that a thumbnail shows as an oversized background. All refer to one copy of the image. */
function croppedImage(
  href: string,
  style: CSSStyleDeclaration,
  box: Box,
  definitions: SVGElement,
): SVGElement {
  const shares = (css: string) => css.split(" ").map((percent) => Number.parseFloat(percent) / 100);
  const [scaleX = 100, scaleY = scaleX] = shares(style.backgroundSize);
  const [left = 0, top = 0] = shares(style.backgroundPosition);
  if (!definitions.querySelector(`#${WHOLE_IMAGE}`)) {
    const unit = { id: WHOLE_IMAGE, width: 1, height: 1, preserveAspectRatio: "none" };
    definitions.append(makeSvg("image", { ...unit, href }));
  }
  const transform = `translate(${-left * (scaleX - 1)} ${-top * (scaleY - 1)}) scale(${scaleX} ${scaleY})`;
  const frame = { ...box, viewBox: "0 0 1 1", preserveAspectRatio: "none" };
  return makeSvg("svg", frame, makeSvg("use", { href: `#${WHOLE_IMAGE}`, transform }));
}

function convertImage(image: HTMLImageElement, { filter }: CSSStyleDeclaration, box: Box): SVGElement {
  const href = filter.startsWith("grayscale") ? greyCopy(image) : image.src;
  return makeSvg("image", { ...box, href, preserveAspectRatio: "none" });
}

/** The picture without its colours, as `filter: grayscale(100%)` shows it; other programs do not know that filter. */
function greyCopy(image: HTMLImageElement): string {
  const canvas = document.createElement("canvas");
  [canvas.width, canvas.height] = [image.naturalWidth, image.naturalHeight];
  const context = canvas.getContext("2d");
  if (!context || canvas.width === 0) return image.src;
  context.drawImage(image, 0, 0);
  const pixels = context.getImageData(0, 0, canvas.width, canvas.height);
  const { data } = pixels;
  for (let i = 0; i < data.length; i += 4) {
    const [red, green, blue] = [data[i] as number, data[i + 1] as number, data[i + 2] as number];
    data[i] = data[i + 1] = data[i + 2] = 0.2126 * red + 0.7152 * green + 0.0722 * blue;
  }
  context.putImageData(pixels, 0, 0);
  return canvas.toDataURL("image/jpeg", 0.92);
}

/** Shadows without blur, which the style sheet uses as outlines. */
function shadows(style: CSSStyleDeclaration, box: Box): SVGElement[] {
  const radius = cornerRadius(style);
  // Inset shadows start inside the border.
  const inner = expand(box, -Number.parseFloat(style.borderTopWidth) || 0);
  return findColors(style.boxShadow).flatMap(({ color, rest }) => {
    const [, , blur = 0, spread = 0] = rest
      .trim()
      .split(" ")
      .map((length) => Number.parseFloat(length));
    const paint = parsePaint(color);
    if (!paint || blur > 0 || spread === 0) return [];
    return [rest.includes("inset") ? ring(inner, -spread, paint, radius) : ring(box, spread, paint, radius)];
  });
}

/** Outlines, except those that mark keyboard focus. */
function outline(element: Element, style: CSSStyleDeclaration, box: Box): SVGElement[] {
  const paint = parsePaint(style.outlineColor);
  if (!paint || style.outlineStyle === "none" || element.matches(":focus-visible")) return [];
  const outside = expand(box, Number.parseFloat(style.outlineOffset));
  return [ring(outside, Number.parseFloat(style.outlineWidth), paint)];
}

/** A border on all sides or at the bottom, the two kinds that the style sheet uses. */
function borders(style: CSSStyleDeclaration, box: Box): SVGElement[] {
  const paint = parsePaint(style.borderBottomColor);
  const width = Number.parseFloat(style.borderBottomWidth) || 0;
  if (!paint || width === 0) return [];
  const radius = Math.min(cornerRadius(style), box.width / 2);
  if (Number.parseFloat(style.borderTopWidth) > 0) return [ring(box, -width, paint, radius)];
  const y = box.y + box.height - width;
  return [makeSvg("rect", { x: box.x, y, width: box.width, height: width, ...fillAttributes(paint) })];
}

function expand({ x, y, width, height }: Box, by: number): Box {
  return { x: x - by, y: y - by, width: Math.max(0, width + 2 * by), height: Math.max(0, height + 2 * by) };
}

/** A line around the box, `spread` wide; inside it if that is negative. */
function ring(box: Box, spread: number, paint: Paint, rx = 0): SVGElement {
  return makeSvg("rect", {
    ...expand(box, spread / 2),
    rx,
    fill: "none",
    stroke: paint.color,
    "stroke-opacity": paint.opacity,
    "stroke-width": Math.abs(spread),
  });
}

function fontAttributes(style: CSSStyleDeclaration): Record<string, string | number> {
  return {
    "font-family": style.fontFamily.replaceAll('"', "'"),
    "font-size": style.fontSize,
    "font-weight": style.fontWeight,
    "font-style": style.fontStyle,
    "text-decoration": style.textDecorationLine,
    ...fillAttributes(parsePaint(style.color)),
  };
}

/** One text element for each line, as the browser has broken the text; words of one line share their top. */
function textLines(node: Text, style: CSSStyleDeclaration, { x, y }: Canvas): SVGElement[] {
  const range = node.ownerDocument.createRange();
  const lines = new Map<number, { left: number; middle: number; words: string[] }>();
  for (const { 0: word, index } of node.data.matchAll(/\S+/g)) {
    range.setStart(node, index);
    range.setEnd(node, index + word.length);
    const rect = range.getBoundingClientRect();
    if (rect.width === 0) continue;
    const key = Math.round(rect.top);
    const line = lines.get(key) ?? { left: rect.left, middle: rect.top + rect.height / 2, words: [] };
    line.left = Math.min(line.left, rect.left);
    line.words.push(word);
    lines.set(key, line);
  }
  return Array.from(lines.values(), ({ left, middle, words }) => {
    const text = makeSvg("text", {
      x: left - x,
      y: middle - y,
      "dominant-baseline": "central",
      ...fontAttributes(style),
    });
    text.textContent = words.join(" ");
    return text;
  });
}

/** Other programs stretch strokes with a drawing, so that the path, of points alone, is stretched in its place. */
function keepStrokeWidth(path: Element, { viewBox }: SVGSVGElement, { width, height }: Box): void {
  const [x, y] = [width / viewBox.baseVal.width, height / viewBox.baseVal.height];
  const stretched = (path.getAttribute("d") ?? "").replace(
    /(-?[\d.]+) (-?[\d.]+)/g,
    (_, left: string, top: string) => `${Number(left) * x} ${Number(top) * y}`,
  );
  path.setAttribute("d", stretched);
  path.setAttribute("transform", `scale(${1 / x} ${1 / y})`);
  path.removeAttribute("vector-effect");
}

/** Other programs draw a text's outline over it, so that a copy beneath has the outline. */
function separateOutline(text: Element): void {
  const outline = text.cloneNode(true) as Element;
  outline.setAttribute("fill", "none");
  text.setAttribute("stroke", "none");
  text.before(outline);
}

const COPIED_PROPERTIES = [
  "opacity",
  "visibility",
  "stroke-width",
  "stroke-linecap",
  "shape-rendering",
  "font-size",
  "font-family",
  "text-anchor",
  "dominant-baseline",
];

/** A drawing of the page with its computed styles as attributes, since the file has no style sheet. */
function cloneDrawing(drawing: SVGSVGElement, box: Box): SVGElement {
  const clone = drawing.cloneNode(true) as SVGSVGElement;
  const originals = [...drawing.querySelectorAll("*")];
  for (const [index, element] of [...clone.querySelectorAll("*")].entries()) {
    const style = getComputedStyle(originals[index] as Element);
    for (const name of ["fill", "stroke"] as const) {
      const paint = parsePaint(style[name]);
      element.setAttribute(name, paint?.color ?? "none");
      const opacity = Number(style.getPropertyValue(`${name}-opacity`));
      if (paint) element.setAttribute(`${name}-opacity`, String(paint.opacity * opacity));
    }
    for (const name of COPIED_PROPERTIES) {
      element.setAttribute(name, style.getPropertyValue(name).replaceAll('"', "'"));
    }
    element.removeAttribute("class");
    element.removeAttribute("style");
    if (element.hasAttribute("vector-effect")) keepStrokeWidth(element, drawing, box);
    if (style.paintOrder.startsWith("stroke")) separateOutline(element);
  }
  clone.removeAttribute("class");
  for (const [name, value] of Object.entries({ ...box, overflow: "visible" }))
    clone.setAttribute(name, String(value));
  return clone;
}
