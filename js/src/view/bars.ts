// Bar chart of the strongest values shown: of tokens, or in links mode of the interactions of two tokens.
import { signOf } from "../color-scale.js";
import type { Explanation } from "../deserialize.js";
import { formatEstimate, formatSigned } from "../format.js";
import { type Estimate, isUncertain, strongest, toEstimates, wordValue } from "../interactions.js";
import { showsValues } from "../modes.js";
import type { Dispatch } from "../selection.js";
import { make } from "./dom.js";
import { type Component, createPeerFrame, type Frame } from "./frame.js";
import { addRovingTabindex, ensureTabStop } from "./keyboard.js";
import { createThumbnail } from "./thumbnails.js";

const MAX_BARS = 10;

export function createBars(explanation: Explanation, dispatch: Dispatch): Component {
  const bars = Array.from({ length: MAX_BARS }, () => createBar(explanation));
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
    update(frame: Frame) {
      const estimates = rankedEstimates(frame);
      // Without bars, as in subset mode, the frame of a peer would cost a search of its own.
      const peers = hasBars(frame) ? frame.peers : [];
      const ofPeers = peers.flatMap((peer) => rankedEstimates(createPeerFrame(frame, peer)));
      const axis = axisFor([...estimates, ...ofPeers]);
      for (const [position, bar] of bars.entries()) {
        const estimate = estimates[position];
        bar.element.hidden = estimate === undefined;
        if (estimate) bar.update(estimate, frame, axis);
      }
      element.hidden = estimates.length === 0;
      ensureTabStop(items);
    },
  };
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

/** The horizontal axis that all bars share; bars of several views too, where these share a scale. */
interface Axis {
  readonly min: number;
  readonly range: number;
}

/** Spans zero and every value with its standard error. */
function axisFor(estimates: readonly Estimate[]): Axis {
  const ends = estimates.flatMap(({ value, stderr }) => [value - (stderr || 0), value + (stderr || 0)]);
  const min = Math.min(0, ...ends);
  return { min, range: Math.max(0, ...ends) - min || 1 };
}

function createBar(explanation: Explanation) {
  const thumbnails = [createThumbnail(explanation), createThumbnail(explanation)] as const;
  const labels = [make("bdi", "label"), make("bdi", "label")] as const;
  const separator = make("span", "between", {}, "·");
  const fill = make("span", "length");
  const whisker = make("span", "whisker");
  const number = make("span", "number");
  const element = make(
    "div",
    "bar",
    { role: "option" },
    make("span", "name", {}, thumbnails[0].element, labels[0], separator, thumbnails[1].element, labels[1]),
    make("span", "track", {}, make("span", "zero"), fill, whisker),
    number,
  );

  function update({ players, value, stderr }: Estimate, frame: Frame, { min, range }: Axis): void {
    const percent = (length: number) => `${((100 * length) / range).toFixed(2)}%`;
    const place = (line: HTMLElement, from: number, to: number) => {
      line.style.left = percent(from - min);
      line.style.width = percent(to - from);
    };
    const isLink = frame.mode === "links";
    const label = players.map((player) => explanation.labels[player]).join(isLink ? " · " : "");
    element.dataset.bar = players.join(" ");
    if (players.length > 1 && !isLink) element.dataset.word = element.dataset.bar;
    else delete element.dataset.word;
    element.dataset.sign = signOf(value);
    element.toggleAttribute("data-uncertain", isUncertain(value, stderr));
    const isSelected = players.every((player) => frame.selectedSet.has(player));
    element.setAttribute("aria-selected", String(isSelected));
    element.setAttribute("aria-label", `${label} ${formatEstimate(value, stderr, frame.digits)}`);
    element.style.setProperty("--fixlip-zero", percent(-min));
    separator.hidden = !isLink;
    for (const [end, thumbnail] of thumbnails.entries()) {
      const player = isLink || end === 0 ? players[end] : undefined;
      const text = labels[end] as HTMLElement;
      thumbnail.update(player);
      text.hidden = player === undefined;
      if (player !== undefined) text.textContent = isLink ? shortLabel(explanation, player) : label;
    }
    place(fill, Math.min(0, value), Math.max(0, value));
    whisker.hidden = Number.isNaN(stderr);
    if (!whisker.hidden) place(whisker, value - stderr, value + stderr);
    number.textContent = formatSigned(value, frame.digits);
  }

  return { element, update };
}

/** Without the word "patch", for which two thumbnails in one line leave no room. */
function shortLabel({ labels, nPatches }: Explanation, player: number): string {
  const label = labels[player] as string;
  return player < nPatches ? label.replace(/^patch /, "") : label;
}
