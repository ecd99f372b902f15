// @vitest-environment happy-dom
import { afterEach, describe, expect, it, vi } from "vitest";
import { deserialize } from "../src/deserialize.js";
import { table } from "../src/export/clipboard.js";
import { SharedSettings } from "../src/settings.js";
import { createFrame } from "../src/view/frame.js";
import { golden, goldenBytes, goldenModel } from "./golden.js";
import { rendered, renderView } from "./harness.js";

const explanation = deserialize(golden.meta, goldenBytes());
const extent = (values: readonly number[]) => Math.max(...values.map(Math.abs));

afterEach(() => document.body.replaceChildren());

describe("scales of attributions", () => {
  it("are one for both modalities, or one for each", async () => {
    const { check, token, find, click } = renderView();
    const words = golden.firstOrder.slice(15);
    const strongest = 15 + words.findIndex((value) => Math.abs(value) === extent(words));
    const end = (golden.firstOrder[strongest] as number) > 0 ? "100.0%" : "0.0%";
    const ends = () => find(".fixlip-ends").textContent ?? "";
    expect(extent(words)).not.toBe(extent(golden.firstOrder));
    expect(token(strongest).style.backgroundPositionX).not.toBe(end);
    expect(ends()).toContain(extent(golden.firstOrder).toFixed(2));
    await check("per modality");
    expect(token(strongest).style.backgroundPositionX).toBe(end);
    expect(ends()).toContain(
      `patches ±${extent(golden.firstOrder.slice(0, 15)).toFixed(2)}, words ±${extent(words).toFixed(2)} logits`,
    );
    await click(3);
    expect(ends()).not.toContain("patches");
  });
});

describe("a fine grid", () => {
  const fine = () => {
    const { meta } = golden;
    const grid = [1, 17] as const;
    const tokens = Array.from({ length: 21 }, (_, player) => `t${player}`);
    return goldenModel({
      meta: { ...meta, joined: meta.joined.slice(0, 4), fields: { ...meta.fields, grid, tokens } },
    });
  };

  it("carries signs only where it is enlarged", async () => {
    const { find, el } = renderView(fine());
    const signs = () => find(".fixlip-sign").getAttribute("d");
    const button = Array.from(el.querySelectorAll("button")).find((each) => each.textContent === "enlarge");
    expect(signs()).toBe("");
    button?.click();
    await rendered();
    expect(signs()).not.toBe("");
    expect(find(".fixlip-picture").hasAttribute("data-enlarged")).toBe(true);
    expect(button?.textContent).toBe("reduce");
    button?.click();
    await rendered();
    expect(signs()).toBe("");
  });

  it("has no such button where patches are large", () => {
    const { el } = renderView();
    const button = Array.from(el.querySelectorAll("button")).find((each) => each.textContent === "enlarge");
    expect(button?.hidden).toBe(true);
  });
});

describe("a contrast", () => {
  it("has the second caption on rows of its own, and says what colours speak for", () => {
    const { meta } = golden;
    const { find } = renderView(
      goldenModel({ meta: { ...meta, fields: { ...meta.fields, second_caption: 17 } } }),
    );
    const between = find(".fixlip-rather");
    expect(between.textContent).toBe("rather than");
    expect((between.nextElementSibling as HTMLElement).dataset.player).toBe("17");
    expect((between.previousElementSibling as HTMLElement).dataset.player).toBe("16");
    expect(find(".fixlip-ends").textContent).toMatch(/for the second.*for the first/);
  });
});

describe("copying", () => {
  const frameOf = (mode: "attribution" | "links") =>
    createFrame(explanation, { mode, selected: [], hidden: [] }, new SharedSettings().current, null);

  it("writes the values shown as a table", () => {
    const rows = table(frameOf("attribution")).trimEnd().split("\n");
    expect(rows).toHaveLength(22);
    expect(rows[0]).toBe("token\tlogits\tstandard error");
    const [name, value, error] = (rows[18] as string).split("\t");
    expect(name).toBe(explanation.labels[17]);
    expect(Number(value)).toBe(golden.firstOrder[17]);
    expect(Number(error)).toBeCloseTo(golden.firstOrderErrors?.[17] as number, 6);
    const [first] = frameOf("links").links;
    const link = table(frameOf("links")).split("\n")[1]?.split("\t");
    expect(link?.map(Number)[2]).toBe(first?.value);
    expect(link?.[0]).toBe(explanation.labels[first?.from as number]);
  });

  it("goes to the clipboard, or says that there is none", async () => {
    const writeText = vi.fn(async () => {});
    vi.stubGlobal("navigator", { clipboard: { writeText } });
    const { el, find } = renderView();
    const press = async (name: string) => {
      Array.from(el.querySelectorAll("button"))
        .find((each) => each.textContent === name)
        ?.click();
      await rendered();
    };
    await press("citation");
    expect(writeText).toHaveBeenCalledWith(expect.stringContaining("eprint = {2508.05430}"));
    await press("values");
    expect(writeText).toHaveBeenLastCalledWith(table(frameOf("attribution")));
    vi.stubGlobal("navigator", {});
    await press("values");
    expect(find(".fixlip-failure").textContent).toBe(
      "values could not be made: this page has no access to the clipboard; open it from a file or over https.",
    );
    vi.unstubAllGlobals();
  });
});
