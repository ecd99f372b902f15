import { describe, expect, it } from "vitest";
import { deserialize, groupWords } from "../src/deserialize.js";
import { explanations, golden, goldenBytes, metaWith, toList } from "./golden.js";

const explanation = deserialize(golden.meta, goldenBytes());

describe("deserialize", () => {
  it.each([0, 1, 4, 7])("reads values at byte offset %i of their buffer", (offset) => {
    const { arrays } = deserialize(golden.meta, goldenBytes(offset));
    expect(Array.from(arrays.first)).toEqual(golden.json.first);
  });

  it.each(explanations)("derives the values that Python derives: %s", (_, explanation, sample) => {
    expect(toList(explanation.firstOrder)).toEqual(sample.firstOrder);
    expect(toList(explanation.secondOrder)).toEqual(sample.secondOrder);
    expect(toList(explanation.stderr.firstOrder)).toEqual(sample.firstOrderErrors);
    expect(toList(explanation.stderr.secondOrder)).toEqual(sample.secondOrderErrors);
  });

  it("does not confuse rows and columns", () => {
    expect([explanation.rows, explanation.columns]).toEqual([3, 5]);
    expect(explanation.nPatches).toBe(15);
  });

  it("rejects values that do not match the tokens", () => {
    const short = new DataView(new ArrayBuffer(40));
    expect(() => deserialize(golden.meta, short)).toThrow("10 values do not fit 21 tokens, which need 462.");
  });

  it("shows a blank token as a visible character", () => {
    const meta = metaWith({ tokens: [...golden.meta.fields.tokens.slice(0, -1), " "] });
    expect(deserialize(meta, goldenBytes()).names.at(-1)).toBe("␣");
  });

  it("groups the tokens of each word", () => {
    expect(explanation.words.at(-1)).toEqual([19, 20]);
    expect(groupWords([false, true, true, false])).toEqual([[0, 1, 2], [3]]);
    expect(groupWords([true, false])).toEqual([[0], [1]]);
  });
});
