// The matrix of interactions: an overview of all tokens, and beneath it the selected ones. Brushing a map selects.
import { extentOf, strength } from "../color-scale.js";
import type { Explanation } from "../deserialize.js";
import { decimals, formatPlain, formatSigned } from "../format.js";
import { detailMap, type InteractionMap, overviewMap } from "../matrix.js";
import type { Dispatch } from "../selection.js";
import { listen, make, makeSvg } from "./dom.js";
import type { Component, Frame } from "./frame.js";
import { nextIndex } from "./keyboard.js";
import { playersLabel } from "./labels.js";

/** Steps of colour; cells of one step and sign share a shape. */
const STEPS = 24;
/** Rows of a larger map are too low for a name. */
const MAX_NAMED = 16;
/** Room around a map, in cells. */
const EDGE = 0.05;

interface MapOptions {
  readonly label: string;
  readonly explanation: Explanation;
  /** Receives the players of the cell pointed at, or none. */
  readonly point: (players: readonly number[]) => void;
  readonly dispatch: Dispatch;
}

export function createMatrixPanel(
  explanation: Explanation,
  dispatch: Dispatch,
  point: (players: readonly number[]) => void,
): Component {
  const overview = createMap({ label: "interactions of all tokens", explanation, point, dispatch });
  const detail = createMap({ label: "interactions of the selected tokens", explanation, point, dispatch });
  const element = make("div", "panel", {}, overview.element, detail.element);

  return {
    element,
    update({ mode, selected, selectedSet }: Frame) {
      element.hidden = mode !== "matrix";
      if (element.hidden) return;
      overview.update(overviewMap(explanation), selectedSet);
      detail.update(detailMap(explanation, selected), new Set());
    },
  };
}

