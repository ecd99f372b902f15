// Undo and redo.

export type HistoryDirection = "undo" | "redo";

/** Undo steps kept; older ones are dropped. */
const MAX_STEPS = 200;

export class History<State> {
  private past: State[] = [];
  private future: State[] = [];

  /** Call with the state that is about to change. */
  record(state: State): void {
    this.past = [...this.past.slice(1 - MAX_STEPS), state];
    this.future = [];
  }

  /** Call when recorded states no longer apply. */
  clear(): void {
    this.past = [];
    this.future = [];
  }

  /** The state to return to, or null if there is none. */
  undo(current: State): State | null {
    const previous = this.past.pop();
    if (previous === undefined) return null;
    this.future.push(current);
    return previous;
  }

  /** The state that was undone last, or null if there is none. */
  redo(current: State): State | null {
    const next = this.future.pop();
    if (next === undefined) return null;
    this.past.push(current);
    return next;
  }
}
