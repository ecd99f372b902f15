// Reads the wire format of one explanation, which `serialize.py` writes.
import type { Meta } from "./model.js";

/** One number for each player, each pair and, at third order, each triple across modalities. */
export interface InteractionValues {
  readonly first: Float32Array;
  /** Upper triangle of the interaction matrix, row by row. */
  readonly pairs: Float32Array;
  /** Patch pairs × caption tokens, then patches × pairs of caption tokens; empty below third order. */
  readonly triples: Float32Array;
}

/** The values of one explanation with their tokens. Players are numbered patches first, row by row. */
export interface Explanation extends InteractionValues {
  readonly meta: Meta;
  readonly rows: number;
  readonly columns: number;
  readonly nPlayers: number;
  readonly nPatches: number;
  /** Standard errors; single values are NaN where unknown. */
  readonly stderr: InteractionValues | null;
  readonly names: readonly string[];
  /** The names, numbered where several tokens share one: "a (1)", "cat", "a (2)". */
  readonly labels: readonly string[];
  /** Probability of keeping each player. */
  readonly p: Float64Array;
  /** The players of each word, in the order of the caption. */
  readonly words: readonly (readonly number[])[];
}

/** Throws if the number of values does not match the number of tokens. */
export function deserialize(meta: Meta, bytes: DataView): Explanation {
  const [rows, columns] = meta.grid;
  const nPlayers = meta.tokens.length;
  const nPatches = rows * columns;
  const nWords = nPlayers - nPatches;
  const pairsEnd = nPlayers + pairCount(nPlayers);
  const nTriples = meta.triples ? pairCount(nPatches) * nWords + nPatches * pairCount(nWords) : 0;
  const blockLength = pairsEnd + nTriples;
  const floats = readFloats(bytes);
  if (floats.length !== blockLength && floats.length !== 2 * blockLength) {
    throw new Error(`${floats.length} values do not fit ${nPlayers} tokens, which need ${blockLength}.`);
  }
  const splitOrders = (block: Float32Array): InteractionValues => ({
    first: block.subarray(0, nPlayers),
    pairs: block.subarray(nPlayers, pairsEnd),
    triples: block.subarray(pairsEnd, blockLength),
  });
  const p = meta.p ?? 0.5;
  const names = meta.tokens.map((token) => token.trim() || "␣");
  const [pImage, pText] = typeof p === "number" ? [p, p] : p;
  return {
    ...splitOrders(floats),
    meta,
    rows,
    columns,
    nPlayers,
    nPatches,
    stderr: floats.length > blockLength ? splitOrders(floats.subarray(blockLength)) : null,
    names,
    labels: numberDuplicates(names),
    p: Float64Array.from({ length: nPlayers }, (_, player) => (player < nPatches ? pImage : pText)),
    words: groupWords(meta.joined).map((positions) => positions.map((position) => nPatches + position)),
  };
}

function numberDuplicates(names: readonly string[]): string[] {
  const positionsByName = new Map<string, number[]>();
  for (const [position, name] of names.entries()) {
    positionsByName.set(name, [...(positionsByName.get(name) ?? []), position]);
  }
  const labels = [...names];
  for (const [name, positions] of positionsByName) {
    if (positions.length < 2) continue;
    for (const [k, position] of positions.entries()) labels[position] = `${name} (${k + 1})`;
  }
  return labels;
}

/** Caption positions grouped by word, given for each token whether it continues the word before it. */
export function groupWords(joined: readonly boolean[]): number[][] {
  const words: number[][] = [];
  for (const [position, continues] of joined.entries()) {
    const last = words.at(-1);
    if (continues && last) last.push(position);
    else words.push([position]);
  }
  return words;
}

export function pairCount(n: number): number {
  return (n * (n - 1)) / 2;
}

/** Index of the pair i ≠ j in the upper triangle of an n × n matrix. */
export function pairIndex(i: number, j: number, n: number): number {
  const [row, column] = i < j ? [i, j] : [j, i];
  return (row * (2 * n - row - 1)) / 2 + column - row - 1;
}

/** Index of the triple of three different players, or −1 if all are of one modality: such triples are not fitted. */
export function tripleIndex(i: number, j: number, k: number, explanation: Explanation): number {
  const { nPatches, nPlayers } = explanation;
  const [a, b, c] = [i, j, k].sort((x, y) => x - y) as [number, number, number];
  const nWords = nPlayers - nPatches;
  if (a >= nPatches || c < nPatches) return -1;
  if (b < nPatches) return pairIndex(a, b, nPatches) * nWords + c - nPatches;
  const imagePairs = pairCount(nPatches) * nWords;
  return imagePairs + a * pairCount(nWords) + pairIndex(b - nPatches, c - nPatches, nWords);
}

// The wire format is little-endian, as are all machines that browsers run on. A view that is not aligned to four
// bytes cannot be read in place.
function readFloats({ buffer, byteOffset, byteLength }: DataView): Float32Array {
  if (byteOffset % 4 === 0) return new Float32Array(buffer, byteOffset, byteLength / 4);
  return new Float32Array(buffer.slice(byteOffset, byteOffset + byteLength));
}
