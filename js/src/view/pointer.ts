// Pointer input: clicks and hovering anywhere in the view, drag selection on the image, long press on touch screens.
import type { Dispatch } from "../selection.js";
import { activeElementNear, hasModifier, listen } from "./dom.js";
import { playersOf, tokenAt } from "./token.js";

const HOVER_DELAY_MS = 120;
const LONG_PRESS_MS = 450;

interface PointerHandlers {
  readonly dispatch: Dispatch;
  /** Called with the token under the pointer, or null. */
  readonly highlight: (token: HTMLElement | null) => void;
  /** Called like `highlight`, except for touch and while a button is pressed. */
  readonly hover: (token: HTMLElement | null) => void;
}

/** Selects on a click, and highlights the token under the pointer. */
export function addPointerListeners(
  root: HTMLElement,
  { dispatch, highlight, hover }: PointerHandlers,
  signal: AbortSignal,
): void {
  listen(
    root,
    "click",
    (event) => {
      const token = tokenAt(event.target);
      if (!token) return;
      // Browsers do not move the focus on a click with Shift.
      if (token !== activeElementNear(token)) token.focus({ preventScroll: true });
      const kind = event.altKey ? "toggleHidden" : hasModifier(event) ? "toggle" : "click";
      dispatch({ kind, players: playersOf(token) });
    },
    signal,
  );
  listen(
    root,
    "pointerover",
    (event) => {
      const token = tokenAt(event.target);
      highlight(token);
      if (event.pointerType !== "touch" && event.buttons === 0) hover(token);
    },
    signal,
  );
  listen(
    root,
    "pointerleave",
    () => {
      highlight(null);
      hover(null);
    },
    signal,
  );
}

/** Holding a finger on a token adds it to the selection, as Shift-click does. */
export function addLongPress(root: HTMLElement, dispatch: Dispatch, signal: AbortSignal): void {
  let timer: ReturnType<typeof setTimeout> | undefined;
  let pressed = false;
  const cancel = () => clearTimeout(timer);

  listen(
    root,
    "pointerdown",
    ({ pointerType, target }) => {
      cancel();
      pressed = false;
      const token = tokenAt(target);
      if (pointerType !== "touch" || !token) return;
      timer = setTimeout(() => {
        pressed = true;
        dispatch({ kind: "toggle", players: playersOf(token) });
      }, LONG_PRESS_MS);
    },
    signal,
  );
  listen(root, "pointerup", cancel, signal);
  // Browsers cancel the pointer when it starts to scroll.
  listen(root, "pointercancel", cancel, signal);
  signal.addEventListener("abort", cancel, { once: true });
  // After a long press, browsers open a context menu, or send a click when the finger is lifted.
  const suppress = (event: Event) => {
    if (!pressed) return;
    event.preventDefault();
    event.stopImmediatePropagation();
    pressed = event.type !== "click";
  };
  root.addEventListener("click", suppress, { capture: true, signal });
  root.addEventListener("contextmenu", suppress, { capture: true, signal });
}

interface DragSelectOptions {
  readonly grid: HTMLElement;
  /** The patches of the rectangle between two patches, both included. */
  readonly rectangle: (from: number, to: number) => readonly number[];
  readonly dispatch: Dispatch;
  /** Shows the patches that would be selected, or none once the drag has ended. */
  readonly preview: (players: readonly number[] | null) => void;
}

/** Dragging over the image selects a rectangle of patches. */
export function addDragSelect(
  { grid, rectangle, dispatch, preview }: DragSelectOptions,
  signal: AbortSignal,
): void {
  let start: number | null = null;
  let dragged: readonly number[] = [];

  const end = () => {
    start = null;
    if (dragged.length > 0) preview(null);
    dragged = [];
  };

  listen(grid, "pointerdown", (event) => {
    // On touch screens, dragging scrolls the page.
    if (event.button === 0 && event.pointerType !== "touch" && !event.altKey) start = patchAt(event.target);
  });
  listen(grid, "pointerover", (event) => {
    const current = patchAt(event.target);
    if (start === null || current === null || (current === start && dragged.length === 0)) return;
    // The primary button was released outside the window.
    if (event.buttons % 2 === 0) return end();
    dragged = rectangle(start, current);
    preview(dragged);
  });
  // On the window, as the button may be released outside the grid.
  listen(
    window,
    "pointerup",
    (event) => {
      const players = dragged;
      end();
      if (players.length > 1) dispatch({ kind: hasModifier(event) ? "extend" : "replace", players });
    },
    signal,
  );
  listen(window, "pointercancel", end, signal);
  window.addEventListener(
    "keydown",
    (event) => {
      if (event.key !== "Escape" || dragged.length === 0) return;
      event.stopPropagation();
      end();
    },
    { signal, capture: true },
  );
}

function patchAt(target: EventTarget | null): number | null {
  const patch = (target as Element | null)?.closest<HTMLElement>("[data-player]");
  return patch ? Number(patch.dataset.player) : null;
}

/** Shows what a selection would show, without making it. */
export interface Preview {
  /** At once, with the players marked as selected; null ends the preview. */
  show(players: readonly number[] | null): void;
  /** After the pointer has rested for a moment, without marking them. */
  hover(players: readonly number[] | null): void;
  /** Drops the preview without rendering. */
  cancel(): void;
}

/** `render` shows the players' values, or for null the actual selection's. */
export function createPreview(render: (players: readonly number[] | null, marked: boolean) => void): Preview {
  let timer: ReturnType<typeof setTimeout> | undefined;
  let active = false;

  function show(players: readonly number[] | null, marked: boolean): void {
    clearTimeout(timer);
    if (players === null && !active) return;
    active = players !== null;
    render(players, marked);
  }

  return {
    show: (players) => show(players, true),
    hover(players) {
      clearTimeout(timer);
      if (players === null) show(null, false);
      else timer = setTimeout(() => show(players, false), HOVER_DELAY_MS);
    },
    cancel() {
      clearTimeout(timer);
      active = false;
    },
  };
}
