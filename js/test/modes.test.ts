// @vitest-environment happy-dom
import { afterEach, describe, expect, it } from "vitest";
import { deserialize } from "../src/deserialize.js";
import { leftOfMiddle, strokeOutline } from "../src/view/tapered-stroke.js";
import { golden, goldenBytes, goldenFloats, goldenModel } from "./golden.js";
import { rendered, renderView } from "./harness.js";

afterEach(() => document.body.replaceChildren());

describe("attribution mode", () => {
  it("shows what tokens add on average, or on their own as the paper's figures do", async () => {
    const { check, values, find } = renderView();
    expect(values()).toEqual(golden.firstOrder);
    await check("main effect");
    const { arrays } = deserialize(golden.meta, goldenBytes());
    expect(values()).toEqual([...arrays.first]);
    expect(values()).not.toEqual(golden.firstOrder);
    expect(find(".fixlip-title").textContent).toBe("strongest main effects");
    expect(find(".fixlip-hint").textContent).toContain("with all others hidden");
    const extent = Math.max(...arrays.first.map(Math.abs));
    expect(Number(/[\d.]+/.exec(find(".fixlip-ends").lastElementChild?.textContent ?? "")?.[0])).toBeCloseTo(
      extent,
      2,
    );
    await check("mean effect");
    expect(values()).toEqual(golden.firstOrder);
  });

  it("says why there is nothing to condition on", async () => {
    const { find, click } = renderView();
    const why = () => find(".fixlip-side > .fixlip-form").title;
    expect(why()).toBe("conditional: click a patch or a word first");
    await click(3);
    expect(why()).toBe("");
  });
});

describe("links mode", () => {
  const renderLinks = () => {
    const view = renderView(goldenModel({ mode: "links" }));
    const links = () => view.el.querySelectorAll(".fixlip-link-overlay path");
    const bars = () => Array.from(view.el.querySelectorAll<HTMLElement>("[data-bar]:not([hidden])"));
    return { ...view, links, bars };
  };

  it("draws as many links of the chosen kinds as requested, and lists the strongest", async () => {
    const { links, bars, find, setSlider, check, values } = renderLinks();
    expect(links()).toHaveLength(20);
    expect(values()).toEqual(golden.firstOrder);
    await setSlider("number of links", "7");
    expect(links()).toHaveLength(7);
    await setSlider("number of links", "200");
    const all = links().length;
    await check("image–image");
    expect(links().length).toBeLessThan(all);
    expect(bars().length).toBeGreaterThan(0);
    for (const bar of bars()) expect(Number(bar.dataset.bar?.split(" ")[1])).toBeGreaterThanOrEqual(15);

    await check("strength");
    await setSlider("least strength", "1");
    const magnitudes = Array.from(deserialize(golden.meta, goldenBytes()).secondOrder, Math.abs);
    const strongest = Math.max(...magnitudes);
    expect(find(".fixlip-bar .fixlip-number").textContent).toContain(strongest.toFixed(2));
    expect(links().length).toBeGreaterThan(0);
    expect(links().length).toBeLessThanOrEqual(magnitudes.filter((each) => each === strongest).length);
  });

  it("keeps a change of settings that is not rendered yet when the next one comes", async () => {
    const { find } = renderLinks();
    find('input[value="image–image"]').click();
    find('input[value="strength"]').click();
    await rendered();
    expect((find('input[value="image–image"]') as HTMLInputElement).checked).toBe(false);
    expect((find('input[value="strength"]') as HTMLInputElement).checked).toBe(true);
  });

  it("stays when tokens are selected, and shows only their links", async () => {
    const { model, click, bars, press, find } = renderLinks();
    await click(18);
    expect(model.get("mode")).toBe("links");
    expect(bars().length).toBeGreaterThan(0);
    for (const bar of bars()) expect(bar.dataset.bar?.split(" ")).toContain("18");
    expect(find(".fixlip-title").textContent).toBe("strongest links of “🐕”");
    await press("Escape");
    expect([model.get("mode"), model.get("selected")]).toEqual(["links", []]);
  });

  it("are as wide as they are strong, whatever the scale of the attributions", () => {
    // The ends of the first curve are a link's width at its patch apart.
    const widthOf = (path: Element) => {
      const [, width] = /A([\d.]+) [\d.]+ 0 0 1 [^A]*Z$/.exec(path.getAttribute("d") ?? "") ?? [];
      return 2 * Number(width);
    };
    const loud = goldenFloats().map((value, index) =>
      index < golden.firstOrder.length ? 1000 * value : value,
    );
    for (const values of [goldenBytes(), new DataView(loud.buffer)]) {
      const { el, find } = renderView(goldenModel({ values, mode: "links" }));
      const widths = Array.from(el.querySelectorAll(".fixlip-link-overlay path"), widthOf);
      expect(Math.max(...widths)).toBeCloseTo(13, 1);
      const strongest = Math.max(...deserialize(golden.meta, values).secondOrder.map(Math.abs));
      expect(find(".fixlip-widths").textContent).toContain(`±${strongest.toFixed(2)} logits`);
    }
  });

  it("end in a dot at every word, which tells them from links that pass under it", async () => {
    const { el, check } = renderLinks();
    const dots = () => el.querySelectorAll(".fixlip-link-end").length;
    await check("image–image");
    await check("text–text");
    expect(dots()).toBe(20);
    await check("text–text");
    await check("image–text");
    expect(dots()).toBe(2 * el.querySelectorAll(".fixlip-link-overlay > g").length);
  });

  it("highlights the link of a bar, and selects both its tokens on a click", async () => {
    const { model, el, find, root } = renderLinks();
    const bar = find("[data-bar]");
    bar.dispatchEvent(new Event("pointerover", { bubbles: true }));
    expect(el.querySelectorAll(".fixlip-link-overlay > :not(.fixlip-dimmed)")).toHaveLength(1);
    expect(find(".fixlip-tip").textContent).toMatch(/ · .*± .* logits/);
    root.dispatchEvent(new Event("pointerleave"));
    expect(el.querySelector(".fixlip-dimmed")).toBeNull();
    bar.click();
    await rendered();
    expect(model.get("selected")).toEqual((bar.dataset.bar ?? "").split(" ").map(Number));
  });
});

