// Masked inputs to look at, each with the model's own similarity and the one that the explanation predicts.
import type { Explanation } from "./deserialize.js";
import { memoize } from "./memoize.js";
import { predict } from "./surrogate.js";

/** One masked input for each of several probabilities; those drawn with the explanation's own; these by their error. */
export const EXAMPLE_ORDERS = ["one for each p", "at random", "largest error"] as const;
export type ExampleOrder = (typeof EXAMPLE_ORDERS)[number];

export interface Example {
  /** Players that the mask hides. */
  readonly hidden: ReadonlySet<number>;
  /** With what probability it keeps players; null for the explanation's own. */
  readonly level: number | null;
  /** The model's own similarity. */
  readonly measured: number;
  readonly predicted: number;
}

/** All examples, in the order in which they were drawn; empty where the explanation has none. */
export const examplesOf = memoize((explanation: Explanation): readonly Example[] => {
  const { fields, meta, nPlayers } = explanation;
  const levels = meta.example_levels ?? [];
  return (fields.example_masks ?? []).map((mask, index) => {
    const players = Array.from({ length: nPlayers }, (_, player) => player);
    const hidden = new Set(players.filter((player) => mask[player] === "0"));
    return {
      hidden,
      level: levels[index] ?? null,
      measured: fields.example_similarity?.[index] ?? Number.NaN,
      predicted: fields.empty_value + predict(explanation, hidden),
    };
  });
});

export const examplesBy = memoize((explanation: Explanation): Record<ExampleOrder, readonly Example[]> => {
  const examples = examplesOf(explanation);
  const own = examples.filter(({ level }) => level === null);
  // A file may hold few.
  const drawn = own.length > 0 ? own : examples;
  return {
    "one for each p": examples.filter(({ level }) => level !== null),
    "at random": drawn,
    "largest error": drawn.toSorted((a, b) => Math.abs(errorOf(b)) - Math.abs(errorOf(a))),
  };
});

/** How far the model is above what is predicted. */
export function errorOf({ measured, predicted }: Example): number {
  return measured - predicted;
}

/** The share of the variance of the model's similarities that is predicted; NaN where these do not vary. */
export function rSquared(examples: readonly Example[]): number {
  const mean = examples.reduce((sum, { measured }) => sum + measured, 0) / examples.length;
  const total = examples.reduce((sum, { measured }) => sum + (measured - mean) ** 2, 0);
  const left = examples.reduce((sum, example) => sum + errorOf(example) ** 2, 0);
  return total > 0 ? 1 - left / total : Number.NaN;
}
