// Where the values of pairs and triples stand in the arrays of the wire format.

/** Numbers of patches and of all players; the rest are caption tokens. */
export interface PlayerCounts {
  readonly nPatches: number;
  readonly nPlayers: number;
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
export function tripleIndex(i: number, j: number, k: number, { nPatches, nPlayers }: PlayerCounts): number {
  const [a, b, c] = [i, j, k].sort((x, y) => x - y) as [number, number, number];
  const nWords = nPlayers - nPatches;
  if (a >= nPatches || c < nPatches) return -1;
  if (b < nPatches) return pairIndex(a, b, nPatches) * nWords + c - nPatches;
  const imagePairs = pairCount(nPatches) * nWords;
  return imagePairs + a * pairCount(nWords) + pairIndex(b - nPatches, c - nPatches, nWords);
}

/** Visits the triples in the order of their values, as players i < j < k. */
export function forEachTriple(
  triples: Float32Array,
  { nPatches, nPlayers }: PlayerCounts,
  visit: (i: number, j: number, k: number, value: number) => void,
): void {
  if (triples.length === 0) return;
  let index = 0;
  for (let i = 0; i < nPatches; i++) {
    for (let j = i + 1; j < nPatches; j++) {
      for (let k = nPatches; k < nPlayers; k++, index++) visit(i, j, k, triples[index] as number);
    }
  }
  for (let i = 0; i < nPatches; i++) {
    for (let j = nPatches; j < nPlayers; j++) {
      for (let k = j + 1; k < nPlayers; k++, index++) visit(i, j, k, triples[index] as number);
    }
  }
}
