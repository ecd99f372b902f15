// What a selection would show, before it is made. A pointer that only passes by changes nothing.

const LINGER_MS = 120;

export interface Preview {
  /** Shows it at once, as if it were selected; null shows what there is again. */
  show(players: readonly number[] | null): void;
  /** Shows it if nothing else comes for a moment. */
  linger(players: readonly number[] | null): void;
  /** Forgets what was to come, without drawing. */
  stop(): void;
}

export function createPreview(draw: (players: readonly number[] | null, selected: boolean) => void): Preview {
  let waiting: ReturnType<typeof setTimeout> | undefined;
  let shown = false;

  function show(players: readonly number[] | null, selected: boolean): void {
    clearTimeout(waiting);
    if (players === null && !shown) return;
    shown = players !== null;
    draw(players, selected);
  }

  return {
    show: (players) => show(players, true),
    linger(players) {
      clearTimeout(waiting);
      if (players === null) show(null, false);
      else waiting = setTimeout(() => show(players, false), LINGER_MS);
    },
    stop() {
      clearTimeout(waiting);
      shown = false;
    },
  };
}
