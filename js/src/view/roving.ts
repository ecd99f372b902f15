// One tab stop for a whole board of elements; keys move within it and select.
import { type Board, destination } from "../keyboard.js";
import type { Act } from "./frame.js";
import { playersOf } from "./reading.js";

export interface Roving {
  readonly container: HTMLElement;
  readonly items: readonly HTMLElement[];
  board(): Board;
  /** The players selected on the way between two places while Shift is held, if that means anything. */
  between?(from: number, to: number): readonly number[];
  readonly act: Act;
}

/** After items were hidden: the board stays reachable by the tab key. */
export function keepTabStop(items: readonly HTMLElement[]): void {
  if (items.some((item) => item.tabIndex === 0 && !item.hidden)) return;
  const stop = items.find((item) => !item.hidden);
  for (const item of items) item.tabIndex = item === stop ? 0 : -1;
}

export function rove({ container, items, board, between, act }: Roving): void {
  const placeOf = (target: EventTarget | null) => items.indexOf(target as HTMLElement);
  for (const [place, item] of items.entries()) {
    const stop = place === 0 ? "0" : "-1";
    if (item.getAttribute("tabindex") !== stop) item.setAttribute("tabindex", stop);
  }

  container.addEventListener("focusin", (event) => {
    const place = placeOf(event.target);
    if (place < 0) return;
    for (const item of items) if (item.tabIndex === 0) item.tabIndex = -1;
    (items[place] as HTMLElement).tabIndex = 0;
  });

  container.addEventListener("keydown", (event) => {
    const at = placeOf(event.target);
    if (at < 0 || event.altKey) return;
    if (event.key === " " || event.key === "Enter") {
      const more = event.shiftKey || event.ctrlKey || event.metaKey;
      act({ kind: more ? "toggle" : "click", players: playersOf(event.target as HTMLElement) });
    } else {
      const to = destination(event, at, board());
      const item = to === null ? undefined : items[to];
      if (to === null || item === undefined || item.hidden) return;
      item.focus();
      if (event.shiftKey && between) act({ kind: "extend", players: between(at, to) });
    }
    event.preventDefault();
    event.stopPropagation();
  });
}
