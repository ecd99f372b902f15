// The caption, word by word, each with its number beneath; the pieces of one word stand together, or as one.

import { placed, signed } from "../color-scale.js";
import type { Explanation } from "../deserialize.js";
import { isUncertain } from "../interactions.js";
import { between } from "../selection.js";
import { make } from "./dom.js";
import type { Act, Board, Frame } from "./frame.js";
import { type Reading, read } from "./reading.js";
import { rove } from "./roving.js";
import { createToken, type Token } from "./token.js";

/** More words than this take the whole width of the view. */
const LONG = 24;

export function createCaption(explanation: Explanation, act: Act): Board {
  const { patches, players, names, words } = explanation;
  const count = players - patches;
  const numbers = Array.from({ length: count }, () => make("span", "number"));
  const options = numbers.map((number, place) =>
    make(
      "span",
      "option",
      { role: "option", "data-player": patches + place },
      make("span", "text", {}, names[patches + place] as string),
      " ",
      number,
    ),
  );
  const tokens = options.map(createToken);
  const element = make("div", "caption", {
    role: "listbox",
    "aria-label": "caption",
    "aria-multiselectable": true,
    "aria-orientation": "horizontal",
    dir: "auto",
  });
  element.toggleAttribute("data-long", count > LONG);
  const groups = words.map((word) =>
    createWord(word.map((player) => options[player - patches] as HTMLElement)),
  );
  element.append(...groups.flatMap((group) => group.elements));

  /** Letters that the longest number takes. */
  let room = 0;

  /** Every piece, with its word where that is shown as one. */
  function* pieces({
    look,
  }: Frame): Generator<[word: readonly number[] | null, player: number, token: Token]> {
    for (const word of words) {
      for (const player of word)
        yield [look.words === "whole" ? word : null, player, tokens[player - patches] as Token];
    }
  }

  rove({
    container: element,
    items: options,
    board: () => ({ rows: 1, columns: count, mirrored: getComputedStyle(element).direction === "rtl" }),
    between: (from, to) => between(from, to, count).map((place) => patches + place),
    act,
  });

  return {
    element,
    tokens: options,
    update(frame: Frame) {
      const whole = frame.look.words === "whole";
      for (const [place, word] of words.entries()) groups[place]?.update(word, whole);
      for (const [word, player, token] of pieces(frame)) {
        const players = word ?? [player];
        colour(token.element, token.mark(players, frame), frame.extent);
      }
    },
    spell(frame: Frame) {
      let letters = 0;
      for (const [place, word] of words.entries()) groups[place]?.spell(word, frame);
      for (const [word, player, token] of pieces(frame)) {
        const said = signed(token.spell(word ?? [player], frame).value, frame.digits);
        (numbers[player - patches] as HTMLElement).textContent = said;
        letters = Math.max(letters, said.length);
      }
      if (letters === room) return;
      room = letters;
      element.style.setProperty("--fixlip-letters", String(room));
    },
  };
}

/** A word has a slice of the ramp for its ground: no style is computed sooner than a place. */
function colour({ dataset, style }: HTMLElement, { value, error }: Reading, extent: number): void {
  if (isUncertain(value, error)) dataset.uncertain = "";
  else delete dataset.uncertain;
  style.backgroundPositionX = `${(50 + 50 * placed(value, extent)).toFixed(1)}%`;
}

/** A word of several pieces is in a group of its own, with one number for all. */
function createWord(pieces: readonly HTMLElement[]) {
  const number = make("span", "total", { "aria-hidden": true, hidden: "" });
  const text = pieces.map((piece) => piece.firstChild?.textContent).join("");
  const several = pieces.length > 1;
  const group = make("span", "word", { role: "group", "aria-label": text });
  if (several) group.append(make("span", "pieces", {}, ...pieces), number);

  return {
    elements: several ? [group] : pieces,
    update(players: readonly number[], whole: boolean): void {
      if (!several) return;
      group.toggleAttribute("data-whole", whole);
      number.hidden = !whole;
      for (const piece of pieces) {
        if (whole) piece.dataset.word = players.join(" ");
        else delete piece.dataset.word;
      }
    },
    spell(players: readonly number[], frame: Frame): void {
      if (!number.hidden) number.textContent = signed(read(players, frame).value, frame.digits);
    },
  };
}
