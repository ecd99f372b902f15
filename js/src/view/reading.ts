// What one element of the view says: of a token, of a word of several, or of the link between two.
import { type Explanation, pairIndex } from "../deserialize.js";
import { type Entry, whole } from "../interactions.js";
import type { Frame } from "./frame.js";

export interface Reading extends Entry {
  readonly name: string;
}

export function playersOf({ dataset }: HTMLElement): number[] {
  return (dataset.word ?? dataset.player ?? dataset.bar ?? "").split(" ").filter(Boolean).map(Number);
}

/** Of a token, or of a word of several. */
export function read(players: readonly number[], frame: Frame): Reading {
  const { values, errors, explanation } = frame;
  const [one] = players as [number];
  if (players.length === 1) {
    const name = explanation.labels[one] as string;
    return { players, name, value: values[one] as number, error: errors[one] as number };
  }
  const value = whole(explanation, frame, players, frame.mode !== "conditional");
  return { players, name: named(explanation, players, ""), value, error: Number.NaN };
}

export function readingOf(element: HTMLElement, frame: Frame): Reading {
  const players = playersOf(element);
  const [one, two] = players as [number, number?];
  if (two === undefined || element.dataset.word) return read(players, frame);
  const { explanation } = frame;
  const at = pairIndex(one, two, explanation.players);
  const error = explanation.errors?.pairs[at] ?? Number.NaN;
  return {
    players,
    name: named(explanation, players, " · "),
    value: explanation.pairs[at] as number,
    error,
  };
}

function named({ labels }: Explanation, players: readonly number[], sign: string): string {
  return players.map((player) => labels[player]).join(sign);
}

export function tokenAt(target: EventTarget | null): HTMLElement | null {
  return (target as Element | null)?.closest<HTMLElement>("[data-player], [data-bar]") ?? null;
}
