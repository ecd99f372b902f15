// What pointer and keys do anywhere in the view.
import type { Act } from "./frame.js";

interface Gestures {
  readonly act: Act;
  readonly point: (target: HTMLElement | null) => void;
  readonly anySelected: () => boolean;
}

export function listen(root: HTMLElement, signal: AbortSignal, { act, point, anySelected }: Gestures): void {
  const on = <Name extends keyof HTMLElementEventMap>(
    name: Name,
    listener: (event: HTMLElementEventMap[Name]) => void,
  ) => root.addEventListener(name, listener, { signal });

  on("click", (event) => {
    const target = tokenAt(event.target);
    if (!target) return;
    // A click with Shift would leave the focus where it was.
    if (target !== document.activeElement) target.focus({ preventScroll: true });
    const more = event.shiftKey || event.ctrlKey || event.metaKey;
    act({ kind: more ? "toggle" : "click", players: playersOf(target) });
  });
  on("keydown", (event) => {
    if (event.key !== "Escape" || !anySelected()) return;
    event.stopPropagation();
    act({ kind: "clear" });
  });
  on("pointerover", (event) => point(tokenAt(event.target)));
  on("pointerleave", () => point(null));
  on("focusin", (event) => {
    const target = tokenAt(event.target);
    if (target?.matches(":focus-visible")) point(target);
  });
  on("focusout", () => point(null));
}

function tokenAt(target: EventTarget | null): HTMLElement | null {
  return (target as Element | null)?.closest<HTMLElement>("[data-player], [data-bar]") ?? null;
}

/** One player, or the two of a link. */
export function playersOf({ dataset }: HTMLElement): number[] {
  return (dataset.player ?? dataset.bar ?? "").split(" ").filter(Boolean).map(Number);
}
