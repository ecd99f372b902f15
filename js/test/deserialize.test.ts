import { describe, expect, it } from "vitest";
import { deserialize, groupWords, pairIndex, tripleIndex } from "../src/deserialize.js";
import { golden, goldenBytes, thirdOrder } from "./golden.js";

const explanation = deserialize(golden.meta, goldenBytes());

describe("deserialize", () => {
  it.each([0, 1, 4, 7])("reads values at byte offset %i of their buffer", (offset) => {
    expect(Array.from(deserialize(golden.meta, goldenBytes(offset)).first)).toEqual(golden.first);
  });

  it("does not confuse rows and columns", () => {
    expect([explanation.rows, explanation.columns]).toEqual([3, 5]);
    expect(explanation.nPatches).toBe(15);
  });

  it("rejects values that do not match the tokens", () => {
    const short = new DataView(new ArrayBuffer(40));
    expect(() => deserialize(golden.meta, short)).toThrow("10 values do not fit 21 tokens, which need 231.");
  });

  it("shows a blank token as a visible character", () => {
    const meta = { ...golden.meta, tokens: [...golden.meta.tokens.slice(0, -1), " "] };
    expect(deserialize(meta, goldenBytes()).names.at(-1)).toBe("␣");
  });

  it("groups the tokens of each word", () => {
    expect(explanation.words.at(-1)).toEqual([19, 20]);
    expect(groupWords([false, true, true, false])).toEqual([[0, 1, 2], [3]]);
    expect(groupWords([true, false])).toEqual([[0], [1]]);
  });
});

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
    const indices: number[] = [];
    for (const [i, j, k] of triplesInWireOrder(players, third.nPatches)) {
      const index = tripleIndex(i, j, k, third);
      expect([tripleIndex(k, i, j, third), tripleIndex(j, k, i, third)]).toEqual([index, index]);
      indices.push(index);
    }
    expect(indices).toEqual(Array.from(third.triples.keys()));
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
