// The colours over the picture: one drawing of all patches, which a browser repaints far sooner than as many elements.
import type { Explanation } from "../data.js";
import { isUncertain } from "../interactions.js";
import { FULL, type Sign, signOf, strength } from "../scale.js";
import { svg } from "./dom.js";
import type { Frame, Part } from "./frame.js";

/** Steps from clear to the full colour: patches of the same step are one shape. */
const STEPS = 24;
/** The drawing's own height; its strokes are those of a picture so many pixels high. */
const HEIGHT = 480;
/** Opacity of the strongest lines: those around a patch can be told on any colour of the picture. */
const OUTLINED = { tiles: 1.3 * FULL, stripes: 1.6 * FULL };
/** How thick a patch's edge is. */
const EDGE = 1.5;
/** From one stripe to the next. */
const STRIPES = 6;
/** Above this strength the sign is written on the patch as well, if there is colour enough to be told. */
const SIGNED = 0.5;
const FAINT = 0.25;

type Look = keyof typeof OUTLINED;
type Kind = `${Look} ${Sign} ${number}`;

export function createHeat({ rows, columns, patches, meta }: Explanation): Part {
  const across = (HEIGHT * meta.size[0]) / meta.size[1];
  const [width, height] = [across / columns, HEIGHT / rows];
  const boxes = Array.from({ length: patches }, (_, player) => ({
    x: (player % columns) * width,
    y: Math.floor(player / columns) * height,
    width,
    height,
  }));
  const outlines = { tiles: drawnOnce(boxes, tile), stripes: drawnOnce(boxes, stripes) };
  const [plus, minus] = [drawnOnce(boxes, plusIn), drawnOnce(boxes, minusIn)];
  const groups = new Map<string, SVGElement>();
  const shapes = new Map<Kind, SVGElement>();
  const colours = svg("g");
  // Written twice, light on dark, so that they can be read on any colour.
  const signs = [0.275, 0.1375].map((share) =>
    svg("path", { class: "fixlip-sign", "stroke-width": share * sizeIn({ width }) }),
  );
  const element = svg(
    "svg",
    {
      class: "fixlip-heat",
      viewBox: `0 0 ${across} ${HEIGHT}`,
      preserveAspectRatio: "none",
      "aria-hidden": true,
    },
    colours,
    ...signs,
  );

  /** All patches of one look, sign and step. */
  function shapeOf(kind: Kind): SVGElement {
    const known = shapes.get(kind);
    if (known) return known;
    const [look, sign, step] = kind.split(" ") as [Look, Sign, string];
    const group = groups.get(look + sign) ?? svg("g", { class: `fixlip-${look}`, "data-sign": sign });
    groups.set(look + sign, group);
    colours.append(group);
    const share = Number(step) / STEPS;
    const made = svg("path", { "fill-opacity": FULL * share, "stroke-opacity": OUTLINED[look] * share });
    shapes.set(kind, made);
    group.append(made);
    return made;
  }

  return {
    element,
    update({ values, errors, extent, look: { overlay }, mode }: Frame) {
      const drawn = new Map<Kind, string>();
      const signed = overlay > FAINT && mode !== "subset";
      let written = "";
      for (let player = 0; player < patches; player++) {
        const value = values[player] as number;
        const share = strength(value, extent);
        const step = Math.round(STEPS * share);
        if (step === 0) continue;
        const look = isUncertain(value, errors[player] as number) ? "stripes" : "tiles";
        const kind: Kind = `${look} ${signOf(value)} ${step}`;
        drawn.set(kind, (drawn.get(kind) ?? "") + outlines[look](player));
        if (signed && share >= SIGNED && look === "tiles") written += (value > 0 ? plus : minus)(player);
      }
      for (const [kind, path] of drawn) shapeOf(kind).setAttribute("d", path);
      for (const [kind, shape] of shapes) if (!drawn.has(kind)) shape.setAttribute("d", "");
      for (const path of signs) path.setAttribute("d", written);
    },
  };
}

interface Box {
  readonly x: number;
  readonly y: number;
  readonly width: number;
  readonly height: number;
}

function drawnOnce(boxes: readonly Box[], draw: (box: Box) => string): (player: number) => string {
  const known: string[] = [];
  return (player) => {
    known[player] ??= draw(boxes[player] as Box);
    return known[player];
  };
}

const short = (length: number) => Math.round(100 * length) / 100;

/** A patch without the outer half of its edge. */
function tile({ x, y, width, height }: Box): string {
  const [w, h] = [short(width - EDGE), short(height - EDGE)];
  return `M${short(x + EDGE / 2)} ${short(y + EDGE / 2)}h${w}v${h}h${-w}z`;
}

/** Lines that rise to the right, all over a patch. */
function stripes({ x, y, width, height }: Box): string {
  let lines = "";
  for (let at = STRIPES / 2; at < width + height; at += STRIPES) {
    const [left, bottom] = [Math.max(0, at - height), Math.min(at, height)];
    const length = short(Math.min(at, width) - left);
    lines += `M${short(x + left)} ${short(y + bottom)}l${length} ${-length}`;
  }
  return lines;
}

function sizeIn({ width }: Pick<Box, "width">): number {
  return Math.min(22, Math.max(8, 0.34 * width));
}

function minusIn({ x, y, width, height }: Box): string {
  const half = 0.3125 * sizeIn({ width });
  return `M${short(x + width / 2 - half)} ${short(y + height / 2)}h${short(2 * half)}`;
}

function plusIn(box: Box): string {
  const { x, y, width, height } = box;
  const half = 0.3125 * sizeIn(box);
  return `${minusIn(box)}M${short(x + width / 2)} ${short(y + height / 2 - half)}v${short(2 * half)}`;
}
