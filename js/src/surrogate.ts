// The explanation as a model of the game: predicts its value for any set of kept tokens. The Python twin is
// `Explanation.predict`.
import type { Explanation } from "./deserialize.js";
import { forEachTripleRow, pairIndex, tripleIndex } from "./indices.js";
import { memoize } from "./memoize.js";

/** Coefficients of a polynomial in 0/1 masks: the baseline, and one term for each kept token, pair and triple. */
export interface Surrogate {
  readonly explanation: Explanation;
  readonly baseline: number;
  readonly first: Float64Array;
  readonly pairs: Float64Array;
}

/** The explanation's coefficients, with pairs of patches shrunk where the masks were too few to determine them. */
export const surrogateOf = memoize((explanation: Explanation): Surrogate => {
  const { arrays, fields, nPlayers, nPatches, p } = explanation;
  let baseline = fields.baseline_value ?? 0;
  const first = Float64Array.from(arrays.first);
  const pairs = Float64Array.from(arrays.second);
  // Of a pair of patches the part centred at p is shrunk, eᵢⱼ·(zᵢ − pᵢ)·(zⱼ − pⱼ) of the masks z: subtract the rest.
  if (fields.shrinkage < 1) {
    for (let i = 0; i < nPatches; i++) {
      let index = pairIndex(i, i + 1, nPlayers);
      for (let j = i + 1; j < nPatches; j++, index++) {
        const [pi, pj] = [p[i], p[j]] as [number, number];
        const removed = (1 - fields.shrinkage) * (pairs[index] as number);
        pairs[index] = (pairs[index] as number) - removed;
        first[i] = (first[i] as number) + pj * removed;
        first[j] = (first[j] as number) + pi * removed;
        baseline -= pi * pj * removed;
      }
    }
  }
  return { explanation, baseline, first, pairs };
});

/** The pair coefficients as a full symmetric matrix: greedy search adds one row at each step. */
const pairRows = memoize(({ pairs, explanation: { nPlayers } }: Surrogate): readonly Float64Array[] => {
  const rows = Array.from({ length: nPlayers }, () => new Float64Array(nPlayers));
  let index = 0;
  for (let i = 0; i < nPlayers; i++) {
    for (let j = i + 1; j < nPlayers; j++, index++) {
      const pair = pairs[index] as number;
      (rows[i] as Float64Array)[j] = pair;
      (rows[j] as Float64Array)[i] = pair;
    }
  }
  return rows;
});

/** A set of kept tokens that grows by one at a time, with the gain in predicted value of adding each other token. */
export class GreedySubset {
  readonly members: number[] = [];
  readonly gains: Float64Array;
  /** 1 for each member. */
  readonly taken: Uint8Array;
  value: number;

  constructor(private readonly surrogate: Surrogate) {
    this.value = surrogate.baseline;
    this.gains = Float64Array.from(surrogate.first);
    this.taken = new Uint8Array(this.gains.length);
  }

  add(player: number): void {
    const { gains, members, surrogate } = this;
    const row = pairRows(surrogate)[player] as Float64Array;
    this.value += gains[player] as number;
    for (let other = 0; other < gains.length; other++) {
      gains[other] = (gains[other] as number) + (row[other] as number);
    }
    if (surrogate.explanation.triples.length > 0) this.addTriples(player);
    members.push(player);
    this.taken[player] = 1;
  }

  /** Adds the triples of the new player, each member and each other token to the gains. */
  private addTriples(player: number): void {
    const { gains, members } = this;
    const { explanation } = this.surrogate;
    for (let other = 0; other < gains.length; other++) {
      if (other === player) continue;
      for (const member of members) {
        if (member === other) continue;
        const triple = explanation.triples[tripleIndex(member, player, other, explanation)] ?? 0;
        gains[other] = (gains[other] as number) + triple;
      }
    }
  }
}

/** The predicted value with all tokens but `hidden` kept, relative to the empty input. */
export function predict(explanation: Explanation, hidden: ReadonlySet<number>): number {
  const { baseline, first, pairs } = surrogateOf(explanation);
  const { nPlayers, triples } = explanation;
  const kept = Uint8Array.from({ length: nPlayers }, (_, player) => (hidden.has(player) ? 0 : 1));
  let value = baseline;
  let index = 0;
  for (let i = 0; i < nPlayers; i++) {
    if (kept[i]) value += first[i] as number;
    for (let j = i + 1; j < nPlayers; j++, index++) if (kept[i] && kept[j]) value += pairs[index] as number;
  }
  if (triples.length === 0) return value;
  forEachTripleRow(explanation, (i, j, firstK, start) => {
    if (!kept[i] || !kept[j]) return;
    for (let k = firstK; k < nPlayers; k++) if (kept[k]) value += triples[start + k - firstK] as number;
  });
  return value;
}
