// The strongest interactions, as links between two tokens.
import { type Explanation, pairCount } from "./deserialize.js";
import { once } from "./memoize.js";

export const KINDS = ["image–image", "image–text", "text–text"] as const;
export type Kind = (typeof KINDS)[number];

export interface Link {
  readonly from: number;
  readonly to: number;
  readonly value: number;
  /** NaN where unknown. */
  readonly error: number;
}

/** Which links are asked for: so many of the strongest, or all from a strength on; and of which kinds. */
export interface LinkFilter {
  readonly by: "number" | "strength";
  readonly number: number;
  /** Share of the strongest interaction of all. */
  readonly least: number;
  readonly kinds: ReadonlySet<Kind>;
}

/** No picture is clearer for more links than this. */
export const MOST = 200;

export function kindOf(link: Pick<Link, "from" | "to">, patches: number): Kind {
  if (link.to < patches) return "image–image";
  return link.from < patches ? "image–text" : "text–text";
}

/** The links asked for, strongest first; with a selection, only those that touch it. */
export function links(
  explanation: Explanation,
  filter: LinkFilter,
  selected: ReadonlySet<number> = new Set(),
): Link[] {
  const { patches, pairs, errors } = explanation;
  const { order, from, to } = rankingOf(explanation);
  const limit = filter.by === "number" ? Math.min(filter.number, MOST) : MOST;
  const least = filter.by === "strength" ? filter.least * strongestOf(explanation) : 0;
  const found: Link[] = [];
  for (const at of order) {
    const value = pairs[at] as number;
    if (found.length === limit || value === 0 || Math.abs(value) < least) break;
    const link = { from: from[at] as number, to: to[at] as number };
    if (selected.size > 0 && !selected.has(link.from) && !selected.has(link.to)) continue;
    if (!filter.kinds.has(kindOf(link, patches))) continue;
    found.push({ ...link, value, error: errors?.pairs[at] ?? Number.NaN });
  }
  return found;
}

/** The magnitude of the strongest interaction of all. */
export function strongestOf(explanation: Explanation): number {
  return Math.abs(explanation.pairs[rankingOf(explanation).order[0] as number] ?? 0);
}

interface Ranking {
  /** Pairs by magnitude, the strongest first. */
  readonly order: Uint32Array;
  readonly from: Uint16Array;
  readonly to: Uint16Array;
}

const rankingOf = once(({ players, pairs }: Explanation): Ranking => {
  const from = new Uint16Array(pairCount(players));
  const to = new Uint16Array(from.length);
  let at = 0;
  for (let i = 0; i < players; i++) {
    for (let j = i + 1; j < players; j++, at++) {
      from[at] = i;
      to[at] = j;
    }
  }
  const size = (pair: number) => Math.abs(pairs[pair] as number);
  return { order: new Uint32Array(from.keys()).sort((a, b) => size(b) - size(a)), from, to };
});
