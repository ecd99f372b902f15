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

/**
 * Visits the triples of players i < j < k in the order of their values, all k of an i and j at once: their values stand
 * from `start` on, for k from `firstK` to the last player.
 */
export function forEachTripleRow(
  { nPatches, nPlayers }: PlayerCounts,
  visit: (i: number, j: number, firstK: number, start: number) => void,
): void {
  let start = 0;
  const visitRows = (i: number, firstJ: number, endJ: number) => {
    for (let j = firstJ; j < endJ; j++) {
      const firstK = Math.max(nPatches, j + 1);
      visit(i, j, firstK, start);
      start += nPlayers - firstK;
    }
  };
  for (let i = 0; i < nPatches; i++) visitRows(i, i + 1, nPatches);
  for (let i = 0; i < nPatches; i++) visitRows(i, nPatches, nPlayers);
}
