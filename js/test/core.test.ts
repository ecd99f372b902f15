import { describe, expect, it } from "vitest";
import { decimals, extentOf, plain, signed, signOf, strength } from "../src/color-scale.js";
import { decode, pairIndex } from "../src/deserialize.js";
import { attribution, conditional, entriesOf, joint, strongest } from "../src/interactions.js";
import { golden, goldenBytes, thirdWire } from "./golden.js";

const explanation = decode(golden.meta, goldenBytes());

describe("decoding", () => {
  it("reads the bytes wherever they lie in their buffer", () => {
    for (const offset of [0, 1, 4, 7]) {
      expect(Array.from(decode(golden.meta, goldenBytes(offset)).first)).toEqual(golden.first);
    }
  });

  it("keeps rows and columns apart", () => {
    expect([explanation.rows, explanation.columns]).toEqual([3, 5]);
    expect(explanation.patches).toBe(15);
  });

  it("numbers the pairs of the upper triangle row by row, either way round", () => {
    const n = 6;
    let at = 0;
    for (let i = 0; i < n; i++) {
      for (let j = i + 1; j < n; j++, at++)
        expect([pairIndex(i, j, n), pairIndex(j, i, n)]).toEqual([at, at]);
    }
    expect(at).toBe((n * (n - 1)) / 2);
  });

  it("refuses bytes that do not fit the tokens", () => {
    const short = new DataView(new ArrayBuffer(40));
    expect(() => decode(golden.meta, short)).toThrow("10 values do not fit 21 tokens, which need 231.");
  });

  it("gives a blank token something to click on", () => {
    const meta = { ...golden.meta, tokens: [...golden.meta.tokens.slice(0, -1), " "] };
    expect(decode(meta, goldenBytes()).names.at(-1)).toBe("␣");
  });
});

describe("interactions", () => {
  it("agree with Python on attributions", () => {
    expect(Array.from(attribution(explanation).values)).toEqual(golden.first);
  });

  it.each(golden.conditional)("agree with Python on $selected", ({ selected, values }) => {
    expect(Array.from(conditional(explanation, selected).values)).toEqual(values);
  });

  it("know the errors of attributions and of one interaction, and claim none for a sum", () => {
    const { selected, values } = golden.error;
    const { errors } = conditional(explanation, [selected]);
    expect(errors[selected]).toBeNaN();
    expect(Array.from(errors).toSpliced(selected, 1)).toEqual(values.toSpliced(selected, 1));
    expect(conditional(explanation, [3, 4]).errors.every(Number.isNaN)).toBe(true);
    expect(Array.from(attribution(explanation).errors)).toEqual(golden.firstErrors);
  });

  it.each(golden.third.joint)("agree with Python on what $selected do together", ({ selected, values }) => {
    const third = decode(thirdWire.meta, thirdWire.values);
    const found = Array.from(joint(third, ...selected).values, (value) =>
      Number.isNaN(value) ? null : value,
    );
    expect(found).toEqual(values);
  });

  it("are zero with nobody", () => {
    expect(conditional(explanation, []).values.every((value) => value === 0)).toBe(true);
  });

  it("rank by magnitude, without the selected and the zeros", () => {
    const values = Float64Array.of(1, -3, 0, 2, 9);
    const ranked = (count: number, except: ReadonlySet<number>) =>
      strongest(entriesOf({ values, errors: values }), count, except).map(({ players }) => players[0]);
    expect(ranked(3, new Set([4]))).toEqual([1, 3, 0]);
    expect(ranked(9, new Set())).toEqual([4, 1, 3, 0]);
  });
});

describe("scale", () => {
  it.each(golden.scale)("agrees with Python on $value of $extent", (expected) => {
    const { value, extent } = expected;
    const digits = decimals(extent);
    expect(strength(value, extent)).toBeCloseTo(expected.strength, 12);
    expect(digits).toBe(expected.decimals);
    expect(signed(value, digits)).toBe(expected.signed);
    expect(plain(value, digits)).toBe(expected.plain);
  });

  it("shows zero as nothing and is the same on both sides", () => {
    expect(strength(0, 4)).toBe(0);
    expect(strength(-1, 4)).toBe(strength(1, 4));
    expect(strength(1, 0)).toBe(0);
    expect([signOf(2), signOf(-2), signOf(0)]).toEqual(["raise", "lower", "none"]);
  });

  it("has no colour and no digits for what is no number", () => {
    expect([strength(Number.NaN, 4), signOf(Number.NaN), signed(Number.NaN, 2)]).toEqual([0, "none", "–"]);
    expect(extentOf([1, Number.NaN, -2])).toBe(2);
  });

  it("spans the largest magnitude", () => {
    expect(extentOf([1, -5, 3])).toBe(5);
    expect(extentOf([])).toBe(0);
  });
});
