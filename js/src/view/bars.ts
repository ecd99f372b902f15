// Bar chart of the strongest values shown: of tokens, or in links mode of the interactions of two tokens.
import type { Alignment } from "../alignment.js";
import { signOf } from "../color-scale.js";
import type { Explanation } from "../deserialize.js";
import { formatEstimate, formatSigned } from "../format.js";
import { type Estimate, isUncertain, strongest, toEstimates, wordValue } from "../interactions.js";
import { showsValues } from "../modes.js";
import type { Dispatch } from "../selection.js";
import { make } from "./dom.js";
import type { Frame } from "./frame.js";
import { addRovingTabindex, ensureTabStop } from "./keyboard.js";
import { createThumbnail } from "./thumbnails.js";
import { linkEstimate, tokenEstimate } from "./token.js";

const MAX_BARS = 10;

/** An explanation whose values have a bar in each row. */
export interface BarColumn {
  readonly explanation: Explanation;
  readonly alignment: Alignment;
}

export interface Bars {
  readonly element: HTMLElement;
  /** One frame for each column; null leaves it blank. */
  update(frames: readonly (Frame | null)[]): void;
}

/** The bars of one view, or of several beside each other. */
export function createBars(columns: readonly BarColumn[], dispatch: Dispatch): Bars {
  const bars = Array.from({ length: MAX_BARS }, () => createBar(columns));
  const items = bars.map((bar) => bar.element);
  const element = make("div", "bars", { role: "listbox", "aria-label": "strongest values" }, ...items);

  addRovingTabindex({
    container: element,
    items,
    shape: () => ({ rows: bars.length, columns: 1, mirrored: false }),
    dispatch,
  });

  return {
    element,
    update(frames) {
      const rows = rankedRows(columns, frames);
      const axes = axesFor(frames, rows);
      for (const [position, bar] of bars.entries()) {
        const row = rows[position];
        bar.element.hidden = row === undefined;
        if (row) bar.update(row, frames, axes);
      }
      element.hidden = rows.length === 0;
      ensureTabStop(items);
    },
  };
}

/** The values of one token, word or link in all columns; null where a column does not show it. */
interface Row {
  /** Joint indices. */
  readonly players: readonly number[];
  readonly estimates: readonly (Estimate | null)[];
}

function rankedRows(columns: readonly BarColumn[], frames: readonly (Frame | null)[]): Row[] {
  const rows = new Map<string, Row>();
  for (const [position, frame] of frames.entries()) {
    const { alignment } = columns[position] as BarColumn;
    for (const estimate of frame ? rankedEstimates(frame) : []) {
      const players = alignment.toJoint(estimate.players);
      const key = players.join(" ");
      if (rows.has(key)) continue;
      const estimates = frames.map((other, index) =>
        estimateIn(other, (columns[index] as BarColumn).alignment, players),
      );
      rows.set(key, { players, estimates });
    }
  }
  const magnitude = ({ estimates }: Row) =>
    Math.max(...estimates.map((each) => Math.abs(each?.value ?? 0) || 0));
  return [...rows.values()].sort((one, other) => magnitude(other) - magnitude(one)).slice(0, MAX_BARS);
}

function estimateIn(frame: Frame | null, { toOwn }: Alignment, players: readonly number[]): Estimate | null {
  const own = toOwn(players);
  if (!frame || own.length < players.length) return null;
  return frame.mode === "links" ? linkEstimate(own, frame) : tokenEstimate(own, frame);
}

function hasBars({ mode }: Frame): boolean {
  return showsValues(mode) && mode !== "matrix";
}

function rankedEstimates(frame: Frame): readonly Estimate[] {
  if (!hasBars(frame)) return [];
  if (frame.mode === "links") {
    return frame.links.slice(0, MAX_BARS).map((link) => ({ ...link, players: [link.from, link.to] }));
  }
  const excluded = new Set(
    frame.kind === "interaction" ? [...frame.selectedSet, ...frame.hidden] : frame.hidden,
  );
  const estimates = frame.settings.wordDisplay === "whole" ? wordEstimates(frame) : toEstimates(frame);
  return strongest(estimates, MAX_BARS, excluded);
}

/** One estimate for each patch and each word. */
function wordEstimates(frame: Frame): Estimate[] {
  const { explanation, kind } = frame;
  const words = explanation.words.filter((word) => word.length > 1);
  const inWords = new Set(words.flat());
  return [
    ...toEstimates(frame).filter(({ players }) => !inWords.has(players[0] as number)),
    ...words.map((word) => ({
      players: word,
      value: wordValue(explanation, frame, word, kind),
      stderr: Number.NaN,
    })),
  ];
}

