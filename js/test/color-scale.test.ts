import { describe, expect, it } from "vitest";
import { extentOf, scalePosition, signOf, strength } from "../src/color-scale.js";
import { decimals, formatEstimate, formatPlain, formatSigned } from "../src/format.js";
import { scale } from "./golden.js";

describe("the colour scale", () => {
  it.each(scale)("equals Python's for $value of $extent", ({ value, extent, strength: expected }) => {
    expect(strength(value, extent)).toBeCloseTo(expected, 12);
  });

  it("is transparent at zero and symmetric", () => {
    expect(strength(0, 4)).toBe(0);
    expect(strength(-1, 4)).toBe(strength(1, 4));
    expect(strength(1, 0)).toBe(0);
    expect([signOf(2), signOf(-2), signOf(0)]).toEqual(["raise", "lower", "none"]);
  });

  it("runs from −1 to 1 and is cut off there", () => {
    expect([-8, -1, 0, 1, 8].map((value) => scalePosition(value, 4))).toEqual([-1, -0.25, 0, 0.25, 1]);
  });

  it("has no colour for NaN", () => {
    const results = [strength(Number.NaN, 4), scalePosition(Number.NaN, 4), signOf(Number.NaN)];
    expect(results).toEqual([0, 0, "none"]);
  });

  it("extends to the largest magnitude, ignoring NaN", () => {
    expect(extentOf([1, -5, 3])).toBe(5);
    expect(extentOf([1, Number.NaN, -2])).toBe(2);
    expect(extentOf([])).toBe(0);
  });
});

describe("formatting", () => {
  it.each(scale)("equals Python's for $value of $extent", (expected) => {
    const digits = decimals(expected.extent);
    expect(digits).toBe(expected.decimals);
    expect(formatSigned(expected.value, digits)).toBe(expected.signed);
    expect(formatPlain(expected.value, digits)).toBe(expected.plain);
  });

  it("adds a known standard error and marks missing values", () => {
    expect(formatEstimate(1.567, 0.12, 2)).toBe("+1.57 ± 0.12");
    expect(formatEstimate(-1.567, Number.NaN, 2)).toBe("−1.57");
    expect(formatEstimate(Number.NaN, Number.NaN, 2)).toBe("not part of the fit");
    expect(formatSigned(Number.NaN, 2)).toBe("–");
  });
});