describe("subset mode", () => {
  const renderSubset = () => {
    const view = renderView(goldenModel({ mode: "subset" }));
    const members = () => {
      const tokens = view.el.querySelectorAll<HTMLElement>("[data-player]:not([data-outside])");
      return Array.from(tokens, (token) => Number(token.dataset.player));
    };
    return { ...view, members };
  };
  const predictionText = (value: number | undefined) =>
    `predicted: these alone ${(golden.meta.fields.empty_value + (value ?? Number.NaN)).toFixed(2).replace("-", "−")}, everything ${everything}`;
  const everything = (
    golden.meta.fields.empty_value +
    (golden.predictions.find(({ hidden }) => hidden.length === 0)?.value ?? 0)
  ).toFixed(2);

  it("dims the tokens outside the subset, and draws the subset as a graph", async () => {
    const { el, find, setSlider, members } = renderSubset();
    expect(members()).toHaveLength(5);
    expect(el.querySelectorAll(".fixlip-node:not([hidden])")).toHaveLength(5);
    expect(el.querySelectorAll(".fixlip-graph path")).toHaveLength(10);
    expect(find(".fixlip-reach").textContent).toBe(predictionText(golden.subsets.highest[4]));
    await setSlider("size of the set", "9");
    expect(members()).toHaveLength(9);
    expect(find(".fixlip-reach").textContent).toBe(predictionText(golden.subsets.highest[8]));
    expect(find(".fixlip-bars").hidden).toBe(true);
  });

  it("draws the strongest edges with numbers that cover neither nodes nor each other, and the rest faintly", async () => {
    const { el, setSlider } = renderSubset();
    await setSlider("size of the set", "12");
    expect(el.querySelectorAll(".fixlip-graph .fixlip-link")).toHaveLength(8);
    expect(el.querySelectorAll(".fixlip-graph .fixlip-faint")).toHaveLength(66 - 8);
    const numbers = [...el.querySelectorAll(".fixlip-graph text")];
    expect(numbers).toHaveLength(8);
    for (const number of numbers) expect(Number(number.textContent?.replace("−", "-"))).not.toBe(0);
    const places = numbers.map((number) => ["x", "y"].map((name) => Number(number.getAttribute(name))));
    for (const [i, [x, y]] of places.entries())
      for (const [otherX, otherY] of places.slice(i + 1))
        expect(
          Math.abs((x as number) - (otherX as number)) > 30 ||
            Math.abs((y as number) - (otherY as number)) > 14,
        ).toBe(true);
  });

  it("names the ends of both axes of the curve", () => {
    const { el } = renderSubset();
    const ticks = Array.from(el.querySelectorAll(".fixlip-tick"), ({ textContent }) => textContent);
    const { empty_value } = golden.meta.fields;
    const values = golden.subsets.highest.map((value) => empty_value + value);
    const [min, max] = [Math.min(...values), Math.max(...values)];
    // Three significant digits of the axis's length.
    const digits = 2 - Math.floor(Math.log10(max - min));
    const text = (value: number) => value.toFixed(digits).replace("-", "−");
    expect(ticks.slice(0, 2)).toEqual([text(max), text(min)]);
    expect(ticks.slice(2)).toEqual(["1", `${golden.firstOrder.length} tokens`]);
  });

  it("draws at most twelve nodes, and says so", async () => {
    const { el, find, setSlider } = renderSubset();
    await setSlider("size of the set", "15");
    expect(el.querySelectorAll(".fixlip-node:not([hidden])")).toHaveLength(12);
    expect(el.querySelectorAll(".fixlip-graph path")).toHaveLength((12 * 11) / 2);
    expect(find(".fixlip-hint").textContent).toContain("The graph shows 12 of them.");
  });

  it("finds the lowest subset, and subsets that contain the selected token", async () => {
    const { find, check, click, model, members } = renderSubset();
    await check("lowest");
    expect(find(".fixlip-title").textContent).toBe("lowest set");
    expect(find(".fixlip-reach").textContent).toBe(predictionText(golden.subsets.lowest[4]));
    const lowest = members();
    await click(18);
    expect(model.get("mode")).toBe("subset");
    expect(members()).toContain(18);
    expect(find(".fixlip-title").textContent).toBe("lowest set with “🐕”");
    expect(members()).not.toEqual(lowest);
  });
});

describe("strokes", () => {
  it("have the requested widths at their ends", () => {
    const d = strokeOutline({
      from: { x: 0, y: 0 },
      to: { x: 10, y: 0 },
      via: { x: 5, y: 0 },
      width: [4, 2],
    });
    expect(d).toMatch(/^M0\.0 -2\.0Q5\.0 -1\.5 10\.0 -1\.0A1\.0/);
    expect(d).toMatch(/Q5\.0 1\.5 0\.0 2\.0A2\.0 .*Z$/);
  });

  it("bend to the left", () => {
    expect(leftOfMiddle({ x: 0, y: 0 }, { x: 10, y: 0 }, 0.1)).toEqual({ x: 5, y: -1 });
  });

  it("are defined between identical points", () => {
    const point = { x: 3, y: 4 };
    expect(strokeOutline({ from: point, to: point, via: point, width: [2, 2] })).not.toContain("NaN");
  });
});
