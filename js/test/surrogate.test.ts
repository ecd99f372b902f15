import { describe, expect, it } from "vitest";
import { deserialize } from "../src/deserialize.js";
import { bestSubsets } from "../src/subsets.js";
import { GreedySubset, predict, surrogateOf } from "../src/surrogate.js";
import { explanations, golden, goldenBytes } from "./golden.js";

const second = deserialize(golden.meta, goldenBytes());
const players = Array.from({ length: second.nPlayers }, (_, player) => player);
const allBut = (kept: readonly number[]) => new Set(players.filter((player) => !kept.includes(player)));

describe("predictions", () => {
  it.each(explanations)("equal Python's: %s", (_, explanation, { predictions }) => {
    for (const { hidden, value } of predictions)
      expect(predict(explanation, new Set(hidden)), `without ${hidden}`).toBeCloseTo(value, 6);
  });

  it.each(explanations)("equal the value of a subset grown one token at a time: %s", (_, explanation) => {
    const subset = new GreedySubset(surrogateOf(explanation));
    for (const player of [20, 3, 16, 0, 9]) {
      const expected = subset.value + (subset.gains[player] as number);
      subset.add(player);
      expect(subset.value).toBeCloseTo(expected, 9);
      expect(subset.value).toBeCloseTo(predict(explanation, allBut(subset.members)), 9);
    }
  });
});

describe("the best subsets", () => {
  it.each(explanations)("reach the values of a search in Python: %s", (_, explanation, { subsets }) => {
    for (const objective of ["highest", "lowest"] as const) {
      const { values, members } = bestSubsets(explanation, objective);
      for (const [index, expected] of subsets[objective].entries()) {
        const size = index + 1;
        expect(values[size]).toBeCloseTo(expected, 6);
        expect(new Set(members(size)).size).toBe(size);
        expect(predict(explanation, allBut(members(size)))).toBeCloseTo(expected, 6);
      }
    }
  });

  it("contain the required tokens", () => {
    const { values, members } = bestSubsets(second, "highest", [4, 17]);
    expect(values[1]).toBeNaN();
    expect(members(1)).toEqual([]);
    for (const size of [2, 5, 21]) expect(members(size)).toEqual(expect.arrayContaining([4, 17]));
  });
});
