import { execFileSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, it, onTestFinished } from "vitest";
import { deserialize } from "../src/deserialize.js";
import { difference } from "../src/difference.js";
import { toJson } from "../src/export/json.js";
import { explanations, golden, goldenBytes, metaWith, samples, thirdOrder } from "./golden.js";

const state = { selected: [3, 18], hidden: [7], mode: "conditional" } as const;

describe("the JSON export", () => {
  it.each(explanations)(
    "is what Python writes, and the state of the view: %s",
    (_, explanation, { json }) => {
      const written = JSON.parse(JSON.stringify(toJson(explanation, state)));
      expect(written).toEqual({ ...json, view: state });
      expect(Object.keys(written)).toEqual([...Object.keys(json), "view"]);
    },
  );

  it("has no rows of pairs of patches where there is one patch", () => {
    const meta = metaWith(
      { grid: [1, 1], tokens: ["patch 0,0", "a", "dog"], max_order: 3 },
      { joined: [false, false], arrays: ["first", "second", "third_image", "third_text"] },
    );
    const values = Float32Array.of(1, 2, 3, 4, 5, 6, 7);
    const written = toJson(deserialize(meta, new DataView(values.buffer)), state);
    expect(written).toMatchObject({ third_image: [], third_text: [[7]] });
  });

  it("of a difference holds coefficients whose first-order values are the differences shown", () => {
    const other = { meta: metaWith({ p: 0.5 }), values: goldenBytes() };
    const { firstOrder, nPatches } = deserialize(other.meta, other.values);
    const { meta, values } = difference(thirdOrder, other);
    const written = JSON.parse(JSON.stringify(toJson(deserialize(meta, values), state)));
    expect(written.p).toEqual([0.25, 0.75]);
    for (const [i, row] of (written.second as number[][]).entries()) {
      const mean = row.reduce((sum, pair, j) => sum + (j < nPatches ? 0.25 : 0.75) * pair, 0);
      const expected = (samples.third.firstOrder[i] as number) - (firstOrder[i] as number);
      expect(written.first[i] + mean).toBeCloseTo(expected, 4);
    }
    expect(written).toMatchObject({ baseline_value: null, r2: null, third_image: null, max_order: 2 });
    expect(Object.keys(written)).toEqual([...Object.keys(golden.json), "view"]);
  });
});

describe("the documented example", () => {
  it("prints the tokens that work best with the last one", () => {
    const folder = mkdtempSync(join(tmpdir(), "fixlip-"));
    onTestFinished(() => rmSync(folder, { recursive: true }));
    const docs = readFileSync(new URL("../../docs/json.md", import.meta.url), "utf8");
    const [, example] = docs.match(/```js\n(.*?)```/s) as unknown as [string, string];
    writeFileSync(join(folder, "dog.json"), JSON.stringify(golden.json));
    writeFileSync(join(folder, "example.mjs"), example);
    const printed = execFileSync(process.execPath, ["example.mjs"], { cwd: folder, encoding: "utf8" });
    const row = (golden.json.second as number[][]).at(-1) as number[];
    const best = row.toSorted((a, b) => b - a).slice(0, 3);
    const lines = printed.trim().split("\n");
    expect(lines.map((line) => Number(line.split(" ").at(-1)))).toEqual(best);
    for (const [position, line] of lines.entries()) {
      const player = golden.meta.fields.tokens.findIndex((token) => line.startsWith(`${token} `));
      expect(row[player]).toBe(best[position]);
    }
  });
});
