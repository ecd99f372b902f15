import { describe, expect, it } from "vitest";
import { deserialize } from "../src/deserialize.js";
import { attribution, conditional, joint, strongest, toEstimates, wordValue } from "../src/interactions.js";
import { predict } from "../src/surrogate.js";
import { golden, goldenBytes, thirdOrder } from "./golden.js";

const explanation = deserialize(golden.meta, goldenBytes());

describe("token values", () => {
  it("equal Python's for attributions", () => {
    expect(Array.from(attribution(explanation).values)).toEqual(golden.first);
  });

  it.each(golden.conditional)("equal Python's conditioned on $selected", ({ selected, values }) => {
    expect(Array.from(conditional(explanation, selected).values)).toEqual(values);
  });

  it("have standard errors for attributions and one selected token, but not for sums", () => {
    const { selected, values } = golden.error;
    const { stderr } = conditional(explanation, [selected]);
    expect(stderr[selected]).toBeNaN();
    expect(Array.from(stderr).toSpliced(selected, 1)).toEqual(values.toSpliced(selected, 1));
    expect(conditional(explanation, [3, 4]).stderr.every(Number.isNaN)).toBe(true);
    expect(Array.from(attribution(explanation).stderr)).toEqual(golden.firstErrors);
  });

  it.each(golden.third.joint)("equal Python's joint effects of $selected", ({ selected, values }) => {
    const third = deserialize(thirdOrder.meta, thirdOrder.values);
    const found = Array.from(joint(third, ...selected).values, (value) =>
      Number.isNaN(value) ? null : value,
    );
    expect(found).toEqual(values);
  });

  it("are zero with an empty selection", () => {
    expect(Array.from(conditional(explanation, []).values)).toEqual(new Array(21).fill(0));
  });

  it("are ranked by magnitude, without excluded tokens and zeros", () => {
    const values = Float64Array.of(1, -3, 0, 2, 9);
    const ranked = (count: number, excluded: ReadonlySet<number>) =>
      strongest(toEstimates({ values, stderr: values }), count, excluded).map(({ players }) => players[0]);
    expect(ranked(3, new Set([4]))).toEqual([1, 3, 0]);
    expect(ranked(9, new Set())).toEqual([4, 1, 3, 0]);
  });
});

describe("the value of a word of several tokens", () => {
  // Four players: two patches, and two tokens of one word.
  const meta = {
    ...golden.meta,
    grid: [1, 2],
    tokens: ["a", "b", "hydr", "ant"],
    joined: [false, true],
  } as const;
  const floats = Float32Array.of(1, -2, 0.5, 3, 0.25, -1, 2, 0.75, 1.5, -3);
  const small = deserialize(meta, new DataView(floats.buffer));

  /** The mean over all masks of the patches, kept with probability p, of the gain of keeping the word. */
  function meanGain(p: number): number {
    let mean = 0;
    for (const kept of [[], [0], [1], [0, 1]]) {
      const weight = p ** kept.length * (1 - p) ** (2 - kept.length);
      const hidden = [0, 1].filter((patch) => !kept.includes(patch));
      mean += weight * (predict(small, new Set(hidden)) - predict(small, new Set([...hidden, 2, 3])));
    }
    return mean;
  }

  it("is the gain of keeping all its tokens at once", () => {
    expect(wordValue(small, attribution(small), [2, 3], true)).toBeCloseTo(meanGain(0.25), 5);
  });

  it("is the sum of its tokens' interactions with a selection", () => {
    const { values } = conditional(small, [0]);
    expect(wordValue(small, conditional(small, [0]), [2, 3], false)).toBe(
      (values[2] as number) + (values[3] as number),
    );
  });
});
