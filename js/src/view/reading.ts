// What one element of the view says: of a token, of a word of several, or of the link between two.
import { pairIndex } from "../data.js";
import { type Entry, whole } from "../interactions.js";
import type { Frame } from "./frame.js";

export interface Reading extends Entry {
  readonly name: string;
}

export function playersOf({ dataset }: HTMLElement): number[] {
  return (dataset.word ?? dataset.player ?? dataset.bar ?? "").split(" ").filter(Boolean).map(Number);
}

export function readingOf(element: HTMLElement, frame: Frame): Reading {
  const { values, errors, explanation } = frame;
  const players = playersOf(element);
  const named = (sign: string) => players.map((player) => explanation.names[player]).join(sign);
  const [one, two] = players as [number, number?];
  if (two === undefined) {
    return { players, name: named(""), value: values[one] as number, error: errors[one] as number };
  }
  if (element.dataset.word) {
    const value = whole(explanation, frame, players, frame.mode !== "conditional");
    return { players, name: named(""), value, error: Number.NaN };
  }
  const at = pairIndex(one, two, explanation.players);
  const error = explanation.errors?.pairs[at] ?? Number.NaN;
  return { players, name: named(" · "), value: explanation.pairs[at] as number, error };
}

export function tokenAt(target: EventTarget | null): HTMLElement | null {
  return (target as Element | null)?.closest<HTMLElement>("[data-player], [data-bar]") ?? null;
}
