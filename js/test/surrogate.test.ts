import { describe, expect, it } from "vitest";
import { deserialize } from "../src/deserialize.js";
import { bestSubsets } from "../src/subsets.js";
import { GreedySubset, predict, surrogateOf } from "../src/surrogate.js";
import { golden, goldenBytes, thirdOrder } from "./golden.js";

const second = deserialize(golden.meta, goldenBytes());
const third = deserialize(thirdOrder.meta, thirdOrder.values);
const players = Array.from({ length: second.nPlayers }, (_, player) => player);
const allBut = (kept: readonly number[]) => new Set(players.filter((player) => !kept.includes(player)));

describe("predictions", () => {
  it.each(golden.predictions)("equal Python's without $hidden", ({ hidden, value }) => {
    expect(predict(second, new Set(hidden))).toBeCloseTo(value, 4);
  });

  it.each(golden.third.predictions)(
    "equal Python's at third order, under-sampled, without $hidden",
    ({ hidden, value }) => {
      expect(predict(third, new Set(hidden))).toBeCloseTo(value, 4);
    },
  );

  it.each([
    ["second", second],
    ["third", third],
  ])("equal the value of a subset grown one token at a time, at %s order", (_, explanation) => {
    const subset = new GreedySubset(surrogateOf(explanation));
    for (const player of [20, 3, 16, 0, 9]) {
      const expected = subset.value + (subset.gains[player] as number);
      subset.add(player);
      expect(subset.value).toBeCloseTo(expected, 9);
      expect(subset.value).toBeCloseTo(predict(explanation, allBut(subset.members)), 4);
    }
  });
});

describe("the best subsets", () => {
  it.each(["highest", "lowest"] as const)("reach the values of a search in Python: %s", (objective) => {
    const { values, members } = bestSubsets(second, objective);
    for (const [index, expected] of golden.subsets[objective].entries()) {
      const size = index + 1;
      expect(values[size]).toBeCloseTo(expected, 4);
      expect(new Set(members(size)).size).toBe(size);
      expect(predict(second, allBut(members(size)))).toBeCloseTo(expected, 4);
    }
  });

  it("include triples", () => {
    const { values } = bestSubsets(third, "highest");
    for (const [index, expected] of golden.third.subsets.entries())
      expect(values[index + 1]).toBeCloseTo(expected, 3);
  });

  it("contain the required tokens", () => {
    const { values, members } = bestSubsets(second, "highest", [4, 17]);
    expect(values[1]).toBeNaN();
    expect(members(1)).toEqual([]);
    for (const size of [2, 5, 21]) expect(members(size)).toEqual(expect.arrayContaining([4, 17]));
  });
});