/** The horizontal axis of a column. */
interface Axis {
  readonly min: number;
  readonly range: number;
}

/** Each spans zero and every value with its standard error; of all columns where these share a scale. */
function axesFor(frames: readonly (Frame | null)[], rows: readonly Row[]): Axis[] {
  const ends = frames.map((_, column) =>
    rows.flatMap(({ estimates }) => {
      const { value, stderr } = estimates[column] ?? { value: 0, stderr: 0 };
      return [value - (stderr || 0), value + (stderr || 0)];
    }),
  );
  return frames.map((frame, column) => {
    const shared = frame?.peers.length ? ends.flat() : (ends[column] as number[]);
    const min = Math.min(0, ...shared);
    return { min, range: Math.max(0, ...shared) - min || 1 };
  });
}

function createBar(columns: readonly BarColumn[]) {
  const { explanation } = columns[0] as BarColumn;
  const thumbnails = [createThumbnail(explanation), createThumbnail(explanation)] as const;
  const labels = [make("bdi", "label"), make("bdi", "label")] as const;
  const separator = make("span", "between", {}, "·");
  const cells = columns.map(createCell);
  const element = make(
    "div",
    "bar",
    { role: "option" },
    make("span", "name", {}, thumbnails[0].element, labels[0], separator, thumbnails[1].element, labels[1]),
    ...cells.map((cell) => cell.element),
  );

  function update(
    { players, estimates }: Row,
    frames: readonly (Frame | null)[],
    axes: readonly Axis[],
  ): void {
    const column = estimates.findIndex(Boolean);
    const { explanation, alignment } = columns[column] as BarColumn;
    const { mode, digits, selectedSet } = frames[column] as Frame;
    const own = alignment.toOwn(players);
    const isLink = mode === "links";
    const label = own.map((player) => explanation.labels[player]).join(isLink ? " · " : "");
    element.dataset.bar = players.join(" ");
    if (players.length > 1 && !isLink) element.dataset.word = element.dataset.bar;
    else delete element.dataset.word;
    const isSelected = own.every((player) => selectedSet.has(player));
    element.setAttribute("aria-selected", String(isSelected));
    // What is read begins with what is seen.
    const texts = estimates.map((each) =>
      columns.length > 1
        ? formatSigned(each?.value ?? Number.NaN, digits)
        : formatEstimate((each as Estimate).value, (each as Estimate).stderr, digits),
    );
    element.setAttribute("aria-label", [label, ...texts].join(" "));
    separator.hidden = !isLink;
    for (const [end, thumbnail] of thumbnails.entries()) {
      const player = isLink || end === 0 ? own[end] : undefined;
      const text = labels[end] as HTMLElement;
      thumbnail.update(player);
      text.hidden = player === undefined;
      if (player !== undefined) text.textContent = isLink ? shortLabel(explanation, player) : label;
    }
    for (const [position, cell] of cells.entries())
      cell.update(estimates[position] ?? null, digits, axes[position] as Axis);
  }

  return { element, update };
}

function createCell() {
  const fill = make("span", "length");
  const whisker = make("span", "whisker");
  const number = make("span", "number");
  const element = make(
    "span",
    "cells",
    {},
    make("span", "track", {}, make("span", "zero"), fill, whisker),
    number,
  );

  return {
    element,
    update(estimate: Estimate | null, digits: number, { min, range }: Axis): void {
      const { value, stderr } = estimate ?? { value: Number.NaN, stderr: Number.NaN };
      const percent = (length: number) => `${((100 * length) / range).toFixed(2)}%`;
      const place = (line: HTMLElement, from: number, to: number) => {
        line.hidden = Number.isNaN(to - from);
        line.style.left = percent(from - min);
        line.style.width = percent(to - from);
      };
      element.dataset.sign = signOf(value);
      element.toggleAttribute("data-uncertain", isUncertain(value, stderr));
      element.style.setProperty("--fixlip-zero", percent(-min));
      place(fill, Math.min(0, value), Math.max(0, value));
      place(whisker, value - stderr, value + stderr);
      number.textContent = formatSigned(value, digits);
    },
  };
}

/** Without the word "patch", for which two thumbnails in one line leave no room. */
function shortLabel({ labels, nPatches }: Explanation, player: number): string {
  const label = labels[player] as string;
  return player < nPatches ? label.replace(/^patch /, "") : label;
}
