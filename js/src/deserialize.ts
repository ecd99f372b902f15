// The numbers of one explanation, read from the bytes that `wire.py` writes.
import type { Meta } from "./model.js";

/** One number for each token, pair and, at third order, triple. */
export interface Orders {
  readonly first: Float32Array;
  /** Upper triangle of the interaction matrix, row by row. */
  readonly pairs: Float32Array;
  /** Pairs of patches × words, then patches × pairs of words; empty below third order. */
  readonly triples: Float32Array;
}

export interface Explanation extends Orders {
  readonly meta: Meta;
  readonly rows: number;
  readonly columns: number;
  readonly players: number;
  readonly patches: number;
  /** Standard errors, NaN where unknown. */
  readonly errors: Orders | null;
  readonly names: readonly string[];
  /** The names, those of several tokens with a number each: "a (1)", "cat", "a (2)". */
  readonly labels: readonly string[];
  /** The chance of keeping each player. */
  readonly p: Float64Array;
  /** The players of each word, in the order of the caption. */
  readonly words: readonly (readonly number[])[];
}

export function decode(meta: Meta, bytes: DataView): Explanation {
  const [rows, columns] = meta.grid;
  const players = meta.tokens.length;
  const patches = rows * columns;
  const words = players - patches;
  const ends = [players, players + pairCount(players)] as const;
  const tripleCount = pairCount(patches) * words + patches * pairCount(words);
  const block = ends[1] + (meta.triples ? tripleCount : 0);
  const floats = littleEndianFloats(bytes);
  if (floats.length !== block && floats.length !== 2 * block) {
    throw new Error(`${floats.length} values do not fit ${players} tokens, which need ${block}.`);
  }
  const orders = (all: Float32Array): Orders => ({
    first: all.subarray(0, ends[0]),
    pairs: all.subarray(ends[0], ends[1]),
    triples: all.subarray(ends[1], block),
  });
  const p = meta.p ?? 0.5;
  const names = meta.tokens.map((token) => token.trim() || "␣");
  const [pImage, pText] = typeof p === "number" ? [p, p] : p;
  return {
    ...orders(floats),
    meta,
    rows,
    columns,
    players,
    patches,
    errors: floats.length > block ? orders(floats.subarray(block)) : null,
    names,
    labels: toldApart(names),
    p: Float64Array.from({ length: players }, (_, player) => (player < patches ? pImage : pText)),
    words: wordsOf(meta.joined).map((places) => places.map((place) => patches + place)),
  };
}

function toldApart(names: readonly string[]): string[] {
  const places = new Map<string, number[]>();
  for (const [place, name] of names.entries()) places.set(name, [...(places.get(name) ?? []), place]);
  const labels = [...names];
  for (const [name, all] of places) {
    if (all.length > 1) for (const [k, place] of all.entries()) labels[place] = `${name} (${k + 1})`;
  }
  return labels;
}

/** Places in runs that make one word. */
export function wordsOf(joined: readonly boolean[]): number[][] {
  const runs: number[][] = [];
  for (const [place, continues] of joined.entries()) {
    const last = runs.at(-1);
    if (continues && last) last.push(place);
    else runs.push([place]);
  }
  return runs;
}

export function pairCount(n: number): number {
  return (n * (n - 1)) / 2;
}

/** Where the pair i ≠ j stands in the upper triangle. */
export function pairIndex(i: number, j: number, n: number): number {
  const [row, column] = i < j ? [i, j] : [j, i];
  return (row * (2 * n - row - 1)) / 2 + column - row - 1;
}

/** Where the triple of three different players stands, or −1 where there is no such term: within one modality. */
export function tripleIndex(i: number, j: number, k: number, { patches, players }: Explanation): number {
  const [a, b, c] = [i, j, k].sort((x, y) => x - y) as [number, number, number];
  const words = players - patches;
  if (a >= patches || c < patches) return -1;
  if (b < patches) return pairIndex(a, b, patches) * words + c - patches;
  return pairCount(patches) * words + a * pairCount(words) + pairIndex(b - patches, c - patches, words);
}

// Browsers run on little-endian machines only. The bytes may lie anywhere in a larger buffer, on no boundary.
function littleEndianFloats({ buffer, byteOffset, byteLength }: DataView): Float32Array {
  if (byteOffset % 4 === 0) return new Float32Array(buffer, byteOffset, byteLength / 4);
  return new Float32Array(buffer.slice(byteOffset, byteOffset + byteLength));
}
