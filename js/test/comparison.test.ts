// @vitest-environment happy-dom
import { afterEach, describe, expect, it } from "vitest";
import { deserialize } from "../src/deserialize.js";
import { difference } from "../src/difference.js";
import { conditional } from "../src/interactions.js";
import type { ComparisonItem } from "../src/model.js";
import { golden, goldenBytes, goldenFloats, goldenModel, metaWith, thirdOrder } from "./golden.js";
import { rendered, renderView, slide, valuesIn } from "./harness.js";

afterEach(() => document.body.replaceChildren());

const secondOrder = { meta: golden.meta, values: goldenBytes() };
const items: ComparisonItem[] = [
  { title: "second", picture: "", ...secondOrder },
  { title: "third", picture: "", ...thirdOrder },
];

function renderComparison(views: readonly ComparisonItem[] = items) {
  const comparison = renderView(goldenModel({ views, scale: "common" }));
  const roots = () => Array.from(comparison.el.querySelectorAll<HTMLElement>(".fixlip"));
  const tokenIn = (view: number, player: number) =>
    roots()[view]?.querySelector(`[data-player="${player}"]`) as HTMLElement;
  return {
    ...comparison,
    roots,
    tokenIn,
    values: (view: number) => valuesIn(roots()[view] as HTMLElement),
    async click(view: number, player: number) {
      tokenIn(view, player).click();
      await rendered();
    },
  };
}

describe("a difference", () => {
  const [a, b] = [secondOrder, thirdOrder].map(({ meta, values }) => deserialize(meta, values)) as [
    ReturnType<typeof deserialize>,
    ReturnType<typeof deserialize>,
  ];

  it("subtracts attributions and interactions, and predicts nothing", () => {
    const { meta, values } = difference(thirdOrder, secondOrder);
    const result = deserialize(meta, values);
    for (const order of ["firstOrder", "secondOrder"] as const) {
      expect(result[order]).toHaveLength(a[order].length);
      for (const [index, value] of result[order].entries())
        expect(value).toBeCloseTo((b[order][index] as number) - (a[order][index] as number), 5);
    }
    expect(result.triples).toHaveLength(0);
    expect(meta.predicts_similarity).toBe(false);
  });

  it("is of the values shown, where each explanation has a p of its own", () => {
    const other = { meta: metaWith({ p: [0.5, 0.125] }), values: goldenBytes() };
    const { firstOrder } = deserialize(other.meta, other.values);
    const { meta, values } = difference(thirdOrder, other);
    for (const [player, value] of deserialize(meta, values).firstOrder.entries())
      expect(value).toBeCloseTo((b.firstOrder[player] as number) - (firstOrder[player] as number), 5);
  });

  it("has standard errors if both have", () => {
    const mixed = difference(thirdOrder, secondOrder);
    expect(deserialize(mixed.meta, mixed.values).stderr).toEqual({
      firstOrder: null,
      secondOrder: null,
      triples: null,
    });
    const same = difference(secondOrder, secondOrder);
    const { stderr } = deserialize(same.meta, same.values);
    for (const order of ["firstOrder", "secondOrder"] as const) {
      for (const [index, error] of (a.stderr[order] ?? []).entries())
        expect(stderr[order]?.[index]).toBeCloseTo(Math.SQRT2 * error, 5);
    }
  });
});

