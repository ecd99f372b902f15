// First- and second-order values from the coefficients: means over the tokens outside, each kept with probability p.
// The Python twins are `Explanation.first_order` and `Explanation.second_order`.
import { forEachTripleRow, type PlayerCounts, pairIndex } from "./indices.js";

/** The coefficients of an explanation. */
export interface Coefficients extends PlayerCounts {
  readonly first: Float32Array;
  /** Upper triangle of the symmetric matrix, row by row. */
  readonly second: Float32Array;
  /** Patch pairs × caption tokens, then patches × pairs of caption tokens; empty below third order. */
  readonly triples: Float32Array;
  /** Probability of keeping each player. */
  readonly p: Float64Array;
}

/** aᵢ = eᵢ + Σⱼ pⱼ·eᵢⱼ + Σ pⱼpₖ·eᵢⱼₖ, and the upper triangle of eᵢⱼ + Σₖ pₖ·eᵢⱼₖ. */
export function banzhafValues(coefficients: Coefficients): {
  firstOrder: Float32Array;
  secondOrder: Float32Array;
} {
  const { first, second, triples, p } = coefficients;
  const firstOrder = meanOverPairs(second, p);
  let secondOrder = second;
  if (triples.length > 0) {
    const means = meanOverTriples(coefficients);
    secondOrder = second.map((pair, index) => pair + (means[index] as number));
    // Each triple occurs in two pairs with i.
    for (const [i, mean] of meanOverPairs(means, p).entries())
      firstOrder[i] = (firstOrder[i] as number) + mean / 2;
  }
  return { firstOrder: first.map((single, i) => single + (firstOrder[i] as number)), secondOrder };
}

/** Σⱼ pⱼ·eᵢⱼ for each player i. */
export function meanOverPairs(pairs: Float32Array | Float64Array, p: Float64Array): Float64Array {
  const nPlayers = p.length;
  const sums = new Float64Array(nPlayers);
  let index = 0;
  for (let i = 0; i < nPlayers; i++) {
    const pi = p[i] as number;
    let sum = sums[i] as number;
    for (let j = i + 1; j < nPlayers; j++, index++) {
      const pair = pairs[index] as number;
      sum += (p[j] as number) * pair;
      sums[j] = (sums[j] as number) + pi * pair;
    }
    sums[i] = sum;
  }
  return sums;
}

/** Σₖ pₖ·eᵢⱼₖ for each pair i < j. */
function meanOverTriples(coefficients: Coefficients): Float64Array {
  const { second, triples, p, nPlayers } = coefficients;
  const means = new Float64Array(second.length);
  forEachTripleRow(coefficients, (i, j, firstK, start) => {
    const [pi, pj] = [p[i], p[j]] as [number, number];
    // The pairs of i with all k stand one after another, and those of j too.
    const [startOfI, startOfJ] = [pairIndex(i, firstK, nPlayers), pairIndex(j, firstK, nPlayers)];
    let sum = 0;
    for (let offset = 0; offset < nPlayers - firstK; offset++) {
      const triple = triples[start + offset] as number;
      sum += (p[firstK + offset] as number) * triple;
      means[startOfI + offset] = (means[startOfI + offset] as number) + pj * triple;
      means[startOfJ + offset] = (means[startOfJ + offset] as number) + pi * triple;
    }
    const pair = pairIndex(i, j, nPlayers);
    means[pair] = (means[pair] as number) + sum;
  });
  return means;
}
