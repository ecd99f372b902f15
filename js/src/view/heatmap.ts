// The colours over the picture: one drawing of all patches, which a browser repaints far sooner than as many elements.

import { FULL, strength } from "../color-scale.js";
import type { Explanation } from "../deserialize.js";
import { isUncertain } from "../interactions.js";
import { svg } from "./dom.js";
import type { Frame, Part } from "./frame.js";

/** Steps from clear to the full colour: patches of the same step are one shape. */
const STEPS = 24;
/** About as wide and as high as the picture is in a view that has room: the drawing's lengths are pixels there. */
const ROOM = { width: 440, height: 480 };
/** How thick a patch's edge is. */
const EDGE = 1.5;
/** From one stripe to the next. */
const STRIPES = 6;
/** Above this strength the sign is written on the patch as well, if there is colour enough to be told. */
const SIGNED = 0.5;
const FAINT = 0.25;

/** Opacity of the strongest lines: those around a patch can be told on any colour of the picture. */
const LINES = { tiles: 1.3 * FULL, stripes: 1.6 * FULL };

export function createHeat({ rows, columns, patches, meta }: Explanation): Part {
  const [wide, high] = meta.size;
  const zoom = Math.min(ROOM.width / wide, ROOM.height / high);
  const [width, height] = [(zoom * wide) / columns, (zoom * high) / rows];
  const boxes = Array.from({ length: patches }, (_, player) => ({
    x: (player % columns) * width,
    y: Math.floor(player / columns) * height,
    width,
    height,
  }));
  const [tileOf, stripesOf] = [drawnOnce(boxes, tile), drawnOnce(boxes, stripes)];
  const [plusOf, minusOf] = [drawnOnce(boxes, plus), drawnOnce(boxes, minus)];
  const layers = {
    raise: { tiles: createLayer("tiles", "raise"), stripes: createLayer("stripes", "raise") },
    lower: { tiles: createLayer("tiles", "lower"), stripes: createLayer("stripes", "lower") },
  };
  const all = Object.values(layers).flatMap(({ tiles, stripes }) => [tiles, stripes]);
  // Written twice, light on dark, so that they can be read on any colour.
  const signs = [0.275, 0.1375].map((share) =>
    svg("path", { class: "fixlip-sign", "stroke-width": share * sizeIn({ width, height }) }),
  );
  const element = svg(
    "svg",
    {
      class: "fixlip-heat",
      viewBox: `0 0 ${zoom * wide} ${zoom * high}`,
      preserveAspectRatio: "none",
      "aria-hidden": true,
    },
    svg("g", {}, ...all.map((layer) => layer.element)),
    ...signs,
  );

  return {
    element,
    update({ values, errors, extent, look, mode }: Frame) {
      const signed = look.overlay > FAINT && mode !== "subset";
      let written = "";
      for (let player = 0; player < patches; player++) {
        const value = values[player] as number;
        const share = strength(value, extent);
        const { tiles, stripes } = layers[value > 0 ? "raise" : "lower"];
        if (isUncertain(value, errors[player] as number)) stripes.add(share, stripesOf(player));
        else {
          tiles.add(share, tileOf(player));
          if (signed && share >= SIGNED) written += (value > 0 ? plusOf : minusOf)(player);
        }
      }
      for (const layer of all) layer.show();
      for (const path of signs) path.setAttribute("d", written);
    },
  };
}

/** Patches of one sign, those of a step in one shape. */
function createLayer(kind: keyof typeof LINES, sign: "raise" | "lower") {
  const element = svg("g", { class: `fixlip-${kind}`, "data-sign": sign });
  const shapes: SVGElement[] = [];
  let steps: string[] = [];

  function shapeOf(step: number): SVGElement {
    const share = step / STEPS;
    return svg("path", { "fill-opacity": FULL * share, "stroke-opacity": LINES[kind] * share });
  }

  return {
    element,
    add(share: number, outline: string): void {
      const step = Math.round(STEPS * share);
      steps[step] = (steps[step] ?? "") + outline;
    },
    show(): void {
      for (let step = 1; step <= STEPS; step++) {
        const drawn = steps[step] ?? "";
        if (drawn) shapes[step] ??= element.appendChild(shapeOf(step));
        shapes[step]?.setAttribute("d", drawn);
      }
      steps = [];
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

function sizeIn({ width, height }: Pick<Box, "width" | "height">): number {
  return Math.min(22, Math.max(8, 0.34 * Math.min(width, height)));
}

function minus({ x, y, width, height }: Box): string {
  const half = 0.3125 * sizeIn({ width, height });
  return `M${short(x + width / 2 - half)} ${short(y + height / 2)}h${short(2 * half)}`;
}

function plus(box: Box): string {
  const { x, y, width, height } = box;
  const half = 0.3125 * sizeIn(box);
  return `${minus(box)}M${short(x + width / 2)} ${short(y + height / 2 - half)}v${short(2 * half)}`;
}
