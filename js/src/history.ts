// The way back, and forth again.

/** No reader goes further back than this. */
const LONGEST = 200;

export class History<State> {
  private past: State[] = [];
  private future: State[] = [];

  /** Before leaving a state. */
  record(state: State): void {
    this.past = [...this.past.slice(1 - LONGEST), state];
    this.future = [];
  }

  /** When states mean something else from now on. */
  clear(): void {
    this.past = [];
    this.future = [];
  }

  /** The state before, or null at the beginning. */
  undo(now: State): State | null {
    const before = this.past.pop();
    if (before === undefined) return null;
    this.future.push(now);
    return before;
  }

  /** The state that was undone last, or null where there is none. */
  redo(now: State): State | null {
    const next = this.future.pop();
    if (next === undefined) return null;
    this.past.push(now);
    return next;
  }
}
