import { describe, expect, it } from "vitest";
import { decode, pairIndex, tripleIndex } from "../src/deserialize.js";
import { KINDS, kindOf, type LinkFilter, links } from "../src/links.js";
import { subsets } from "../src/subsets.js";
import { Growing, predict, surrogateOf } from "../src/surrogate.js";
import { golden, goldenBytes } from "./golden.js";

const second = decode(golden.meta, goldenBytes());
const third = decode(golden.third.meta, goldenBytes(2, golden.third.values));
const everyone = Array.from({ length: second.players }, (_, player) => player);

describe("triples", () => {
  it("are numbered as they are written, whichever way round", () => {
    const seen = new Set<number>();
    for (const i of everyone) {
      for (const j of everyone.slice(i + 1)) {
        for (const k of everyone.slice(j + 1)) {
          const at = tripleIndex(i, j, k, third);
          expect(tripleIndex(k, i, j, third)).toBe(at);
          if (at >= 0) seen.add(at);
        }
      }
    }
    expect(seen.size).toBe(third.triples.length);
    expect(Math.max(...seen)).toBe(third.triples.length - 1);
  });

  it("exist only across modalities", () => {
    expect(tripleIndex(0, 1, 2, third)).toBe(-1);
    expect(tripleIndex(15, 16, 17, third)).toBe(-1);
  });
});

describe("predictions", () => {
  it.each(golden.predictions)("agree with Python without $hidden", ({ hidden, value }) => {
    expect(predict(second, new Set(hidden))).toBeCloseTo(value, 4);
  });

  it.each(golden.third.predictions)(
    "agree at third order, under-sampled, without $hidden",
    ({ hidden, value }) => {
      expect(predict(third, new Set(hidden))).toBeCloseTo(value, 4);
    },
  );

  it.each([second, third])("are the same when the set grows one by one", (explanation) => {
    const set = new Growing(surrogateOf(explanation));
    for (const player of [20, 3, 16, 0, 9]) {
      const expected = set.value + (set.gains[player] as number);
      set.add(player);
      expect(set.value).toBeCloseTo(expected, 9);
      const hidden = new Set(everyone.filter((one) => !set.members.includes(one)));
      expect(set.value).toBeCloseTo(predict(explanation, hidden), 4);
    }
  });
});

describe("the best sets", () => {
  it.each(["highest", "lowest"] as const)(
    "reach what asking Python for every next token reaches: %s",
    (sign) => {
      const { values, members } = subsets(second, sign);
      for (const [at, expected] of golden.subsets[sign].entries()) {
        expect(values[at + 1]).toBeCloseTo(expected, 4);
        expect(new Set(members(at + 1)).size).toBe(at + 1);
        const hidden = new Set(everyone.filter((player) => !members(at + 1).includes(player)));
        expect(predict(second, hidden)).toBeCloseTo(expected, 4);
      }
    },
  );

  it("take triples into account", () => {
    const { values } = subsets(third, "highest");
    for (const [at, expected] of golden.third.subsets.entries())
      expect(values[at + 1]).toBeCloseTo(expected, 3);
  });

  it("contain what they are asked to contain", () => {
    const { values, members } = subsets(second, "highest", [4, 17]);
    expect(values[1]).toBeNaN();
    expect(members(1)).toEqual([]);
    for (const size of [2, 5, 21]) expect(members(size)).toEqual(expect.arrayContaining([4, 17]));
  });
});

describe("links", () => {
  const all: LinkFilter = { by: "number", number: 12, least: 0.5, kinds: new Set(KINDS) };
  const value = (i: number, j: number) => second.pairs[pairIndex(i, j, second.players)] as number;

  it("are the strongest pairs, with their errors", () => {
    const found = links(second, all);
    const sizes = Array.from(second.pairs, Math.abs).sort((a, b) => b - a);
    expect(found.map((link) => Math.abs(link.value))).toEqual(sizes.slice(0, 12));
    for (const link of found) {
      expect(link.value).toBe(value(link.from, link.to));
      expect(link.error).toBeCloseTo(Math.abs(link.value) / 8, 9);
    }
  });

  it.each(KINDS)("may be of one kind only: %s", (kind) => {
    const found = links(second, { ...all, kinds: new Set([kind]) });
    expect(found.length).toBe(12);
    expect(new Set(found.map((link) => kindOf(link, 15)))).toEqual(new Set([kind]));
  });

  it("may be chosen by strength", () => {
    const found = links(second, { ...all, by: "strength", least: 0.9 });
    const strong = Array.from(second.pairs).filter((one) => Math.abs(one) >= 2.7);
    expect(found).toHaveLength(strong.length);
    expect(links(second, { ...all, by: "strength", least: 0 })).toHaveLength(200);
  });

  it("may be those of a selection only", () => {
    const found = links(second, all, new Set([18]));
    expect(found.every(({ from, to }) => from === 18 || to === 18)).toBe(true);
    const best = Math.max(...everyone.filter((one) => one !== 18).map((one) => Math.abs(value(one, 18))));
    expect(Math.abs(found[0]?.value ?? 0)).toBe(best);
  });
});
