// @vitest-environment happy-dom
import { afterEach, describe, expect, it } from "vitest";
import { golden } from "./golden.js";
import { settled, show } from "./show.js";

afterEach(() => document.body.replaceChildren());

const [rows, columns] = golden.meta.grid;
const [wide, high] = golden.meta.size;
const zoom = Math.min(440 / wide, 480 / high);
const [width, height] = [(zoom * wide) / columns, (zoom * high) / rows];

/** Every piece of a path by the patch in which it begins. */
function pieces(path: Element): number[] {
  const begins = (path.getAttribute("d") ?? "").matchAll(/M([\d.]+) ([\d.]+)/g);
  return Array.from(begins, ([, x, y]) => {
    // A stripe may begin on an edge, and goes on to the upper right.
    const column = Math.floor(Number(x) / width + 1e-3);
    const row = Math.ceil(Number(y) / height - 1e-3) - 1;
    return row * columns + column;
  });
}

/** What is drawn on each patch. */
function drawnOn(root: HTMLElement) {
  const patches = Array.from({ length: rows * columns }, () => ({ look: "", sign: "", fill: 0, signs: 0 }));
  for (const path of root.querySelectorAll(".fixlip-heat g > path")) {
    const group = path.parentElement as Element;
    for (const player of pieces(path)) {
      patches[player] = {
        look: group.getAttribute("class") ?? "",
        sign: group.getAttribute("data-sign") ?? "",
        fill: Number(path.getAttribute("fill-opacity")),
        signs: 0,
      };
    }
  }
  const signs = root.querySelectorAll(".fixlip-sign");
  expect(signs.length).toBe(2);
  expect(signs[0]?.getAttribute("d")).toBe(signs[1]?.getAttribute("d"));
  for (const player of pieces(signs[0] as Element)) (patches[player] as { signs: number }).signs += 1;
  return patches;
}

/** The strongest value of the legend. */
function extentOf(root: HTMLElement): number {
  return Number(root.querySelector(".fixlip-end")?.textContent?.replace(/[^\d.]/g, ""));
}

/** Steps of colour are so wide; what is less than half of one is clear. */
const STEP = 1 / 24;

describe("the colours of the picture", () => {
  const certain = golden.conditional.find(({ selected }) => selected.length === 1) as {
    selected: number[];
    values: number[];
  };

  it("have the sign and the strength of each value", async () => {
    const { root, click } = show();
    await click(certain.selected[0] as number);
    const extent = extentOf(root);
    expect(extent).toBeGreaterThan(0);
    for (const [player, patch] of drawnOn(root).entries()) {
      const value = certain.values[player] as number;
      const strength = Math.min(1, Math.abs(value) / extent);
      if (strength < 0.55 * STEP) continue;
      expect(patch.look, String(player)).toBe("fixlip-tiles");
      expect(patch.sign).toBe(value > 0 ? "raise" : "lower");
      expect(Math.abs(patch.fill - 0.72 * strength)).toBeLessThan(0.72 * STEP);
      // A plus is two strokes, a minus one.
      if (Math.abs(strength - 0.5) > 0.01) expect(patch.signs).toBe(strength > 0.5 ? (value > 0 ? 2 : 1) : 0);
    }
  });

  it("are none where nothing is", async () => {
    const { root, click, token } = show();
    await click(3);
    expect(Number(token(3).dataset.value)).toBe(0);
    expect(drawnOn(root)[3]?.look).toBe("");
  });

  it("are stripes without a sign where a value is within its error", () => {
    const { root } = show();
    const seen = golden.first.map((value) => Math.abs(value) > 0.55 * STEP * extentOf(root));
    let striped = 0;
    for (const [player, { look, signs }] of drawnOn(root).entries()) {
      if (!seen[player]) continue;
      // Every error is an eighth of its value, but for the attributions: there token i has i / 8.
      const uncertain = Math.abs(golden.first[player] as number) < player / 8;
      expect(look, String(player)).toBe(uncertain ? "fixlip-stripes" : "fixlip-tiles");
      if (uncertain) expect(signs).toBe(0);
      striped += Number(uncertain);
    }
    expect(striped).toBeGreaterThan(1);
  });

  it("carry no signs where they are faint, nor in a set", async () => {
    const { root, find, click } = show();
    await click(3);
    const signs = () => root.querySelector(".fixlip-sign")?.getAttribute("d");
    expect(signs()).not.toBe("");
    const slider = find('[aria-label="strength of the colours"]') as HTMLInputElement;
    slider.value = "20";
    slider.dispatchEvent(new Event("input", { bubbles: true }));
    await settled();
    expect(signs()).toBe("");
    slider.value = "100";
    slider.dispatchEvent(new Event("input", { bubbles: true }));
    await settled();
    expect(signs()).not.toBe("");
    find("input[value=subset]").click();
    await settled();
    expect(signs()).toBe("");
  });
});
