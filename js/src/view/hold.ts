// A finger that stays on a token adds it to the selection, as Shift does for a mouse.
import type { Act } from "./frame.js";
import { playersOf, tokenAt } from "./reading.js";

const HOLD_MS = 450;

export function hold(root: HTMLElement, act: Act, signal: AbortSignal): void {
  let waiting: ReturnType<typeof setTimeout> | undefined;
  let held = false;
  const end = () => clearTimeout(waiting);

  root.addEventListener(
    "pointerdown",
    ({ pointerType, target }) => {
      end();
      held = false;
      const token = tokenAt(target);
      if (pointerType !== "touch" || !token) return;
      waiting = setTimeout(() => {
        held = true;
        act({ kind: "toggle", players: playersOf(token) });
      }, HOLD_MS);
    },
    { signal },
  );
  root.addEventListener("pointerup", end, { signal });
  // A finger that scrolls holds nothing.
  root.addEventListener("pointercancel", end, { signal });
  signal.addEventListener("abort", end, { once: true });
  // Lifting the finger is no click, and holding it asks for no menu.
  const swallow = (event: Event) => {
    if (!held) return;
    event.preventDefault();
    event.stopImmediatePropagation();
    held = event.type !== "click";
  };
  root.addEventListener("click", swallow, { capture: true, signal });
  root.addEventListener("contextmenu", swallow, { capture: true, signal });
}
