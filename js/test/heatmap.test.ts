// @vitest-environment happy-dom
import { afterEach, describe, expect, it } from "vitest";
import { golden } from "./golden.js";
import { renderView } from "./harness.js";

afterEach(() => document.body.replaceChildren());

const [rows, columns] = golden.meta.fields.grid;
const [imageWidth, imageHeight] = golden.meta.size as [number, number];
const zoom = Math.min(440 / imageWidth, 480 / imageHeight);
const [width, height] = [(zoom * imageWidth) / columns, (zoom * imageHeight) / rows];

/** The patch in which each stroke of a path begins. */
function patchesOf(path: Element): number[] {
  const starts = (path.getAttribute("d") ?? "").matchAll(/M([\d.]+) ([\d.]+)/g);
  return Array.from(starts, ([, x, y]) => {
    // A stripe may start on the border of its patch, from where it runs to the upper right.
    const column = Math.floor(Number(x) / width + 1e-3);
    const row = Math.ceil(Number(y) / height - 1e-3) - 1;
    return row * columns + column;
  });
}

interface DrawnPatch {
  kind: string;
  sign: string;
  fillOpacity: number;
  /** Strokes of its plus or minus. */
  signStrokes: number;
}

function drawnPatches(root: HTMLElement): DrawnPatch[] {
  const patches: DrawnPatch[] = Array.from({ length: rows * columns }, () => ({
    kind: "",
    sign: "",
    fillOpacity: 0,
    signStrokes: 0,
  }));
  for (const path of root.querySelectorAll(".fixlip-heatmap g > path")) {
    const layer = path.parentElement as Element;
    for (const player of patchesOf(path)) {
      patches[player] = {
        kind: layer.getAttribute("class") ?? "",
        sign: layer.getAttribute("data-sign") ?? "",
        fillOpacity: Number(path.getAttribute("fill-opacity")),
        signStrokes: 0,
      };
    }
  }
  const signs = root.querySelectorAll(".fixlip-sign");
  expect(signs).toHaveLength(2);
  expect(signs[0]?.getAttribute("d")).toBe(signs[1]?.getAttribute("d"));
  for (const player of patchesOf(signs[0] as Element)) (patches[player] as DrawnPatch).signStrokes += 1;
  return patches;
}

/** The extent of the colour scale, read from the legend. */
function legendExtent(root: HTMLElement): number {
  return Number(root.querySelector(".fixlip-end")?.textContent?.replace(/[^\d.]/g, ""));
}

/** Colours are drawn in steps of this strength; less than half a step is transparent. */
const STEP = 1 / 24;
const VISIBLE = 0.55 * STEP;

describe("the heatmap", () => {
  const single = golden.conditional.find(({ selected }) => selected.length === 1) as {
    selected: number[];
    values: number[];
  };

  it("draws each patch with the sign and strength of its value", async () => {
    const { root, click } = renderView();
    await click(single.selected[0] as number);
    const extent = legendExtent(root);
    expect(extent).toBeGreaterThan(0);
    let compared = 0;
    for (const [player, patch] of drawnPatches(root).entries()) {
      const value = single.values[player] as number;
      const strength = Math.min(1, Math.abs(value) / extent);
      if (strength < VISIBLE) continue;
      compared += 1;
      expect(patch.kind, String(player)).toBe("fixlip-tiles");
      expect(patch.sign).toBe(value > 0 ? "raise" : "lower");
      expect(Math.abs(patch.fillOpacity - 0.9 * strength)).toBeLessThan(0.9 * STEP);
      // Above half strength, a plus has two strokes and a minus one.
      const strokes = strength < 0.5 ? 0 : value > 0 ? 2 : 1;
      if (Math.abs(strength - 0.5) > 0.01) expect(patch.signStrokes).toBe(strokes);
    }
    expect(compared).toBeGreaterThan(10);
  });

  it("draws nothing at zero", async () => {
    const { root, click, token } = renderView();
    await click(3);
    expect(Number(token(3).dataset.value)).toBe(0);
    expect(drawnPatches(root)[3]?.kind).toBe("");
  });

  it("draws stripes without a sign within the standard error", () => {
    const { root } = renderView();
    const isVisible = golden.firstOrder.map((value) => Math.abs(value) > VISIBLE * legendExtent(root));
    let striped = 0;
    for (const [player, { kind, signStrokes }] of drawnPatches(root).entries()) {
      if (!isVisible[player]) continue;
      // The sample's attribution of token i has the standard error i / 8.
      const isUncertain = Math.abs(golden.firstOrder[player] as number) < player / 8;
      expect(kind, String(player)).toBe(isUncertain ? "fixlip-stripes" : "fixlip-tiles");
      if (isUncertain) expect(signStrokes).toBe(0);
      striped += Number(isUncertain);
    }
    expect(striped).toBeGreaterThan(1);
  });

  it("has no signs while colours are faint, or in subset mode", async () => {
    const { root, check, click, setSlider } = renderView();
    await click(3);
    const signs = () => root.querySelector(".fixlip-sign")?.getAttribute("d");
    expect(signs()).not.toBe("");
    await setSlider("strength of the colours", "20");
    expect(signs()).toBe("");
    await setSlider("strength of the colours", "100");
    expect(signs()).not.toBe("");
    await check("subset");
    expect(signs()).toBe("");
  });
});
