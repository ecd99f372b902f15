// @vitest-environment happy-dom
import { afterEach, describe, expect, it } from "vitest";
import { beside, outline } from "../src/view/tapered-stroke.js";
import { golden, goldenModel } from "./golden.js";
import { settled, show } from "./show.js";

afterEach(() => document.body.replaceChildren());

function opened(mode: "links" | "subset") {
  const view = show(goldenModel({ mode }));
  const set = async (selector: string, value: string) => {
    const input = view.find(selector) as HTMLInputElement;
    input.value = value;
    input.dispatchEvent(new Event("input", { bubbles: true }));
    await settled();
  };
  const tick = async (selector: string) => {
    view.find(selector).click();
    await settled();
  };
  return { ...view, set, tick };
}

describe("the view of links", () => {
  it("draws as many as asked for, of the kinds asked for, and lists the strongest", async () => {
    const { el, find, set, tick, values } = opened("links");
    const drawn = () => el.querySelectorAll(".fixlip-weave path").length;
    expect(drawn()).toBe(20);
    expect(values()).toEqual(golden.first);
    await set('[aria-label="number of links"]', "7");
    expect(drawn()).toBe(7);
    await set('[aria-label="number of links"]', "200");
    const all = drawn();
    await tick('input[value="image–image"]');
    expect(drawn()).toBeLessThan(all);
    for (const bar of el.querySelectorAll<HTMLElement>("[data-bar]:not([hidden])")) {
      expect(Number(bar.dataset.bar?.split(" ")[1])).toBeGreaterThanOrEqual(15);
    }
    await tick('input[value="strength"]');
    await set('[aria-label="least strength"]', "1");
    const strongest = Number((find(".fixlip-bar .fixlip-number").textContent ?? "").replace("−", "-"));
    expect(Math.abs(strongest)).toBe(3);
  });

  it("keeps a change that is not yet drawn when the next comes", async () => {
    const { find } = opened("links");
    find('input[value="image–image"]').click();
    find('input[value="strength"]').click();
    await settled();
    expect((find('input[value="image–image"]') as HTMLInputElement).checked).toBe(false);
    expect((find('input[value="strength"]') as HTMLInputElement).checked).toBe(true);
  });

  it("stays when tokens are selected, and shows their links alone", async () => {
    const { model, click, el, press, find } = opened("links");
    await click(18);
    expect(model.get("mode")).toBe("links");
    for (const bar of el.querySelectorAll<HTMLElement>("[data-bar]:not([hidden])")) {
      expect(bar.dataset.bar?.split(" ")).toContain("18");
    }
    expect(find(".fixlip-title").textContent).toBe("strongest links of “🐕”");
    await press("Escape");
    expect([model.get("mode"), model.get("selected")]).toEqual(["links", []]);
  });

  it("selects both ends of a listed link, and points one out", async () => {
    const { model, el, find, root } = opened("links");
    const bar = find("[data-bar]");
    bar.dispatchEvent(new Event("pointerover", { bubbles: true }));
    expect(el.querySelectorAll(".fixlip-link:not(.fixlip-faint)")).toHaveLength(1);
    expect(find(".fixlip-tip").textContent).toMatch(/ · .*± .* logits/);
    root.dispatchEvent(new Event("pointerleave"));
    expect(el.querySelector(".fixlip-faint")).toBeNull();
    bar.click();
    await settled();
    expect(model.get("selected")).toEqual((bar.dataset.bar ?? "").split(" ").map(Number));
  });
});

describe("the view of sets", () => {
  const members = (el: HTMLElement) =>
    Array.from(el.querySelectorAll("[data-player]:not([data-outside])"), (one) =>
      one.getAttribute("data-player"),
    );

  it("dims what is outside the set, and draws the set as a graph", async () => {
    const { el, find, set } = opened("subset");
    expect(members(el)).toHaveLength(5);
    expect(el.querySelectorAll(".fixlip-node:not([hidden])")).toHaveLength(5);
    expect(el.querySelectorAll(".fixlip-graph path")).toHaveLength(10);
    const alone = (value: number | undefined) =>
      `these alone: ${(golden.meta.empty + (value ?? 0)).toFixed(2)} predicted`;
    expect(find(".fixlip-reach").textContent).toBe(alone(golden.subsets.highest[4]));
    await set('[aria-label="size of the set"]', "9");
    expect(members(el)).toHaveLength(9);
    expect(find(".fixlip-reach").textContent).toBe(alone(golden.subsets.highest[8]));
    expect(find(".fixlip-bars").hidden).toBe(true);
  });

  it("finds the lowest set too, and sets with a given token", async () => {
    const { el, find, tick, click, model } = opened("subset");
    await tick("input[value=lowest]");
    expect(find(".fixlip-title").textContent).toBe("lowest set");
    const lowest = members(el);
    await click(18);
    expect(model.get("mode")).toBe("subset");
    expect(members(el)).toContain("18");
    expect(find(".fixlip-title").textContent).toBe("lowest set with “🐕”");
    expect(members(el)).not.toEqual(lowest);
  });
});

describe("strokes", () => {
  it("are as wide at their ends as asked for", () => {
    const d = outline({ from: { x: 0, y: 0 }, to: { x: 10, y: 0 }, via: { x: 5, y: 0 }, width: [4, 2] });
    expect(d).toMatch(/^M0\.0 -2\.0Q5\.0 -1\.5 10\.0 -1\.0A1\.0/);
    expect(d).toMatch(/Q5\.0 1\.5 0\.0 2\.0A2\.0 .*Z$/);
  });

  it("bend to the left of their way", () => {
    expect(beside({ x: 0, y: 0 }, { x: 10, y: 0 }, 0.1)).toEqual({ x: 5, y: -1 });
  });

  it("have a course even from a place to itself", () => {
    const one = { x: 3, y: 4 };
    expect(outline({ from: one, to: one, via: one, width: [2, 2] })).not.toContain("NaN");
  });
});
