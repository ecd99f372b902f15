// Dragging over the picture: the rectangle of patches from where the pointer went down to where it is.
import type { Act } from "./frame.js";

interface Sweeping {
  readonly grid: HTMLElement;
  /** The patches between two, both included. */
  readonly between: (from: number, to: number) => readonly number[];
  readonly act: Act;
  /** Shows what would be selected; null ends it. */
  readonly preview: (players: readonly number[] | null) => void;
}

export function sweep({ grid, between, act, preview }: Sweeping, signal: AbortSignal): void {
  let from: number | null = null;
  let swept: readonly number[] = [];

  const end = () => {
    from = null;
    if (swept.length > 0) preview(null);
    swept = [];
  };

  grid.addEventListener("pointerdown", (event) => {
    // A finger scrolls the page.
    if (event.button === 0 && event.pointerType !== "touch" && !event.altKey) from = patchAt(event.target);
  });
  grid.addEventListener("pointerover", (event) => {
    const to = patchAt(event.target);
    if (from === null || to === null || (to === from && swept.length === 0)) return;
    if (event.buttons % 2 === 0) return end();
    swept = between(from, to);
    preview(swept);
  });
  // The button may be released anywhere.
  window.addEventListener(
    "pointerup",
    (event) => {
      const players = swept;
      end();
      if (players.length < 2) return;
      const more = event.shiftKey || event.ctrlKey || event.metaKey;
      act({ kind: more ? "extend" : "choose", players });
    },
    { signal },
  );
  window.addEventListener("pointercancel", end, { signal });
  window.addEventListener(
    "keydown",
    (event) => {
      if (event.key !== "Escape" || swept.length === 0) return;
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
