// All things that a scene can show, to search, click or drag.
import { listen, make } from "../view/dom.js";
import { THING_TYPE } from "./stage.js";

/** Pixels of a thing in the palette, and things in a row of its picture. */
const CELL = 40;
const COLUMNS = 20;

/** The palette; `pictures` shows the things (word, emoji) in their order, row by row. */
export function createPalette(
  things: readonly (readonly [word: string, emoji: string])[],
  pictures: string,
  onPick: (thing: string) => void,
  signal: AbortSignal,
): HTMLElement {
  const search = make("input", "scene-search", {
    type: "search",
    placeholder: "find a thing",
    "aria-label": "find a thing",
  });
  const none = make("p", "scene-none", { hidden: true }, "No thing has this name.");
  const buttons = things.map(([word, emoji], index) => {
    const button = make("button", "scene-choice", {
      type: "button",
      title: `${word} ${emoji}`,
      "aria-label": word,
    });
    button.draggable = true;
    const [column, row] = [index % COLUMNS, Math.floor(index / COLUMNS)];
    button.style.background = `url(${pictures}) ${-CELL * column}px ${-CELL * row}px`;
    listen(button, "click", () => onPick(word), signal);
    listen(button, "dragstart", (event) => event.dataTransfer?.setData(THING_TYPE, word), signal);
    return button;
  });
  const filter = () => {
    const typed = search.value.trim().toLowerCase();
    let found = 0;
    things.forEach(([word, emoji], index) => {
      const matches = word.includes(typed) || emoji === typed;
      (buttons[index] as HTMLElement).hidden = !matches;
      found += Number(matches);
    });
    none.hidden = found > 0;
  };
  listen(search, "input", filter, signal);
  // Enter takes the first of what was found.
  listen(
    search,
    "keydown",
    (event) => {
      if (event.key === "Enter") buttons.find((button) => !button.hidden)?.click();
    },
    signal,
  );
  const list = make("div", "scene-choices", { role: "group", "aria-label": "things" }, ...buttons, none);
  return make("div", "scene-palette", {}, search, list);
}
