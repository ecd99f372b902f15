// Keyboard input: roving tabindex within each grid or list of tokens, and shortcuts for the whole view.
import type { HistoryDirection } from "../history.js";
import type { Dispatch } from "../selection.js";
import { hasModifier, listen } from "./dom.js";
import type { Frame } from "./frame.js";
import { playersOf, tokenAt } from "./token.js";

/** How items are arranged; a list has one row or one column. */
export interface GridShape {
  readonly rows: number;
  readonly columns: number;
  /** Whether columns run from right to left. */
  readonly mirrored: boolean;
}

type KeyPress = Pick<KeyboardEvent, "key" | "ctrlKey" | "metaKey">;

/** The index that an arrow key, Home or End moves to from `index`; null for other keys and at the border. */
export function nextIndex(
  press: KeyPress,
  index: number,
  { rows, columns, mirrored }: GridShape,
): number | null {
  const row = Math.floor(index / columns);
  const column = index % columns;
  const toCorner = press.ctrlKey || press.metaKey;
  const step = mirrored ? -1 : 1;
  const indexOf = (r: number, c: number): number | null =>
    r >= 0 && r < rows && c >= 0 && c < columns ? r * columns + c : null;
  switch (press.key) {
    case "ArrowRight":
      return indexOf(row, column + step);
    case "ArrowLeft":
      return indexOf(row, column - step);
    case "ArrowDown":
      return indexOf(row + 1, column);
    case "ArrowUp":
      return indexOf(row - 1, column);
    case "Home":
      return toCorner ? indexOf(0, 0) : indexOf(row, 0);
    case "End":
      return toCorner ? indexOf(rows - 1, columns - 1) : indexOf(row, columns - 1);
    default:
      return null;
  }
}

interface RovingOptions {
  readonly container: HTMLElement;
  readonly items: readonly HTMLElement[];
  shape(): GridShape;
  /** The players between two items, which Shift with an arrow key adds to the selection. */
  range?(from: number, to: number): readonly number[];
  readonly dispatch: Dispatch;
}

/** Makes the items one tab stop: arrow keys move the focus among them, Enter and Space select. */
export function addRovingTabindex({ container, items, shape, range, dispatch }: RovingOptions): void {
  const indexOf = (target: EventTarget | null) => items.indexOf(target as HTMLElement);
  for (const [index, item] of items.entries()) {
    const tabindex = index === 0 ? "0" : "-1";
    if (item.getAttribute("tabindex") !== tabindex) item.setAttribute("tabindex", tabindex);
  }

  listen(container, "focusin", (event) => {
    const index = indexOf(event.target);
    if (index < 0) return;
    for (const item of items) if (item.tabIndex === 0) item.tabIndex = -1;
    (items[index] as HTMLElement).tabIndex = 0;
  });

  listen(container, "keydown", (event) => {
    const from = indexOf(event.target);
    if (from < 0 || event.altKey) return;
    if (event.key === " " || event.key === "Enter") {
      const kind = hasModifier(event) ? "toggle" : "click";
      dispatch({ kind, players: playersOf(event.target as HTMLElement) });
    } else {
      const to = nextIndex(event, from, shape());
      const item = to === null ? undefined : items[to];
      if (to === null || item === undefined || item.hidden) return;
      item.focus();
      if (event.shiftKey && range) dispatch({ kind: "extend", players: range(from, to) });
    }
    event.preventDefault();
    event.stopPropagation();
  });
}

/** Call after hiding items: if the tab stop is hidden, the first visible item takes its place. */
export function ensureTabStop(items: readonly HTMLElement[]): void {
  if (items.some((item) => item.tabIndex === 0 && !item.hidden)) return;
  const stop = items.find((item) => !item.hidden);
  for (const item of items) item.tabIndex = item === stop ? 0 : -1;
}

interface ShortcutHandlers {
  readonly dispatch: Dispatch;
  readonly stepHistory: (direction: HistoryDirection) => void;
  /** Called with the token that has keyboard focus, or null. */
  readonly highlight: (token: HTMLElement | null) => void;
  readonly getFrame: () => Pick<Frame, "selected" | "hidden">;
}

/** Escape, Delete, undo and redo; highlights the token that has keyboard focus. */
export function addShortcuts(root: HTMLElement, handlers: ShortcutHandlers, signal: AbortSignal): void {
  const { dispatch, stepHistory, highlight, getFrame } = handlers;

  function commandFor(event: KeyboardEvent): (() => void) | null {
    const { selected, hidden } = getFrame();
    if (event.key === "Escape") {
      if (selected.length > 0) return () => dispatch({ kind: "clear" });
      return hidden.size > 0 ? () => dispatch({ kind: "unhideAll" }) : null;
    }
    const key = event.ctrlKey || event.metaKey ? event.key.toLowerCase() : "";
    if (key === "z") return () => stepHistory(event.shiftKey ? "redo" : "undo");
    if (key === "y") return () => stepHistory("redo");
    const token = tokenAt(event.target);
    if (!token || (event.key !== "Delete" && event.key !== "Backspace")) return null;
    const players = playersOf(token);
    const isSelected = players.every((player) => selected.includes(player));
    return () => dispatch({ kind: "toggleHidden", players: isSelected ? selected : players });
  }

  listen(
    root,
    "keydown",
    (event) => {
      const command = commandFor(event);
      if (!command) return;
      event.preventDefault();
      event.stopPropagation();
      command();
    },
    signal,
  );
  listen(
    root,
    "focusin",
    (event) => {
      const token = tokenAt(event.target);
      if (token?.matches(":focus-visible")) highlight(token);
    },
    signal,
  );
  listen(root, "focusout", () => highlight(null), signal);
}
