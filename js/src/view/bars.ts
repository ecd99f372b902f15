// The strongest of the shown values, ranked: of tokens, or of links between two.

import { signed, signOf } from "../color-scale.js";
import type { Explanation } from "../deserialize.js";
import { type Entry, entriesOf, isUncertain, strongest, whole } from "../interactions.js";
import { make } from "./dom.js";
import { type Act, amount, type Frame, frameAlike, type Part } from "./frame.js";
import { keepTabStop, rove } from "./roving.js";
import { createThumb } from "./thumb.js";

const COUNT = 10;

export function createBars(explanation: Explanation, act: Act): Part {
  const bars = Array.from({ length: COUNT }, () => createBar(explanation));
  const element = make("div", "bars", { role: "listbox", "aria-label": "strongest values" });
  element.append(...bars.map((bar) => bar.element));

  rove({
    container: element,
    items: bars.map((bar) => bar.element),
    board: () => ({ rows: bars.length, columns: 1, mirrored: false }),
    act,
  });

  return {
    element,
    update(frame: Frame) {
      const entries = ranked(frame);
      const beside =
        frame.mode === "subset" ? [] : frame.peers.map((peer) => ranked(frameAlike(frame, peer)));
      const axis = axisOf([...entries, ...beside.flat()]);
      for (const [place, bar] of bars.entries()) {
        const entry = entries[place];
        bar.element.hidden = entry === undefined;
        if (entry) bar.update(entry, frame, axis);
      }
      element.hidden = entries.length === 0;
      keepTabStop(bars.map((bar) => bar.element));
    },
  };
}

function ranked(frame: Frame): readonly Entry[] {
  if (frame.mode === "subset") return [];
  if (frame.mode === "links") {
    return frame.links.slice(0, COUNT).map((link) => ({ ...link, players: [link.from, link.to] }));
  }
  const asked = frame.mode === "conditional" ? frame.chosen : new Set<number>();
  return strongest(frame.look.words === "whole" ? byWord(frame) : entriesOf(frame), COUNT, asked);
}

/** An entry for each patch and each word, however many tokens it has. */
function byWord(frame: Frame): Entry[] {
  const { explanation, mode } = frame;
  const words = explanation.words.filter((word) => word.length > 1);
  const pieces = new Set(words.flat());
  return [
    ...entriesOf(frame).filter(({ players }) => !pieces.has(players[0] as number)),
    ...words.map((word) => ({
      players: word,
      value: whole(explanation, frame, word, mode !== "conditional"),
      error: Number.NaN,
    })),
  ];
}

interface Axis {
  readonly low: number;
  readonly span: number;
}

/** Zero, and every value with its error, on one line; on a common scale with those of other views. */
function axisOf(entries: readonly Entry[]): Axis {
  const ends = entries.flatMap(({ value, error }) => [value - (error || 0), value + (error || 0)]);
  const low = Math.min(0, ...ends);
  return { low, span: Math.max(0, ...ends) - low || 1 };
}

function createBar(explanation: Explanation) {
  const ends = [createThumb(explanation), createThumb(explanation)] as const;
  const labels = [make("bdi", "label"), make("bdi", "label")] as const;
  const between = make("span", "between", {}, "·");
  const length = make("span", "length");
  const whisker = make("span", "whisker");
  const number = make("span", "number");
  const element = make(
    "div",
    "bar",
    { role: "option" },
    make("span", "name", {}, ends[0].element, labels[0], between, ends[1].element, labels[1]),
    make("span", "track", {}, make("span", "zero"), length, whisker),
    number,
  );

  function update({ players, value, error }: Entry, frame: Frame, { low, span }: Axis): void {
    const percent = (x: number) => `${((100 * (x - low)) / span).toFixed(2)}%`;
    const place = (line: HTMLElement, from: number, to: number) => {
      line.style.left = percent(from);
      line.style.width = `${((100 * (to - from)) / span).toFixed(2)}%`;
    };
    const linked = frame.mode === "links";
    const label = players.map((player) => explanation.labels[player]).join(linked ? " · " : "");
    element.dataset.bar = players.join(" ");
    if (players.length > 1 && !linked) element.dataset.word = element.dataset.bar;
    else delete element.dataset.word;
    element.dataset.sign = signOf(value);
    element.toggleAttribute("data-uncertain", isUncertain(value, error));
    element.setAttribute("aria-selected", String(players.every((player) => frame.chosen.has(player))));
    element.setAttribute("aria-label", `${label} ${amount(value, error, frame.digits)}`);
    element.style.setProperty("--fixlip-zero", percent(0));
    between.hidden = !linked;
    for (const [end, thumb] of ends.entries()) {
      const player = linked || end === 0 ? players[end] : undefined;
      const text = labels[end] as HTMLElement;
      thumb.update(player);
      text.hidden = player === undefined;
      // Two thumbnails in one line leave no room for the word "patch".
      if (player !== undefined) text.textContent = linked ? shortName(explanation, player) : label;
    }
    place(length, Math.min(0, value), Math.max(0, value));
    whisker.hidden = Number.isNaN(error);
    if (!whisker.hidden) place(whisker, value - error, value + error);
    number.textContent = signed(value, frame.digits);
  }

  return { element, update };
}

function shortName({ labels, patches }: Explanation, player: number): string {
  const name = labels[player] as string;
  return player < patches ? name.replace(/^patch /, "") : name;
}
