import { describe, expect, it } from "vitest";
import { deserialize } from "../src/deserialize.js";
import { forEachTripleRow, pairIndex, tripleIndex } from "../src/indices.js";
import { thirdOrder } from "./golden.js";

describe("indices", () => {
  it("number the pairs of the upper triangle row by row, in either order of the pair", () => {
    const n = 6;
    let index = 0;
    for (let i = 0; i < n; i++) {
      for (let j = i + 1; j < n; j++, index++)
        expect([pairIndex(i, j, n), pairIndex(j, i, n)]).toEqual([index, index]);
    }
    expect(index).toBe((n * (n - 1)) / 2);
  });

  it("number the triples in the order of the wire format, in any order of the triple", () => {
    const third = deserialize(thirdOrder.meta, thirdOrder.values);
    const players = Array.from({ length: third.nPlayers }, (_, player) => player);
    const triples = triplesInWireOrder(players, third.nPatches);
    for (const [index, [i, j, k]] of triples.entries()) {
      const found = [tripleIndex(i, j, k, third), tripleIndex(k, i, j, third), tripleIndex(j, k, i, third)];
      expect(found).toEqual([index, index, index]);
    }
    expect(triples).toHaveLength(third.triples.length);
    const visited: [number, number, number][] = [];
    forEachTripleRow(third, (i, j, firstK, start) => {
      expect(start).toBe(visited.length);
      for (const k of players.slice(firstK)) visited.push([i, j, k]);
    });
    expect(visited).toEqual(triples);
  });

  it("are −1 for triples within one modality", () => {
    const third = deserialize(thirdOrder.meta, thirdOrder.values);
    expect(tripleIndex(0, 1, 2, third)).toBe(-1);
    expect(tripleIndex(15, 16, 17, third)).toBe(-1);
  });
});

/** Patch pairs × words, then patches × word pairs. */
function triplesInWireOrder(players: readonly number[], nPatches: number): [number, number, number][] {
  const [patches, words] = [players.slice(0, nPatches), players.slice(nPatches)];
  const pairs = (of: readonly number[]) => of.flatMap((a, i) => of.slice(i + 1).map((b) => [a, b] as const));
  return [
    ...pairs(patches).flatMap(([a, b]) => words.map((c): [number, number, number] => [a, b, c])),
    ...patches.flatMap((a) => pairs(words).map(([b, c]): [number, number, number] => [a, b, c])),
  ];
}
