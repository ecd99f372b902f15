// @vitest-environment happy-dom
import { afterEach, describe, expect, it } from "vitest";
import { decode } from "../src/deserialize.js";
import { difference } from "../src/difference.js";
import { conditional } from "../src/interactions.js";
import type { Compared } from "../src/model.js";
import { golden, goldenBytes, goldenModel, thirdWire } from "./golden.js";
import { settled, show } from "./show.js";

afterEach(() => document.body.replaceChildren());

const one = { meta: golden.meta, values: goldenBytes() };
const views: Compared[] = [
  { title: "second", picture: "", ...one },
  { title: "third", picture: "", ...thirdWire },
];

function opened() {
  const shown = show(goldenModel({ views, scale: "common" }));
  const boards = () => Array.from(shown.el.querySelectorAll<HTMLElement>(".fixlip"));
  const values = (place: number) =>
    Array.from(boards()[place]?.querySelectorAll<HTMLElement>("[data-player]") ?? [], (t) =>
      Number(t.dataset.value),
    );
  const tick = async (value: string) => {
    shown.find(`input[value=${value}]`).click();
    await settled();
  };
  const pick = async (place: number, player: number) => {
    boards()[place]?.querySelector<HTMLElement>(`[data-player="${player}"]`)?.click();
    await settled();
  };
  return { ...shown, pick, boards, values, tick };
}

describe("differences", () => {
  it("are one explanation's values minus the other's, with the errors of both", () => {
    const [a, b] = [decode(one.meta, one.values), decode(thirdWire.meta, thirdWire.values)];
    const { meta, values } = difference(thirdWire, one);
    const found = decode(meta, values);
    for (const at of [0, 9, 20])
      expect(found.first[at]).toBeCloseTo((b.first[at] as number) - (a.first[at] as number), 5);
    for (const at of [0, 99, 209])
      expect(found.pairs[at]).toBeCloseTo((b.pairs[at] as number) - (a.pairs[at] as number), 5);
    expect(found.errors).toBeNull();
    const doubled = decode(meta, difference(one, one).values);
    expect(doubled.errors?.first[4]).toBeCloseTo(Math.SQRT2 * (golden.firstErrors[4] as number), 5);
    expect(meta.baseline).toBeNull();
  });
});

