// The caption, word by word, each with its number beneath; the pieces of one word stand together.
import type { Explanation } from "../data.js";
import { signed } from "../scale.js";
import { between } from "../selection.js";
import { make } from "./dom.js";
import type { Act, Board, Frame } from "./frame.js";
import { rove } from "./roving.js";
import { paint } from "./token.js";

/** More words than this take the whole width of the view. */
const LONG = 24;

export function createCaption(explanation: Explanation, act: Act): Board {
  const { patches, players, names, meta } = explanation;
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
  const element = make("div", "caption", {
    role: "listbox",
    "aria-label": "caption",
    "aria-multiselectable": true,
    "aria-orientation": "horizontal",
    dir: "auto",
  });
  element.toggleAttribute("data-long", count > LONG);
  for (const word of words(meta.joined)) {
    const pieces = word.map((place) => options[place] as HTMLElement);
    const label = word.map((place) => names[patches + place]).join("");
    element.append(
      ...(pieces.length > 1
        ? [make("span", "word", { role: "group", "aria-label": label }, ...pieces)]
        : pieces),
    );
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
      for (const [place, option] of options.entries()) {
        const player = patches + place;
        paint(option, player, frame);
        (numbers[place] as HTMLElement).textContent = signed(frame.values[player] as number, frame.digits);
      }
    },
  };
}

/** Places in runs that make one word. */
export function words(joined: readonly boolean[]): number[][] {
  const runs: number[][] = [];
  for (const [place, continues] of joined.entries()) {
    const last = runs.at(-1);
    if (continues && last) last.push(place);
    else runs.push([place]);
  }
  return runs;
}
