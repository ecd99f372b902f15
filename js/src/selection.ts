// Which tokens are selected after what a person did. Players keep the order in which they were chosen.
import type { Mode } from "./model.js";

export type Action =
  | { readonly kind: "click"; readonly players: readonly number[] }
  | { readonly kind: "toggle"; readonly players: readonly number[] }
  | { readonly kind: "extend"; readonly players: readonly number[] }
  | { readonly kind: "clear" };

export function select(selected: readonly number[], action: Action): readonly number[] {
  if (action.kind === "clear") return [];
  const { players } = action;
  const all = players.every((player) => selected.includes(player));
  switch (action.kind) {
    case "click":
      return all && selected.length === players.length ? [] : [...players];
    case "toggle":
      return all
        ? selected.filter((player) => !players.includes(player))
        : select(selected, { kind: "extend", players });
    case "extend":
      return [...selected, ...players.filter((player) => !selected.includes(player))];
  }
}

/** Whoever selects wants to see what goes with it; whoever clears, the tokens on their own. Links and sets stay. */
export function modeFor(selected: readonly number[], mode: Mode): Mode {
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