describe("a comparison", () => {
  it("shows every explanation under its title", () => {
    const { boards, el, values } = opened();
    expect(boards()).toHaveLength(2);
    expect(Array.from(el.querySelectorAll("h2"), (title) => title.textContent)).toEqual(["second", "third"]);
    expect(values(0)).toEqual(golden.first);
  });

  it("undoes what was done last, in whichever view, from any of them", async () => {
    const { boards, pick, press, model } = opened();
    await pick(0, 3);
    await pick(1, 17);
    boards()[0]?.querySelector<HTMLElement>("[data-player='5']")?.focus();
    await press("z", { ctrlKey: true });
    expect(model.get("selected")).toEqual([3]);
    boards()[1]?.querySelector<HTMLElement>("[data-player='5']")?.focus();
    await press("z", { ctrlKey: true });
    expect(model.get("selected")).toEqual([]);
    await press("Z", { ctrlKey: true, shiftKey: true });
    expect(model.get("selected")).toEqual([3]);
  });

  it("conditions all views on a click in one", async () => {
    const { pick, values, model } = opened();
    await pick(1, 18);
    expect(model.get("selected")).toEqual([18]);
    expect(values(0)).toEqual(golden.conditional[1]?.values);
    const third = decode(thirdWire.meta, thirdWire.values);
    expect(values(1)).toEqual(Array.from(conditional(third, [18]).values));
  });

  it("shows differences from the first, of what is selected too", async () => {
    const { boards, pick, tick, values } = opened();
    await tick("differences");
    const { meta, values: bytes } = difference(thirdWire, one);
    expect(values(0)).toEqual(golden.first);
    expect(values(1)).toEqual(Array.from(decode(meta, bytes).first));
    expect(boards()[1]?.parentElement?.querySelector("h2")?.textContent).toBe("third − second");
    await pick(0, 3);
    expect(values(1)).toEqual(Array.from(conditional(decode(meta, bytes), [3]).values));
  });

  it("says of a difference what differs, and of which explanations", async () => {
    const other = { ...thirdWire, meta: { ...thirdWire.meta, p: 0.8, similarity: 9 } };
    const shown = show(
      goldenModel({
        views: [
          { ...views[0], meta: { ...golden.meta, p: 0.5 }, title: "a" },
          { ...other, title: "b", picture: "" },
        ] as Compared[],
      }),
    );
    shown.find("input[value=differences]").click();
    await settled();
    const header = shown.el.querySelectorAll(".fixlip-header")[1]?.textContent;
    expect(header).toContain(`similarity 9.00 − ${golden.meta.similarity.toFixed(2)} logits`);
    expect(header).toContain("p 0.8 − 0.5");
    const inside = { ...golden.meta, baseline: null, units: "relevance", p: null };
    const alone = show(goldenModel({ meta: inside })).find(".fixlip-header").textContent;
    expect(alone).toContain(`similarity ${golden.meta.similarity.toFixed(2)} logits`);
    expect(alone).not.toMatch(/relevance|p 0/);
    expect(shown.el.querySelectorAll(".fixlip-title")[1]?.textContent).toBe("largest differences");
    expect(shown.el.querySelectorAll(".fixlip-ends")[1]?.textContent).toContain("more");
  });

  it("shows no differences between other units", () => {
    const other = { ...thirdWire, meta: { ...thirdWire.meta, units: "relevance" } };
    const { find } = show(
      goldenModel({ views: [views[0], { title: "b", picture: "", ...other }] as Compared[] }),
    );
    expect((find("input[value=differences]") as HTMLInputElement).disabled).toBe(true);
  });

  it("says so where a view cannot be read", () => {
    const broken = { title: "b", picture: "", meta: golden.meta, values: new DataView(new ArrayBuffer(8)) };
    const { find } = show(goldenModel({ views: [views[0], broken] as Compared[] }));
    expect(find("[role=alert]").textContent).toContain("2 values do not fit 21 tokens");
  });

  it("draws bars of one value equally long on a common scale", async () => {
    const doubled = new Float32Array(goldenBytes(0).buffer.slice(0, goldenBytes(0).byteLength)).map(
      (x) => 2 * x,
    );
    const twice = { title: "twice", picture: "", meta: golden.meta, values: new DataView(doubled.buffer) };
    const { el, model } = show(goldenModel({ views: [views[0], twice] as Compared[], scale: "common" }));
    const longest = () =>
      Array.from(el.querySelectorAll(".fixlip-bars"), (bars) =>
        Math.max(
          ...Array.from(bars.querySelectorAll<HTMLElement>(".fixlip-length"), (bar) =>
            Number.parseFloat(bar.style.width),
          ),
        ),
      ) as [number, number];
    expect(longest()[1]).toBeCloseTo(2 * longest()[0], 1);
    model.set("scale", "own");
    await settled();
    expect(longest()[1]).toBeCloseTo(longest()[0], 1);
  });

  it("leaves nothing behind", () => {
    const { controller, el } = opened();
    controller.abort();
    expect(el.childElementCount).toBe(0);
  });

  it("has one scale or as many, as the model says and the reader chooses", async () => {
    const { model, tick, el, find } = opened();
    const ends = () => Array.from(el.querySelectorAll(".fixlip-legend"), (one) => one.textContent);
    expect(new Set(ends()).size).toBe(1);
    model.set("scale", "own");
    await settled();
    expect(new Set(ends()).size).toBe(2);
    expect((find("input[value=own]") as HTMLInputElement).checked).toBe(true);
    await tick("common");
    expect(model.get("scale")).toBe("common");
    expect(new Set(ends()).size).toBe(1);
  });

  it("has one look, which stays when the scale changes, and says what each view's own links are", async () => {
    const { boards, el, model } = opened();
    model.set("mode", "links");
    await settled();
    const sliders = (name: string) =>
      Array.from(el.querySelectorAll<HTMLInputElement>(`input[aria-label="${name}"]`));
    const [number] = sliders("number of links") as [HTMLInputElement];
    number.value = "3";
    number.dispatchEvent(new Event("input", { bubbles: true }));
    await settled();
    expect(sliders("number of links").map(({ value }) => value)).toEqual(["3", "3"]);
    model.set("scale", "own");
    await settled();
    expect(sliders("number of links").map(({ value }) => value)).toEqual(["3", "3"]);

    model.set("scale", "common");
    boards()[0]?.querySelector<HTMLInputElement>("input[value=strength]")?.click();
    await settled();
    for (const [place, wire] of views.entries()) {
      const strongest = Math.max(...decode(wire.meta, wire.values).pairs.map(Math.abs));
      const label = sliders("least strength")[place]?.closest(".fixlip-slider")?.textContent ?? "";
      expect(Number(label.match(/±([\d.]+)/)?.[1])).toBeCloseTo(0.3 * strongest, 1);
    }
  });
});
