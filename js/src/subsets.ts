// For each size, the set of tokens with the highest or lowest predicted value, by greedy search.
import type { Explanation } from "./deserialize.js";
import { memoize } from "./memoize.js";
import { GreedySubset, surrogateOf } from "./surrogate.js";

/** What the search optimises: the highest or the lowest predicted value. */
export type Objective = "highest" | "lowest";

/** The best subset of each size. */
export interface Subsets {
  /** Predicted value by size, NaN where there is no subset. */
  readonly values: Float64Array;
  /** The subset of one size, in the order in which its tokens were added. */
  members(size: number): readonly number[];
}

/** Up to this many tokens, the search starts from each of them. */
const MAX_STARTS = 100;
/** Beyond that, it starts from so many tokens of each ranking. */
const STARTS_PER_RANKING = 19;

const cacheOf = memoize((_: Explanation) => new Map<string, Subsets>());

/** The best subsets that contain all tokens of `required`; if that is empty, the best over all start tokens. */
export function bestSubsets(
  explanation: Explanation,
  objective: Objective,
  required: readonly number[] = [],
): Subsets {
  const key = [objective, ...required].join();
  const cache = cacheOf(explanation);
  const subsets = cache.get(key) ?? search(explanation, objective, required);
  cache.set(key, subsets);
  return subsets;
}

function search(explanation: Explanation, objective: Objective, required: readonly number[]): Subsets {
  const surrogate = surrogateOf(explanation);
  const { nPlayers } = explanation;
  const direction = objective === "highest" ? 1 : -1;
  const values = new Float64Array(nPlayers + 1).fill(Number.NaN);
  const best: (readonly number[])[] = [];
  const starts = required.length > 0 ? [required] : startTokens(explanation).map((player) => [player]);
  for (const start of starts) {
    const subset = new GreedySubset(surrogate);
    for (const player of start) subset.add(player);
    while (true) {
      const size = subset.members.length;
      // Negated, so that NaN counts as worse than any value.
      if (!(direction * subset.value <= direction * (values[size] as number))) {
        values[size] = subset.value;
        best[size] = subset.members;
      }
      if (size === nPlayers) break;
      subset.add(bestAddition(subset, direction));
    }
  }
  // `best[size]` holds the whole chain grown from its start, of which the first `size` tokens are the subset.
  return { values, members: (size) => best[size]?.slice(0, size) ?? [] };
}

function bestAddition({ gains, taken }: GreedySubset, direction: number): number {
  let best = -1;
  let bestGain = Number.NEGATIVE_INFINITY;
  for (let player = 0; player < gains.length; player++) {
    const gain = direction * (gains[player] as number);
    if (taken[player] || (best >= 0 && !(gain > bestGain))) continue;
    best = player;
    bestGain = gain;
  }
  return best;
}

/** All tokens, or if they are many, the top, the bottom and the nearest to zero by attribution and by coefficient. */
function startTokens(explanation: Explanation): number[] {
  const all = Array.from({ length: explanation.nPlayers }, (_, player) => player);
  if (all.length <= MAX_STARTS) return all;
  const starts = new Set<number>();
  for (const values of [surrogateOf(explanation).first, explanation.firstOrder]) {
    const firstBy = (key: (value: number) => number) =>
      all
        .toSorted((a, b) => key(values[a] as number) - key(values[b] as number))
        .slice(0, STARTS_PER_RANKING);
    const rankings = [firstBy((value) => -value), firstBy((value) => value), firstBy(Math.abs)];
    for (const player of rankings.flat()) starts.add(player);
  }
  return [...starts];
}
