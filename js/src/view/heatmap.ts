// The heatmap over the image. All patches are drawn in one SVG with few shapes, which browsers repaint faster than one
// element for each patch.
import { MAX_OPACITY, strength } from "../color-scale.js";
import type { Explanation } from "../deserialize.js";
import { isUncertain } from "../interactions.js";
import { memoizeByIndex } from "../memoize.js";
import { showsValues } from "../modes.js";
import { makeSvg } from "./dom.js";
import type { Component, Frame } from "./frame.js";

/** Steps of colour between transparent and the strongest; patches of one step and sign share a shape. */
const STEPS = 24;
/** About the size of the image in a wide view, in pixels, so that lengths in the drawing are about pixels there. */
const MAX_SIZE = { width: 440, height: 480 };
/** Stroke width of a patch's edge. */
const EDGE = 1.5;
/** Distance between stripes. */
const STRIPE_GAP = 6;
/** From this strength on, patches carry a plus or minus as well. */
const SIGN_STRENGTH = 0.5;
/** On finer grids patches carry a sign only where the picture is enlarged. */
export const MAX_SIGNED_COLUMNS = 16;
/** With the overlay at or below this opacity, no patch carries a sign. */
const SIGN_MIN_OVERLAY = 0.25;

/** Opacity of the strongest strokes: lines need more than areas to be visible on any image. */
const STROKE_OPACITY = { tiles: 1, stripes: 1.3 * MAX_OPACITY };

/** Tiles of no strength are not drawn. */
const MIN_STEP = { tiles: 0, stripes: 1 };

/** Stripes are seen however small the value, as they say that its sign is not known. */
const MIN_STROKE_OPACITY = { tiles: 0, stripes: 0.12 };

export function createHeatmap({ rows, columns, nPatches, patchAspect }: Explanation): Component {
  const width = Math.min(MAX_SIZE.width / columns, MAX_SIZE.height / (rows * patchAspect));
  const height = width * patchAspect;
  const pathOf = (draw: (box: Box) => string) =>
    memoizeByIndex((player) =>
      draw({ x: (player % columns) * width, y: Math.floor(player / columns) * height, width, height }),
    );
  const [tileOf, stripesOf] = [pathOf(tilePath), pathOf(stripesPath)];
  const [plusOf, minusOf] = [pathOf(plusPath), pathOf(minusPath)];
  const layers = {
    raise: { tiles: createLayer("tiles", "raise"), stripes: createLayer("stripes", "raise") },
    lower: { tiles: createLayer("tiles", "lower"), stripes: createLayer("stripes", "lower") },
  };
  const allLayers = Object.values(layers).flatMap(({ tiles, stripes }) => [tiles, stripes]);
  // The signs are drawn twice, a thin light stroke on a thick dark one, to be legible on any colour.
  const signs = [0.275, 0.1375].map((share) =>
    makeSvg("path", { class: "fixlip-sign", "stroke-width": share * signSize({ width, height }) }),
  );
  const element = makeSvg(
    "svg",
    {
      class: "fixlip-heatmap",
      viewBox: `0 0 ${columns * width} ${rows * height}`,
      preserveAspectRatio: "none",
      "aria-hidden": true,
    },
    makeSvg("g", {}, ...allLayers.map((layer) => layer.element)),
    ...signs,
  );

  return {
    element,
    update(frame: Frame) {
      const { values, stderr, extent } = frame;
      const hasSigns = allowsSigns(frame);
      let signPaths = "";
      for (let player = 0; player < nPatches; player++) {
        const value = values[player] as number;
        const share = strength(value, extent);
        const { tiles, stripes } = layers[value > 0 ? "raise" : "lower"];
        if (isUncertain(value, stderr[player] as number)) stripes.add(share, stripesOf(player));
        else {
          tiles.add(share, tileOf(player));
          if (hasSigns && share >= SIGN_STRENGTH) signPaths += (value > 0 ? plusOf : minusOf)(player);
        }
      }
      for (const layer of allLayers) layer.render();
      for (const path of signs) path.setAttribute("d", signPaths);
    },
  };
}

/** Whether any patch carries a plus or minus. */
export function hasSigns(frame: Frame): boolean {
  const { values, stderr, extent, explanation } = frame;
  const isSigned = (value: number, player: number) =>
    strength(value, extent) >= SIGN_STRENGTH && !isUncertain(value, stderr[player] as number);
  return allowsSigns(frame) && values.subarray(0, explanation.nPatches).some(isSigned);
}

/** Not over faint colours, and not where patches are too small for them unless the picture is enlarged. */
function allowsSigns({ settings, mode, explanation }: Frame): boolean {
  const isLegible = explanation.columns <= MAX_SIGNED_COLUMNS || settings.enlarged;
  return settings.overlay > SIGN_MIN_OVERLAY && showsValues(mode) && isLegible;
}

/** The patches of one sign, as one path for each step of colour. */
function createLayer(kind: keyof typeof STROKE_OPACITY, sign: "raise" | "lower") {
  const element = makeSvg("g", { class: `fixlip-${kind}`, "data-sign": sign });
  const shapes: SVGElement[] = [];
  let paths: string[] = [];

  function createShape(step: number): SVGElement {
    const share = step / STEPS;
    return makeSvg("path", {
      "fill-opacity": MAX_OPACITY * share,
      "stroke-opacity": Math.max(MIN_STROKE_OPACITY[kind], STROKE_OPACITY[kind] * share),
    });
  }

  return {
    element,
    /** Collects a patch for the next `render`. */
    add(share: number, path: string): void {
      const step = Math.max(MIN_STEP[kind], Math.round(STEPS * share));
      paths[step] = (paths[step] ?? "") + path;
    },
    render(): void {
      for (let step = 1; step <= STEPS; step++) {
        const path = paths[step] ?? "";
        if (path) shapes[step] ??= element.appendChild(createShape(step));
        shapes[step]?.setAttribute("d", path);
      }
      paths = [];
    },
  };
}

interface Box {
  readonly x: number;
  readonly y: number;
  readonly width: number;
  readonly height: number;
}

const round = (length: number) => Math.round(100 * length) / 100;

/** The whole patch, inset so that its stroke stays inside it. */
function tilePath({ x, y, width, height }: Box): string {
  const [w, h] = [round(width - EDGE), round(height - EDGE)];
  return `M${round(x + EDGE / 2)} ${round(y + EDGE / 2)}h${w}v${h}h${-w}z`;
}

/** Diagonal lines that rise to the right. */
function stripesPath({ x, y, width, height }: Box): string {
  let path = "";
  for (let offset = STRIPE_GAP / 2; offset < width + height; offset += STRIPE_GAP) {
    const [left, bottom] = [Math.max(0, offset - height), Math.min(offset, height)];
    const length = round(Math.min(offset, width) - left);
    path += `M${round(x + left)} ${round(y + bottom)}l${length} ${-length}`;
  }
  return path;
}

function signSize({ width, height }: Pick<Box, "width" | "height">): number {
  return Math.min(22, Math.max(8, 0.34 * Math.min(width, height)));
}

function minusPath({ x, y, width, height }: Box): string {
  const half = 0.3125 * signSize({ width, height });
  return `M${round(x + width / 2 - half)} ${round(y + height / 2)}h${round(2 * half)}`;
}

function plusPath(box: Box): string {
  const { x, y, width, height } = box;
  const half = 0.3125 * signSize(box);
  return `${minusPath(box)}M${round(x + width / 2)} ${round(y + height / 2 - half)}v${round(2 * half)}`;
}
