// The sets of tokens with the highest and the lowest predicted value, grown greedily: one set for each size.
import type { Explanation } from "./deserialize.js";
import { once } from "./memoize.js";
import { Growing, type Surrogate, surrogateOf } from "./surrogate.js";

export type Sign = "highest" | "lowest";

export interface Subsets {
  /** Predicted value of the game for each size, NaN where there is no set. */
  readonly values: Float64Array;
  /** The set of a size, in the order in which its tokens were found. */
  members(size: number): readonly number[];
}

/** With more tokens than this, sets start from some of them only. */
const MANY = 100;
const STARTS = 19;

const answersOf = once((_: Explanation) => new Map<string, Subsets>());

/** Sets of every size that contain the tokens of `within`; without any, the best over all tokens to start from. */
export function subsets(explanation: Explanation, sign: Sign, within: readonly number[] = []): Subsets {
  const question = [sign, ...within].join();
  const known = answersOf(explanation);
  const answer = known.get(question) ?? grow(explanation, sign, within);
  known.set(question, answer);
  return answer;
}

function grow(explanation: Explanation, sign: Sign, within: readonly number[]): Subsets {
  const surrogate = surrogateOf(explanation);
  const { players } = explanation;
  const direction = sign === "highest" ? 1 : -1;
  const values = new Float64Array(players + 1).fill(Number.NaN);
  const found: (readonly number[])[] = [];
  for (const start of within.length > 0 ? [within] : starts(explanation).map((player) => [player])) {
    const set = new Growing(surrogate);
    for (const player of start) set.add(player);
    while (true) {
      const size = set.members.length;
      if (!(direction * set.value <= direction * (values[size] as number))) {
        values[size] = set.value;
        found[size] = set.members;
      }
      if (size === players) break;
      set.add(bestGain(set, direction));
    }
  }
  return { values, members: (size) => found[size]?.slice(0, size) ?? [] };
}

function bestGain({ gains, taken }: Growing, direction: number): number {
  let best = -1;
  let most = Number.NEGATIVE_INFINITY;
  for (let player = 0; player < gains.length; player++) {
    const gain = direction * (gains[player] as number);
    if (taken[player] || (best >= 0 && !(gain > most))) continue;
    best = player;
    most = gain;
  }
  return best;
}

/** Every token, or where they are many those at the top, at the bottom and nearest to zero by either first order. */
function starts(explanation: Explanation): number[] {
  const all = Array.from({ length: explanation.players }, (_, player) => player);
  if (all.length <= MANY) return all;
  const { first }: Surrogate = surrogateOf(explanation);
  const chosen = new Set<number>();
  for (const values of [first, explanation.first]) {
    const by = (key: (value: number) => number) =>
      all.toSorted((a, b) => key(values[a] as number) - key(values[b] as number)).slice(0, STARTS);
    for (const player of [...by((value) => -value), ...by((value) => value), ...by(Math.abs)])
      chosen.add(player);
  }
  return [...chosen];
}