describe("a comparison", () => {
  it("shows every explanation under its title", () => {
    const { roots, el, values } = renderComparison();
    expect(roots()).toHaveLength(2);
    expect(Array.from(el.querySelectorAll("h2"), (title) => title.textContent)).toEqual(["second", "third"]);
    expect(values(0)).toEqual(golden.firstOrder);
  });

  it("has one undo history for all views", async () => {
    const { tokenIn, click, press, model } = renderComparison();
    await click(0, 3);
    await click(1, 17);
    tokenIn(0, 5).focus();
    await press("z", { ctrlKey: true });
    expect(model.get("selected")).toEqual([3]);
    tokenIn(1, 5).focus();
    await press("z", { ctrlKey: true });
    expect(model.get("selected")).toEqual([]);
    await press("Z", { ctrlKey: true, shiftKey: true });
    expect(model.get("selected")).toEqual([3]);
  });

  it("conditions all views on the token clicked in one", async () => {
    const { click, values, model } = renderComparison();
    await click(1, 18);
    expect(model.get("selected")).toEqual([18]);
    expect(values(0)).toEqual(golden.conditional[1]?.values);
    const third = deserialize(thirdOrder.meta, thirdOrder.values);
    expect(values(1)).toEqual(Array.from(conditional(third, [18]).values));
  });

  it("shows differences from the first explanation, conditional ones too", async () => {
    const { roots, click, check, values } = renderComparison();
    await check("differences");
    const { meta, values: bytes } = difference(thirdOrder, secondOrder);
    expect(values(0)).toEqual(golden.firstOrder);
    expect(values(1)).toEqual(Array.from(deserialize(meta, bytes).firstOrder));
    expect(roots()[1]?.parentElement?.querySelector("h2")?.textContent).toBe("third − second");
    await click(0, 3);
    expect(values(1)).toEqual(Array.from(conditional(deserialize(meta, bytes), [3]).values));
  });

  it("states both sides of a difference", async () => {
    const { el, check } = renderComparison([
      { ...secondOrder, meta: metaWith({ p: 0.5 }), title: "a", picture: "" },
      {
        ...thirdOrder,
        meta: { ...thirdOrder.meta, fields: { ...thirdOrder.meta.fields, p: 0.8, full_value: 9 } },
        title: "b",
        picture: "",
      },
    ]);
    await check("differences");
    const header = el.querySelectorAll(".fixlip-view .fixlip-header")[1]?.textContent;
    expect(header).toContain(`similarity 9.00 − ${golden.meta.fields.full_value.toFixed(2)} logits`);
    expect(header).toContain("p 0.8 − 0.5");
    expect(el.querySelectorAll(".fixlip-view .fixlip-ends")[1]?.textContent).toContain("more");
  });

  it("offers no differences between values of different units", () => {
    const other = {
      ...thirdOrder,
      meta: { ...thirdOrder.meta, fields: { ...thirdOrder.meta.fields, units: "relevance" } },
    };
    const { find } = renderComparison([items[0] as ComparisonItem, { title: "b", picture: "", ...other }]);
    expect((find("input[value=differences]") as HTMLInputElement).disabled).toBe(true);
  });

  it("shows an error if one explanation cannot be read", () => {
    const broken = { title: "b", picture: "", meta: golden.meta, values: new DataView(new ArrayBuffer(8)) };
    const { find } = renderComparison([items[0] as ComparisonItem, broken]);
    expect(find("[role=alert]").textContent).toContain("2 values do not fit 21 tokens");
  });

  it("has the facts that are the same once, and leaves the others to the views", () => {
    const other = metaWith({ r2: 0.75 });
    const { el } = renderComparison([
      { ...secondOrder, title: "a", picture: "" },
      { ...secondOrder, meta: other, title: "b", picture: "" },
    ]);
    const [shared, a, b] = Array.from(el.querySelectorAll(".fixlip-header"), (header) => header.textContent);
    expect(shared).toContain(`similarity ${golden.meta.fields.full_value.toFixed(2)} logits`);
    expect(shared).not.toContain("R²");
    expect([a, b]).toEqual(["", "R² 0.75 "]);
  });

  it("has controls and bars once, which act on all views", async () => {
    const { el, find, roots, check, model } = renderComparison();
    const shared = find(".fixlip-shared");
    shared.querySelector<HTMLInputElement>("input[value=links]")?.click();
    await rendered();
    expect(roots().map(({ dataset }) => dataset.mode)).toEqual(["links", "links"]);
    await check("attribution");
    const bar = find(".fixlip-multiples > .fixlip-bars > .fixlip-bar");
    expect(bar.querySelectorAll(".fixlip-track")).toHaveLength(2);
    const player = Number(bar.dataset.bar);
    bar.click();
    await rendered();
    expect(model.get("selected")).toEqual([player]);
    expect(el.querySelectorAll(".fixlip-shared .fixlip-legend")).toHaveLength(1);
  });

  it("ranks tokens by the strongest value of all views", () => {
    const { find } = renderComparison();
    const first = find(".fixlip-multiples > .fixlip-bars > .fixlip-bar");
    const values = items.map(({ meta, values }) =>
      Array.from(deserialize(meta, values).firstOrder, Math.abs),
    );
    const strongest = Math.max(...values.flat());
    expect(values.map((each) => each[Number(first.dataset.bar)])).toContain(strongest);
  });

  it("aligns the words of captions that differ", async () => {
    const n = golden.meta.fields.tokens.length;
    const nPatches = golden.meta.fields.grid[0] * golden.meta.fields.grid[1];
    // The first word of the second caption is one that the first does not have.
    const aligned = Array.from({ length: n - nPatches }, (_, place) => (place === 0 ? n : nPatches + place));
    const { el, model, click, tokenIn, find, press } = renderComparison([
      { ...secondOrder, title: "a", picture: "" },
      { ...secondOrder, title: "b", picture: "", aligned },
    ]);
    const selectedIn = (view: number) =>
      Array.from(el.querySelectorAll(".fixlip")[view]?.querySelectorAll("[data-player]") ?? [], (token) =>
        token.getAttribute("aria-selected") === "true" ? Number(token.getAttribute("data-player")) : -1,
      ).filter((player) => player >= 0);
    const unable = () =>
      Array.from(el.querySelectorAll(".fixlip-view"), (view) => view.hasAttribute("data-unable"));
    await click(1, nPatches + 1);
    expect(model.get("selected")).toEqual([nPatches + 1]);
    expect([selectedIn(0), selectedIn(1), ...unable()]).toEqual([
      [nPatches + 1],
      [nPatches + 1],
      false,
      false,
    ]);

    await click(1, nPatches);
    expect(model.get("selected")).toEqual([n]);
    expect([selectedIn(0), selectedIn(1), ...unable()]).toEqual([[], [nPatches], true, false]);
    expect(find(".fixlip-shared .fixlip-title").textContent).toContain("strongest with");
    const numbers = find(".fixlip-multiples > .fixlip-bars .fixlip-bar").querySelectorAll(".fixlip-number");
    expect(numbers[0]?.textContent).toBe("–");
    expect(numbers[1]?.textContent).not.toBe("–");

    // What one view adds leaves what only the other has.
    tokenIn(0, 2).dispatchEvent(new MouseEvent("click", { bubbles: true, shiftKey: true }));
    await rendered();
    expect(model.get("selected")).toEqual([n, 2]);
    tokenIn(0, 2).focus();
    await press("z", { ctrlKey: true });
    expect(model.get("selected")).toEqual([n]);
    expect((find("input[value=differences]") as HTMLInputElement).disabled).toBe(false);
  });

  it("draws bars of all views on one axis if they share a scale", async () => {
    const doubled = new DataView(goldenFloats().map((value) => 2 * value).buffer);
    const { el, model } = renderComparison([
      items[0] as ComparisonItem,
      { title: "twice", picture: "", meta: golden.meta, values: doubled },
    ]);
    const longestBars = () =>
      [1, 2].map((column) => {
        const fills = el.querySelectorAll<HTMLElement>(
          `.fixlip-multiples > .fixlip-bars .fixlip-cells:nth-of-type(${column + 1}) .fixlip-length`,
        );
        return Math.max(...Array.from(fills, (fill) => Number.parseFloat(fill.style.width) || 0));
      }) as [number, number];
    expect(longestBars()[1]).toBeCloseTo(2 * longestBars()[0], 1);
    model.set("scale", "own");
    await rendered();
    expect(longestBars()[1]).toBeCloseTo(longestBars()[0], 1);
  });

  it("has one colour scale or one for each view", async () => {
    const { model, check, el, find } = renderComparison();
    const legends = () =>
      Array.from(el.querySelectorAll(".fixlip-view .fixlip-ends"), (legend) => legend.textContent);
    expect(new Set(legends()).size).toBe(1);
    model.set("scale", "own");
    await rendered();
    expect(new Set(legends()).size).toBe(2);
    expect((find(".fixlip-switches input[value=own]") as HTMLInputElement).checked).toBe(true);
    await check("common");
    expect(model.get("scale")).toBe("common");
    expect(new Set(legends()).size).toBe(1);
  });

  it("shares settings between views, and keeps them when the scale changes", async () => {
    const { roots, el, model } = renderComparison();
    model.set("mode", "links");
    await rendered();
    const sliders = (label: string) =>
      Array.from(el.querySelectorAll<HTMLInputElement>(`input[aria-label="${label}"]`));
    slide(sliders("number of links")[0] as HTMLInputElement, "3");
    await rendered();
    expect(sliders("number of links").map(({ value }) => value)).toEqual(["3", "3", "3"]);
    model.set("scale", "own");
    await rendered();
    expect(sliders("number of links").map(({ value }) => value)).toEqual(["3", "3", "3"]);

    model.set("scale", "common");
    roots()[0]?.querySelector<HTMLInputElement>("input[value=strength]")?.click();
    await rendered();
    for (const [index, item] of items.entries()) {
      const strongest = Math.max(...deserialize(item.meta, item.values).secondOrder.map(Math.abs));
      const text = sliders("least strength")[index + 1]?.closest(".fixlip-slider")?.textContent ?? "";
      expect(Number(text.match(/±([\d.]+)/)?.[1])).toBeCloseTo(0.3 * strongest, 1);
    }
  });

  it("is removed when its signal aborts", () => {
    const { controller, el } = renderComparison();
    expect(el.childElementCount).toBe(1);
    controller.abort();
    expect(el.childElementCount).toBe(0);
  });
});
