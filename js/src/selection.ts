// The state that a view and its kernel share, and the actions that change it.
import { followsSelection, type Mode } from "./modes.js";

/** The traits that a reader changes. Players keep the order in which they were selected. */
export interface SelectionState {
  readonly mode: Mode;
  readonly selected: readonly number[];
  /** Tokens that are switched off. */
  readonly hidden: readonly number[];
}

/** Actions that change which tokens are selected. */
type SelectAction =
  /** Selects these alone, or clears the selection if it is these already. */
  | { readonly kind: "click"; readonly players: readonly number[] }
  /** Adds what is missing, or removes all if none is. */
  | { readonly kind: "toggle"; readonly players: readonly number[] }
  | { readonly kind: "extend"; readonly players: readonly number[] }
  | { readonly kind: "replace"; readonly players: readonly number[] }
  | { readonly kind: "clear" };

export type Action =
  | SelectAction
  | { readonly kind: "toggleHidden"; readonly players: readonly number[] }
  | { readonly kind: "unhideAll" }
  | { readonly kind: "setMode"; readonly mode: Mode }
  | { readonly kind: "restore"; readonly state: SelectionState };

export type Dispatch = (action: Action) => void;

export function applyAction(state: SelectionState, action: Action): SelectionState {
  switch (action.kind) {
    case "toggleHidden":
      return { ...state, hidden: toggle(state.hidden, action.players) };
    case "unhideAll":
      return { ...state, hidden: [] };
    case "setMode":
      return { ...state, mode: action.mode };
    case "restore":
      return action.state;
    default: {
      const selected = select(state.selected, action);
      return { ...state, selected, mode: modeAfterSelecting(selected, state.mode) };
    }
  }
}

function select(selected: readonly number[], action: SelectAction): readonly number[] {
  switch (action.kind) {
    case "clear":
      return [];
    case "click":
      return isSameSet(selected, action.players) ? [] : [...action.players];
    case "replace":
      return [...action.players];
    case "toggle":
      return toggle(selected, action.players);
    case "extend":
      return union(selected, action.players);
  }
}

function toggle(current: readonly number[], players: readonly number[]): readonly number[] {
  const hasAll = players.every((player) => current.includes(player));
  return hasAll ? current.filter((player) => !players.includes(player)) : union(current, players);
}

function union(a: readonly number[], b: readonly number[]): readonly number[] {
  return [...a, ...b.filter((player) => !a.includes(player))];
}

/** Compares two lists of distinct players, in any order. */
export function isSameSet(a: readonly number[], b: readonly number[]): boolean {
  return a.length === b.length && b.every((player) => a.includes(player));
}

export function isSameState(a: SelectionState, b: SelectionState): boolean {
  return a.mode === b.mode && isSameSet(a.selected, b.selected) && isSameSet(a.hidden, b.hidden);
}

/** Selecting shows conditional values and clearing shows attributions, in the modes that follow it. */
function modeAfterSelecting(selected: readonly number[], mode: Mode): Mode {
  if (!followsSelection(mode)) return mode;
  return selected.length > 0 ? "conditional" : "attribution";
}

/** Indices of the cells in the rectangle between two cells of a grid, row by row. */
export function rectangleBetween(from: number, to: number, columns: number): number[] {
  const [top, bottom] = ascending(Math.floor(from / columns), Math.floor(to / columns));
  const [left, right] = ascending(from % columns, to % columns);
  const cells: number[] = [];
  for (let row = top; row <= bottom; row++) {
    for (let column = left; column <= right; column++) cells.push(row * columns + column);
  }
  return cells;
}

function ascending(a: number, b: number): [number, number] {
  return a < b ? [a, b] : [b, a];
}
