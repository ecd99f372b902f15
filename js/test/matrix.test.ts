// @vitest-environment happy-dom
import { afterEach, describe, expect, it } from "vitest";
import { deserialize, type Explanation } from "../src/deserialize.js";
import { pairIndex } from "../src/indices.js";
import { detailMap, interactionMap, MAX_GROUPS, overviewMap } from "../src/matrix.js";
import { golden, goldenBytes, goldenModel } from "./golden.js";
import { rendered, renderView } from "./harness.js";

const explanation = deserialize(golden.meta, goldenBytes());
const { nPlayers, secondOrder } = explanation;
const pair = (i: number, j: number) => secondOrder[pairIndex(i, j, nPlayers)] as number;

afterEach(() => document.body.replaceChildren());

describe("the map of interactions", () => {
  it("has a cell for each two tokens, patches first", () => {
    const { groups, nImage, means } = overviewMap(explanation);
    expect(groups).toEqual(Array.from({ length: nPlayers }, (_, player) => [player]));
    expect(nImage).toBe(15);
    for (const [i, j] of [
      [0, 1],
      [3, 17],
      [20, 18],
    ] as const) {
      expect(means[i * nPlayers + j]).toBe(pair(i, j));
      expect(means[j * nPlayers + i]).toBe(pair(i, j));
    }
    expect(means[4 * nPlayers + 4]).toBeNaN();
  });

  it("shows means over the pairs of two groups, each token with itself left out", () => {
    const { means } = interactionMap(explanation, [[0, 1, 5], [5, 16], [20]]);
    const mean = (...pairs: [number, number][]) =>
      pairs.reduce((sum, [i, j]) => sum + pair(i, j), 0) / pairs.length;
    expect(means[1]).toBeCloseTo(mean([0, 5], [1, 5], [0, 16], [1, 16], [5, 16]), 6);
    expect(means[0]).toBeCloseTo(mean([0, 1], [0, 5], [1, 5]), 6);
    expect(means[5]).toBeCloseTo(mean([5, 20], [16, 20]), 6);
    expect(means[8]).toBeNaN();
  });

  it("has square blocks of patches where the grid is fine", () => {
    const fine = {
      ...explanation,
      rows: 10,
      columns: 17,
      nPatches: 170,
      nPlayers: 240,
      secondOrder: new Float32Array((240 * 239) / 2),
    } as Explanation;
    const { groups, nImage } = overviewMap(fine);
    expect(nImage).toBe(5 * 9);
    expect(groups[0]).toEqual([0, 1, 17, 18]);
    expect(groups[8]).toEqual([16, 33]);
    expect(groups.slice(nImage)).toHaveLength(35);
    expect(groups.flat().toSorted((a, b) => a - b)).toEqual(
      Array.from({ length: 240 }, (_, player) => player),
    );
  });

  it("has details of as many tokens as are legible", () => {
    expect(detailMap(explanation, [4])).toBeNull();
    expect(detailMap(explanation, [17, 4, 9])?.groups).toEqual([[4], [9], [17]]);
    const many = Array.from({ length: MAX_GROUPS + 1 }, (_, player) => player);
    expect(detailMap(explanation, many)).toBeNull();
  });
});

describe("matrix mode", () => {
  const render = () => {
    const view = renderView(goldenModel({ mode: "matrix" }));
    const map = view.find(".fixlip-map");
    return { ...view, map, readout: () => view.find(".fixlip-readout").textContent };
  };

  it("draws every cell that is not white, in the colour of its sign", () => {
    const { map } = render();
    for (const [sign, holds] of [
      ["raise", (value: number) => value > 0],
      ["lower", (value: number) => value < 0],
    ] as const) {
      const paths = Array.from(map.querySelectorAll(`[data-sign="${sign}"] path`), (each) =>
        each.getAttribute("d"),
      );
      const extent = Math.max(...secondOrder.map(Math.abs));
      const visible = secondOrder.filter(
        (each) => holds(each) && Math.round((24 * Math.abs(each)) / extent) > 0,
      );
      expect(paths.join("").match(/M/g)).toHaveLength(2 * visible.length);
    }
  });

  it("is read and brushed with the keyboard", async () => {
    const { map, press, readout, model, token, find } = render();
    map.focus();
    for (let step = 0; step < 3; step++) await press("ArrowRight");
    expect(readout()).toBe(
      `patch 0,0 × patch 0,3: ${pair(0, 3) > 0 ? "+" : "−"}${Math.abs(pair(0, 3)).toFixed(2)} logits`,
    );
    expect(token(3).classList.contains("fixlip-pointed")).toBe(true);
    await press("ArrowDown");
    await press("ArrowRight", { shiftKey: true });
    await press("ArrowDown", { shiftKey: true });
    await press("Enter");
    expect(model.get("selected")).toEqual([1, 2, 3, 4]);
    expect(model.get("mode")).toBe("matrix");
    await rendered();
    const [, names] = document.querySelectorAll(".fixlip-row-names");
    expect(Array.from(names?.children ?? [], (each) => each.textContent)).toEqual(
      [1, 2, 3, 4].map((player) => explanation.labels[player]),
    );
    expect(find(".fixlip-marks").getAttribute("d")?.match(/M/g)).toHaveLength(8);
  });
});
