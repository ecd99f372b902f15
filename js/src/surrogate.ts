// What the explanation says of inputs it has not seen: the Python twin is `Explanation.predict`.
import { type Explanation, pairIndex, tripleIndex } from "./deserialize.js";
import { once } from "./memoize.js";

/** Coefficients of the game: baseline + those of kept tokens, kept pairs and kept triples. */
export interface Surrogate {
  readonly explanation: Explanation;
  readonly baseline: number;
  readonly first: Float64Array;
  readonly pairs: Float64Array;
}

/** The values shown are averages over the other tokens, kept with chance p; take what those bring out again. */
export const surrogateOf = once((explanation: Explanation): Surrogate => {
  const { meta, players, patches, p } = explanation;
  const first = Float64Array.from(explanation.first);
  const pairs = Float64Array.from(explanation.pairs);
  const take = (from: Float64Array, at: number, value: number) => {
    from[at] = (from[at] as number) - value;
  };
  eachTriple(explanation, (i, j, k, value) => {
    const [pi, pj, pk] = [p[i], p[j], p[k]] as [number, number, number];
    take(pairs, pairIndex(i, j, players), pk * value);
    take(pairs, pairIndex(i, k, players), pj * value);
    take(pairs, pairIndex(j, k, players), pi * value);
    take(first, i, pj * pk * value);
    take(first, j, pi * pk * value);
    take(first, k, pi * pj * value);
  });
  let at = 0;
  for (let i = 0; i < players; i++) {
    for (let j = i + 1; j < players; j++, at++) {
      if (j < patches) pairs[at] = (pairs[at] as number) * meta.shrinkage;
      take(first, i, (p[j] as number) * (pairs[at] as number));
      take(first, j, (p[i] as number) * (pairs[at] as number));
    }
  }
  return { explanation, baseline: meta.baseline ?? 0, first, pairs };
});

function eachTriple(
  explanation: Explanation,
  visit: (i: number, j: number, k: number, value: number) => void,
): void {
  const { triples, patches, players } = explanation;
  if (triples.length === 0) return;
  let at = 0;
  for (let i = 0; i < patches; i++) {
    for (let j = i + 1; j < patches; j++) {
      for (let k = patches; k < players; k++, at++) visit(i, j, k, triples[at] as number);
    }
  }
  for (let i = 0; i < patches; i++) {
    for (let j = patches; j < players; j++) {
      for (let k = j + 1; k < players; k++, at++) visit(i, j, k, triples[at] as number);
    }
  }
}

/** The pairs as a whole matrix, whose rows are quick to add. */
const rowsOf = once(({ pairs, explanation: { players } }: Surrogate): readonly Float64Array[] => {
  const rows = Array.from({ length: players }, () => new Float64Array(players));
  let at = 0;
  for (let i = 0; i < players; i++) {
    for (let j = i + 1; j < players; j++, at++) {
      const pair = pairs[at] as number;
      (rows[i] as Float64Array)[j] = pair;
      (rows[j] as Float64Array)[i] = pair;
    }
  }
  return rows;
});

/** A set of kept tokens that grows one by one, with what each token outside would add to its value. */
export class Growing {
  readonly members: number[] = [];
  readonly gains: Float64Array;
  readonly taken: Uint8Array;
  value: number;

  constructor(private readonly surrogate: Surrogate) {
    this.value = surrogate.baseline;
    this.gains = Float64Array.from(surrogate.first);
    this.taken = new Uint8Array(this.gains.length);
  }

  add(player: number): void {
    const { gains, members, surrogate } = this;
    const row = rowsOf(surrogate)[player] as Float64Array;
    this.value += gains[player] as number;
    for (let other = 0; other < gains.length; other++) {
      gains[other] = (gains[other] as number) + (row[other] as number);
    }
    if (surrogate.explanation.triples.length > 0) this.addTriples(player);
    members.push(player);
    this.taken[player] = 1;
  }

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

/** The predicted value of the game with all tokens kept but `hidden`, relative to the empty input. */
export function predict(explanation: Explanation, hidden: ReadonlySet<number>): number {
  const { baseline, first, pairs } = surrogateOf(explanation);
  const { players } = explanation;
  const kept = Uint8Array.from({ length: players }, (_, player) => (hidden.has(player) ? 0 : 1));
  let value = baseline;
  let at = 0;
  for (let i = 0; i < players; i++) {
    if (kept[i]) value += first[i] as number;
    for (let j = i + 1; j < players; j++, at++) if (kept[i] && kept[j]) value += pairs[at] as number;
  }
  eachTriple(explanation, (i, j, k, triple) => {
    if (kept[i] && kept[j] && kept[k]) value += triple;
  });
  return value;
}
