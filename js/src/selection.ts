// What is selected, switched off and looked at after what a person did.
import type { Mode } from "./model.js";

/** What a view and its kernel agree on. Players keep the order in which they were chosen. */
export interface State {
  readonly mode: Mode;
  readonly selected: readonly number[];
  readonly hidden: readonly number[];
}

export type Action =
  | { readonly kind: "click"; readonly players: readonly number[] }
  | { readonly kind: "toggle"; readonly players: readonly number[] }
  | { readonly kind: "extend"; readonly players: readonly number[] }
  | { readonly kind: "choose"; readonly players: readonly number[] }
  | { readonly kind: "switch"; readonly players: readonly number[] }
  | { readonly kind: "view"; readonly mode: Mode }
  | { readonly kind: "clear" }
  | { readonly kind: "restore" };

export function stateAfter(state: State, action: Action): State {
  switch (action.kind) {
    case "switch":
      return { ...state, hidden: toggled(state.hidden, action.players) };
    case "restore":
      return { ...state, hidden: [] };
    case "view":
      return { ...state, mode: action.mode };
    default: {
      const selected = select(state.selected, action);
      return { ...state, selected, mode: modeFor(selected, state.mode) };
    }
  }
}

type Selecting = Extract<Action, { kind: "click" | "toggle" | "extend" | "choose" | "clear" }>;

function select(selected: readonly number[], action: Selecting): readonly number[] {
  switch (action.kind) {
    case "clear":
      return [];
    case "click":
      return same(selected, action.players) ? [] : [...action.players];
    case "choose":
      return [...action.players];
    case "toggle":
      return toggled(selected, action.players);
    case "extend":
      return united(selected, action.players);
  }
}

/** Without the players if all of them are there, else with all. */
function toggled(from: readonly number[], players: readonly number[]): readonly number[] {
  const all = players.every((player) => from.includes(player));
  return all ? from.filter((player) => !players.includes(player)) : united(from, players);
}

function united(one: readonly number[], other: readonly number[]): readonly number[] {
  return [...one, ...other.filter((player) => !one.includes(player))];
}

export function same(one: readonly number[], other: readonly number[]): boolean {
  return one.length === other.length && other.every((player) => one.includes(player));
}

/** Whether nothing that is seen differs. */
export function alike(one: State, other: State): boolean {
  return one.mode === other.mode && same(one.selected, other.selected) && same(one.hidden, other.hidden);
}

/** Whoever selects wants to see what goes with it; whoever clears, the tokens on their own. Links and sets stay. */
function modeFor(selected: readonly number[], mode: Mode): Mode {
  if (mode === "links" || mode === "subset") return mode;
  return selected.length > 0 ? "conditional" : "attribution";
}

/** Places on the way from one to another, both included: the rectangle between them. */
export function between(from: number, to: number, columns: number): number[] {
  const [rowA, rowB] = ascending(Math.floor(from / columns), Math.floor(to / columns));
  const [columnA, columnB] = ascending(from % columns, to % columns);
  const places: number[] = [];
  for (let row = rowA; row <= rowB; row++) {
    for (let column = columnA; column <= columnB; column++) places.push(row * columns + column);
  }
  return places;
}

function ascending(a: number, b: number): [number, number] {
  return a < b ? [a, b] : [b, a];
}
