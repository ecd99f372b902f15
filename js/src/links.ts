// The strongest pairwise interactions, as links between two tokens.
import type { Explanation } from "./deserialize.js";
import { pairCount } from "./indices.js";
import { memoize } from "./memoize.js";

export const LINK_KINDS = ["image–image", "image–text", "text–text"] as const;
export type LinkKind = (typeof LINK_KINDS)[number];

/** The interaction of two players, `from` < `to`. */
export interface Link {
  readonly from: number;
  readonly to: number;
  readonly value: number;
  /** NaN where unknown. */
  readonly stderr: number;
}

/** Which links to draw: the `count` strongest, or all of at least `minStrength`; only of the given kinds. */
export interface LinkFilter {
  readonly by: "number" | "strength";
  readonly count: number;
  /** As a share of the strongest interaction. */
  readonly minStrength: number;
  readonly kinds: ReadonlySet<LinkKind>;
}

/** More links than this hide the image and each other. */
export const MAX_LINKS = 200;

export function linkKind({ from, to }: Pick<Link, "from" | "to">, nPatches: number): LinkKind {
  if (to < nPatches) return "image–image";
  return from < nPatches ? "image–text" : "text–text";
}

/** The links that pass the filter, strongest first; with a selection, only those of selected tokens. */
export function filterLinks(
  explanation: Explanation,
  filter: LinkFilter,
  selected: ReadonlySet<number> = new Set(),
): Link[] {
  const { nPatches, secondOrder, stderr } = explanation;
  const { order, from, to } = rankPairs(explanation);
  const limit = filter.by === "number" ? Math.min(filter.count, MAX_LINKS) : MAX_LINKS;
  const threshold = filter.by === "strength" ? filter.minStrength * maxInteraction(explanation) : 0;
  const links: Link[] = [];
  for (const index of order) {
    const value = secondOrder[index] as number;
    if (links.length === limit || value === 0 || Math.abs(value) < threshold) break;
    const ends = { from: from[index] as number, to: to[index] as number };
    if (selected.size > 0 && !selected.has(ends.from) && !selected.has(ends.to)) continue;
    if (!filter.kinds.has(linkKind(ends, nPatches))) continue;
    links.push({ ...ends, value, stderr: stderr.secondOrder?.[index] ?? Number.NaN });
  }
  return links;
}

/** The largest magnitude of all pairwise interactions. */
export function maxInteraction(explanation: Explanation): number {
  return Math.abs(explanation.secondOrder[rankPairs(explanation).order[0] as number] ?? 0);
}

interface RankedPairs {
  /** Indices of the pairs by descending magnitude. */
  readonly order: Uint32Array;
  /** The two players of each pair, by its index. */
  readonly from: Uint16Array;
  readonly to: Uint16Array;
}

const rankPairs = memoize(({ nPlayers, secondOrder }: Explanation): RankedPairs => {
  const from = new Uint16Array(pairCount(nPlayers));
  const to = new Uint16Array(from.length);
  let index = 0;
  for (let i = 0; i < nPlayers; i++) {
    for (let j = i + 1; j < nPlayers; j++, index++) {
      from[index] = i;
      to[index] = j;
    }
  }
  const magnitude = (pair: number) => Math.abs(secondOrder[pair] as number);
  return { order: new Uint32Array(from.keys()).sort((a, b) => magnitude(b) - magnitude(a)), from, to };
});
