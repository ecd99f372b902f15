import { describe, expect, it } from "vitest";
import { deserialize } from "../src/deserialize.js";
import {
  attribution,
  conditional,
  joint,
  mainEffects,
  strongest,
  toEstimates,
  wordValue,
} from "../src/interactions.js";
import { predict } from "../src/surrogate.js";
import { explanations, golden, goldenBytes, metaWith, toList } from "./golden.js";

const explanation = deserialize(golden.meta, goldenBytes());

describe("token values", () => {
  it.each(explanations)("equal Python's: %s", (_, explanation, sample) => {
    const first = attribution(explanation);
    expect(Array.from(first.values)).toEqual(sample.firstOrder);
    expect(toList(first.stderr)).toEqual(sample.firstOrderErrors ?? Array(21).fill(null));
    for (const { selected, values } of sample.conditional)
      expect(Array.from(conditional(explanation, selected).values)).toEqual(values);
    for (const { selected, values } of sample.joint)
      expect(toList(joint(explanation, ...selected).values)).toEqual(values);
  });

  it("have the standard error of each interaction with one selected token, but not of sums", () => {
    const { stderr } = conditional(explanation, [3]);
    const errors = (golden.json.stderr_second as number[][])[3] as number[];
    expect(stderr[3]).toBeNaN();
    expect(Array.from(stderr).toSpliced(3, 1)).toEqual(errors.toSpliced(3, 1));
    expect(conditional(explanation, [3, 4]).stderr.every(Number.isNaN)).toBe(true);
  });

  it("have the standard error of each joint effect", () => {
    const [, third, { json }] = explanations.find(([name]) => name === "errors") as (typeof explanations)[0];
    const ofPatches = toList(joint(third, 0, 1).stderr) as number[];
    expect(ofPatches.slice(15)).toEqual((json.stderr_third_image as number[][])[0]);
    const ofTokens = toList(joint(third, 15, 16).stderr) as number[];
    expect(ofTokens.slice(0, 15)).toEqual((json.stderr_third_text as number[][]).map(([error]) => error));
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
  const meta = metaWith(
    { grid: [1, 2], tokens: ["a", "b", "hydr", "ant"] },
    { joined: [false, true], arrays: ["first", "second"] },
  );
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
    expect(wordValue(small, attribution(small), [2, 3], "mean")).toBeCloseTo(meanGain(0.25), 5);
  });

  it("of main effects is the gain of keeping all its tokens with nothing else", () => {
    const gain = predict(small, new Set([0, 1])) - predict(small, new Set([0, 1, 2, 3]));
    expect(wordValue(small, mainEffects(small), [2, 3], "main")).toBeCloseTo(gain, 5);
  });

  it("is the sum of its tokens' interactions with a selection", () => {
    const { values } = conditional(small, [0]);
    expect(wordValue(small, conditional(small, [0]), [2, 3], "interaction")).toBe(
      (values[2] as number) + (values[3] as number),
    );
  });
});
