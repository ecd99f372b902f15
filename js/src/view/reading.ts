// What one element of the view says: of a token, or of the link between two.
import { pairIndex } from "../data.js";
import type { Entry } from "../interactions.js";
import type { Frame } from "./frame.js";

export interface Reading extends Entry {
  readonly name: string;
}

export function playersOf({ dataset }: HTMLElement): number[] {
  return (dataset.player ?? dataset.bar ?? "").split(" ").filter(Boolean).map(Number);
}

export function readingOf(element: HTMLElement, { values, errors, explanation }: Frame): Reading {
  const players = playersOf(element);
  const [one, two] = players as [number, number?];
  const name = players.map((player) => explanation.names[player]).join(" · ");
  if (two === undefined) return { players, name, value: values[one] as number, error: errors[one] as number };
  const at = pairIndex(one, two, explanation.players);
  const error = explanation.errors?.pairs[at] ?? Number.NaN;
  return { players, name, value: explanation.pairs[at] as number, error };
}

export function tokenAt(target: EventTarget | null): HTMLElement | null {
  return (target as Element | null)?.closest<HTMLElement>("[data-player], [data-bar]") ?? null;
}
