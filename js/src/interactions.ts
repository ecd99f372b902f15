// The values a view shows: one number per token, alone or conditioned on the selected tokens.
import type { Explanation } from "./deserialize.js";
import { pairIndex, tripleIndex } from "./indices.js";

/** One value per token, with standard errors. */
export interface TokenValues {
  readonly values: Float64Array;
  /** NaN where unknown. */
  readonly stderr: Float64Array;
}

/** The value of a token, of a word's tokens as a whole, or of the interaction of two tokens. */
export interface Estimate {
  readonly players: readonly number[];
  readonly value: number;
  /** NaN where unknown. */
  readonly stderr: number;
}

export function attribution({ firstOrder, stderr, nPlayers }: Explanation): TokenValues {
  return {
    values: Float64Array.from(firstOrder),
    stderr: stderr.firstOrder
      ? Float64Array.from(stderr.firstOrder)
      : new Float64Array(nPlayers).fill(Number.NaN),
  };
}

/** The coefficients of single tokens: what each adds where all others are hidden. */
export function mainEffects({ arrays, nPlayers }: Explanation): TokenValues {
  const { first, stderr_first: stderr } = arrays;
  return {
    values: Float64Array.from(first),
    stderr: stderr ? Float64Array.from(stderr) : new Float64Array(nPlayers).fill(Number.NaN),
  };
}

/** Each token's interactions with the selected tokens, summed; 0 with itself. */
export function conditional(explanation: Explanation, selected: readonly number[]): TokenValues {
  const { nPlayers, secondOrder } = explanation;
  const values = new Float64Array(nPlayers);
  const stderr = new Float64Array(nPlayers).fill(Number.NaN);
  // Interactions are correlated, so the standard error of a sum of several is unknown.
  const known = selected.length === 1 ? explanation.stderr.secondOrder : null;
  for (const other of selected) {
    for (let player = 0; player < nPlayers; player++) {
      if (player === other) continue;
      const index = pairIndex(player, other, nPlayers);
      values[player] = (values[player] as number) + (secondOrder[index] as number);
      if (known) stderr[player] = known[index] as number;
    }
  }
  return { values, stderr };
}

/** The interactions between image and caption: one row for each patch, one column for each caption token. */
export function crossModal({ secondOrder, nPatches, nPlayers }: Explanation): Float32Array {
  const nWords = nPlayers - nPatches;
  const block = new Float32Array(nPatches * nWords);
  for (let patch = 0; patch < nPatches; patch++) {
    const start = pairIndex(patch, nPatches, nPlayers);
    block.set(secondOrder.subarray(start, start + nWords), patch * nWords);
  }
  return block;
}

/** Third-order interactions of two tokens with each third one; NaN where the fit has no such term. */
export function joint(explanation: Explanation, first: number, second: number): TokenValues {
  const { nPlayers, triples, stderr } = explanation;
  const gather = (source: Float32Array | null) =>
    Float64Array.from({ length: nPlayers }, (_, player) => {
      if (player === first || player === second) return Number.NaN;
      return source?.[tripleIndex(first, second, player, explanation)] ?? Number.NaN;
    });
  return { values: gather(triples), stderr: gather(stderr.triples) };
}

/** What values are of: each counts the interactions with other tokens at their probability, not at all, or is one. */
export type ValueKind = "mean" | "main" | "interaction";

/** The value of a word whose tokens are kept and hidden together. */
export function wordValue(
  explanation: Explanation,
  { values }: TokenValues,
  word: readonly number[],
  kind: ValueKind,
): number {
  const { secondOrder, p, nPlayers } = explanation;
  let sum = 0;
  for (const [position, token] of word.entries()) {
    sum += values[token] as number;
    for (const other of kind === "interaction" ? [] : word.slice(position + 1)) {
      const counted = kind === "main" ? 0 : (p[token] as number) + (p[other] as number);
      sum += (1 - counted) * (secondOrder[pairIndex(token, other, nPlayers)] as number);
    }
  }
  return sum;
}

/** Whether zero lies within one standard error; false where that is unknown. */
export function isUncertain(value: number, stderr: number): boolean {
  return Math.abs(value) < stderr;
}

export function toEstimates({ values, stderr }: TokenValues): Estimate[] {
  return Array.from(values, (value, player) => ({
    players: [player],
    value,
    stderr: stderr[player] as number,
  }));
}

/** The non-zero estimates of largest magnitude, in descending order, leaving out those of `excluded` players. */
export function strongest(
  estimates: readonly Estimate[],
  count: number,
  excluded: ReadonlySet<number>,
): Estimate[] {
  const magnitude = ({ value }: Estimate) => Math.abs(value);
  return estimates
    .filter((each) => magnitude(each) > 0 && !each.players.some((player) => excluded.has(player)))
    .sort((a, b) => magnitude(b) - magnitude(a))
    .slice(0, count);
}
