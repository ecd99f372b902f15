// What pointer and keys do anywhere in the view.
import { focusedBeside } from "./dom.js";
import type { Act, Frame } from "./frame.js";
import { playersOf, tokenAt } from "./reading.js";

interface Gestures {
  readonly act: Act;
  readonly point: (target: HTMLElement | null) => void;
  /** The pointer has come to rest on a token, or left it. */
  readonly linger: (target: HTMLElement | null) => void;
  /** Undoes what was done last, or does it again. */
  readonly step: (way: "undo" | "redo") => void;
  readonly state: () => Pick<Frame, "selected" | "hidden">;
}

export function listen(
  root: HTMLElement,
  signal: AbortSignal,
  { act, point, linger, step, state }: Gestures,
): void {
  const on = <Name extends keyof HTMLElementEventMap>(
    name: Name,
    listener: (event: HTMLElementEventMap[Name]) => void,
  ) => root.addEventListener(name, listener, { signal });

  on("click", (event) => {
    const target = tokenAt(event.target);
    if (!target) return;
    // A click with Shift would leave the focus where it was.
    if (target !== focusedBeside(target)) target.focus({ preventScroll: true });
    const more = event.shiftKey || event.ctrlKey || event.metaKey;
    act({ kind: event.altKey ? "switch" : more ? "toggle" : "click", players: playersOf(target) });
  });
  on("keydown", (event) => {
    const answer = answerTo(event);
    if (!answer) return;
    event.preventDefault();
    event.stopPropagation();
    answer();
  });
  function answerTo(event: KeyboardEvent): (() => void) | null {
    const { selected, hidden } = state();
    if (event.key === "Escape") {
      if (selected.length > 0) return () => act({ kind: "clear" });
      return hidden.size > 0 ? () => act({ kind: "restore" }) : null;
    }
    const key = event.ctrlKey || event.metaKey ? event.key.toLowerCase() : "";
    if (key === "z") return () => step(event.shiftKey ? "redo" : "undo");
    if (key === "y") return () => step("redo");
    const target = tokenAt(event.target);
    if (!target || (event.key !== "Delete" && event.key !== "Backspace")) return null;
    const players = playersOf(target);
    const ours = players.every((player) => selected.includes(player));
    return () => act({ kind: "switch", players: ours ? selected : players });
  }

  on("pointerover", (event) => {
    const target = tokenAt(event.target);
    point(target);
    // A finger does not hover, and who drags does not rest.
    if (event.pointerType !== "touch" && event.buttons === 0) linger(target);
  });
  on("pointerleave", () => {
    point(null);
    linger(null);
  });
  on("focusin", (event) => {
    const target = tokenAt(event.target);
    if (target?.matches(":focus-visible")) point(target);
  });
  on("focusout", () => point(null));
}