function createMap({ label, explanation, point, dispatch }: MapOptions) {
  const { fields, labels } = explanation;
  const { units } = fields;
  let map: InteractionMap | null = null;
  let extent = 0;
  /** Of the drawing, in cells: the room before the first cell, and its width. */
  let [margin, side] = [0, 1];
  /** The corner where a brush began, and the cell pointed at: row and column. */
  let [from, to]: [Cell | null, Cell] = [null, [0, 0]];
  const cells = ["raise", "lower"].map((sign) => makeSvg("g", { "data-sign": sign }));
  const border = makeSvg("path", { class: "fixlip-modality", "vector-effect": "non-scaling-stroke" });
  const marks = makeSvg("path", { class: "fixlip-marks" });
  const brush = makeSvg("rect", { class: "fixlip-brush", "vector-effect": "non-scaling-stroke" });
  const drawing = makeSvg("svg", { "aria-hidden": true }, ...cells, border, marks, brush);
  const readout = make("div", "readout", { "aria-live": "polite" });
  const surface = make("div", "map", { role: "group", tabindex: 0, "aria-label": label }, drawing);
  const names = make("div", "row-names", { "aria-hidden": true });
  const element = make("div", "matrix", {}, names, surface, readout);

  function cellAt(event: PointerEvent): Cell {
    const { left, top, width, height } = drawing.getBoundingClientRect();
    const size = map?.groups.length ?? 1;
    const at = (share: number) => Math.min(size - 1, Math.max(0, Math.floor(share * side - margin)));
    return [at((event.clientY - top) / height), at((event.clientX - left) / width)];
  }

  /** Rows and columns of the brush, without repetitions. */
  function brushed(): number[] {
    const [first, last] = [from ?? to, to];
    const range = (axis: 0 | 1) =>
      (map as InteractionMap).groups.slice(...ascending(first[axis], last[axis]));
    return [...new Set([...range(0), ...range(1)].flat())];
  }

  function showBrush(): void {
    const first = from ?? to;
    const [[top, bottom], [left, right]] = [ascending(first[0], to[0]), ascending(first[1], to[1])];
    for (const [name, value] of Object.entries({
      x: left,
      y: top,
      width: right - left,
      height: bottom - top,
    }))
      brush.setAttribute(name, String(value));
    brush.classList.add("fixlip-on");
    readout.textContent = cellSentence();
    point(brushed());
  }

  function cellSentence(): string {
    const { groups, means } = map as InteractionMap;
    const [row, column] = to.map((each) => groups[each] as readonly number[]) as [number[], number[]];
    const value = means[to[0] * groups.length + to[1]] as number;
    const name = (players: readonly number[]) =>
      players.length === 1 ? playersLabel(explanation, players) : blockName(explanation, players);
    if (Number.isNaN(value)) return name(row);
    const mean = row.length * column.length > 1 ? "mean " : "";
    return `${name(row)} × ${name(column)}: ${mean}${formatSigned(value, decimals(extent))} ${units}`;
  }

  function leave(): void {
    from = null;
    brush.classList.remove("fixlip-on");
    readout.textContent = scaleSentence();
    point([]);
  }

  function scaleSentence(): string {
    const isBlocks = map?.groups.some((group) => group.length > 1);
    const cell = isBlocks ? "means over blocks of patches" : "one cell for each two tokens";
    return `${label}: ${cell}, strongest colour ±${formatPlain(extent, decimals(extent))} ${units}`;
  }

  function select(): void {
    dispatch({ kind: "replace", players: brushed() });
    from = null;
  }

  listen(surface, "pointerdown", (event) => {
    surface.setPointerCapture(event.pointerId);
    from = to = cellAt(event);
    showBrush();
  });
  listen(surface, "pointermove", (event) => {
    to = cellAt(event);
    showBrush();
  });
  listen(surface, "pointerup", () => from && select());
  listen(surface, "pointercancel", leave);
  listen(surface, "pointerleave", leave);
  listen(surface, "focusin", () => surface.matches(":focus-visible") && showBrush());
  listen(surface, "focusout", leave);
  listen(surface, "keydown", (event) => {
    const size = map?.groups.length ?? 0;
    const next = nextIndex(event, to[0] * size + to[1], { rows: size, columns: size, mirrored: false });
    const isPress = event.key === "Enter" || event.key === " ";
    if (next === null && !isPress) return;
    event.preventDefault();
    event.stopPropagation();
    if (isPress) return select();
    from = event.shiftKey ? (from ?? to) : null;
    to = [Math.floor((next as number) / size), (next as number) % size];
    showBrush();
  });

  return {
    element,
    update(next: InteractionMap | null, selected: ReadonlySet<number>): void {
      element.hidden = next === null;
      if (!next) return;
      if (next !== map) {
        map = next;
        draw(map);
      }
      const marked = map.groups.flatMap((group, at) =>
        group.some((each) => selected.has(each)) ? [at] : [],
      );
      marks.setAttribute("d", marked.map((at) => `M${at} -.6h1M-.6 ${at}v1`).join(""));
      leave();
    },
  };

  function draw({ groups, means, nImage }: InteractionMap): void {
    const size = groups.length;
    const isNamed = size <= MAX_NAMED;
    names.replaceChildren(
      ...(isNamed
        ? groups.map(([player]) => make("bdi", "row-name", {}, labels[player as number] as string))
        : []),
    );
    to = [0, 0];
    extent = extentOf(means);
    // Marks stand outside the map; the stroke around it lies half outside.
    [margin, side] = isNamed ? [EDGE, size + 2 * EDGE] : [1, size + 1 + EDGE];
    drawing.setAttribute("viewBox", `${-margin} ${-margin} ${side} ${side}`);
    const paths: [string[], string[]] = [[], []];
    for (const [index, mean] of means.entries()) {
      const step = Math.round(STEPS * strength(mean, extent));
      const ofSign = paths[mean > 0 ? 0 : 1];
      if (step > 0)
        ofSign[step] = `${ofSign[step] ?? ""}M${index % size} ${Math.floor(index / size)}h1v1h-1z`;
    }
    for (const [sign, group] of cells.entries()) {
      const shapes = (paths[sign] as string[]).map((d, step) =>
        makeSvg("path", { d, "fill-opacity": step / STEPS }),
      );
      // The array has holes.
      group.replaceChildren(...shapes.filter(Boolean));
    }
    const hasBoth = nImage > 0 && nImage < size;
    const lines = `M${nImage} 0L${nImage} ${size}M0 ${nImage}L${size} ${nImage}`;
    border.setAttribute("d", `M0 0L${size} 0L${size} ${size}L0 ${size}z${hasBoth ? lines : ""}`);
  }
}

type Cell = readonly [row: number, column: number];

/** A range from the lower to behind the higher of two. */
function ascending(a: number, b: number): [start: number, end: number] {
  return [Math.min(a, b), Math.max(a, b) + 1];
}

/** The first and the last of several tokens. */
function blockName(explanation: Explanation, players: readonly number[]): string {
  const [first, last] = [players.slice(0, 1), players.slice(-1)].map((each) =>
    playersLabel(explanation, each),
  );
  return `${first} to ${last}`;
}
