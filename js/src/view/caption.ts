// The caption: a list of tokens, each with its value beneath. The tokens of one word are grouped, or shown as one.
import { extentOf, scalePosition } from "../color-scale.js";
import type { Explanation } from "../deserialize.js";
import { decimals, formatSigned } from "../format.js";
import { type Estimate, isUncertain } from "../interactions.js";
import { type Dispatch, rectangleBetween } from "../selection.js";
import { make } from "./dom.js";
import type { Frame, TokenComponent } from "./frame.js";
import { addRovingTabindex } from "./keyboard.js";
import { createToken, ownAttribution, type Token, tokenEstimate } from "./token.js";

export function createCaption(explanation: Explanation, dispatch: Dispatch): TokenComponent {
  const { nPatches, nPlayers, names, words, fields } = explanation;
  const count = nPlayers - nPatches;
  const numbers = Array.from({ length: count }, () => make("span", "number"));
  const options = numbers.map((number, position) =>
    make(
      "span",
      "option",
      { role: "option", "data-player": nPatches + position },
      make("span", "text", {}, names[nPatches + position] as string),
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
  const groups = words.map((word) =>
    createWordGroup(word.map((player) => options[player - nPatches] as HTMLElement)),
  );
  element.append(...groups.flatMap((group) => group.elements));
  const second = fields.second_caption ? options[fields.second_caption - nPatches] : null;
  (second?.closest(".fixlip-word") ?? second)?.before(make("span", "rather", {}, "rather than"));

  /** Characters of the longest number in any mode, which the style sheet reserves room for, so that no word moves. */
  let numberLength = longestNumber(explanation);
  element.style.setProperty("--fixlip-number-length", String(numberLength));

  /** Every token with the players whose value it shows: its whole word, or itself. */
  function* tokensWithPlayers({
    settings,
  }: Frame): Generator<[token: Token, players: readonly number[], position: number]> {
    const isWhole = settings.wordDisplay === "whole";
    for (const word of words) {
      for (const player of word) {
        const position = player - nPatches;
        yield [tokens[position] as Token, isWhole ? word : [player], position];
      }
    }
  }

  addRovingTabindex({
    container: element,
    items: options,
    shape: () => ({ rows: 1, columns: count, mirrored: getComputedStyle(element).direction === "rtl" }),
    range: (from, to) => rectangleBetween(from, to, count).map((position) => nPatches + position),
    dispatch,
  });

  return {
    element,
    tokens: options,
    update(frame: Frame) {
      const isWhole = frame.settings.wordDisplay === "whole";
      for (const [position, word] of words.entries()) groups[position]?.update(word, isWhole);
      for (const [token, players] of tokensWithPlayers(frame)) {
        updateColor(token.element, token.updateState(players, frame), frame.textExtent);
      }
    },
    updateText(frame: Frame) {
      let longest = 0;
      for (const [position, word] of words.entries()) groups[position]?.updateText(word, frame);
      for (const [token, players, position] of tokensWithPlayers(frame)) {
        const { value } = token.updateText(players, frame);
        const own = ownAttribution(players, frame);
        const text =
          own === null ? formatSigned(value, frame.digits) : `(${formatSigned(own, frame.digits)})`;
        (numbers[position] as HTMLElement).textContent = text;
        longest = Math.max(longest, text.length);
      }
      if (longest <= numberLength) return;
      numberLength = longest;
      element.style.setProperty("--fixlip-number-length", String(longest));
    },
  };
}

function longestNumber({ firstOrder, secondOrder, triples }: Explanation): number {
  const extents = [firstOrder, secondOrder, triples].map(extentOf);
  const lengths = extents.map((extent) => formatSigned(-extent, decimals(extent)).length);
  return Math.max(...lengths) + "()".length;
}

/**
 * The style sheet gives every token the whole colour ramp as a background, so wide that a single colour shows. Moving
 * the background is the change of colour that browsers apply fastest.
 */
function updateColor({ dataset, style }: HTMLElement, { value, stderr }: Estimate, extent: number): void {
  if (isUncertain(value, stderr)) dataset.uncertain = "";
  else delete dataset.uncertain;
  style.backgroundPositionX = `${(50 + 50 * scalePosition(value, extent)).toFixed(1)}%`;
}

/** A word of several tokens is a group, with one number in case it is shown as one. */
function createWordGroup(options: readonly HTMLElement[]) {
  const number = make("span", "total", { "aria-hidden": true, hidden: "" });
  const text = options.map((option) => option.firstChild?.textContent).join("");
  const isGroup = options.length > 1;
  const group = make("span", "word", { role: "group", "aria-label": text });
  if (isGroup) group.append(make("span", "pieces", {}, ...options), number);

  return {
    elements: isGroup ? [group] : options,
    update(players: readonly number[], isWhole: boolean): void {
      if (!isGroup) return;
      group.toggleAttribute("data-whole", isWhole);
      number.hidden = !isWhole;
      for (const option of options) {
        if (isWhole) option.dataset.word = players.join(" ");
        else delete option.dataset.word;
      }
    },
    updateText(players: readonly number[], frame: Frame): void {
      if (number.hidden) return;
      number.textContent = formatSigned(tokenEstimate(players, frame).value, frame.digits);
    },
  };
}
