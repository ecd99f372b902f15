// @vitest-environment happy-dom
import { afterEach, describe, expect, it, vi } from "vitest";
import { deserialize } from "../src/deserialize.js";
import { formatSigned } from "../src/format.js";
import { pairCount, pairIndex } from "../src/indices.js";
import type { Fields, Meta } from "../src/model.js";
import { golden, goldenBytes, goldenFloats, goldenModel, metaWith } from "./golden.js";
import { rendered, renderView } from "./harness.js";

afterEach(() => document.body.replaceChildren());

describe("the document", () => {
  it("has the roles and data attributes of the contract", () => {
    const { root, find, el, values } = renderView();
    expect(root.dataset.status).toBe("ready");
    expect(root.hasAttribute("data-lm-suppress-shortcuts")).toBe(true);
    expect(el.querySelectorAll("[role=grid] > [role=row]")).toHaveLength(3);
    expect(el.querySelectorAll("[role=row]:first-child > [role=gridcell]")).toHaveLength(5);
    expect(find("[role=listbox][aria-multiselectable=true]").querySelectorAll("[role=option]")).toHaveLength(
      6,
    );
    expect(values()).toEqual(golden.firstOrder);
    expect(el.querySelectorAll('[data-player][aria-selected="false"]')).toHaveLength(21);
  });

  it("prefixes every class", async () => {
    const { el, check } = renderView();
    for (const mode of ["attribution", "links", "subset"]) {
      await check(mode);
      for (const element of el.querySelectorAll("[class]")) {
        for (const name of element.classList) expect(name).toMatch(/^fixlip(-|$)/);
      }
    }
  });

  it("shows tokens as text, whatever characters they have", () => {
    const { el, token, root } = renderView();
    expect(token(15).textContent).toContain("<img src=x onerror=alert(1)>");
    expect(token(16).textContent).toContain("</script>");
    expect(el.querySelector("img, script")).toBeNull();
    expect(root.textContent).toContain("שלום");
  });

  it("groups the tokens of a word", () => {
    const { el } = renderView();
    const word = el.querySelector(".fixlip-word") as HTMLElement;
    expect(word.getAttribute("aria-label")).toBe("hydrant");
    expect(word.querySelectorAll("[role=option]")).toHaveLength(2);
  });

  it("shows an image only from a data URL", () => {
    const withPicture = (picture: string) => renderView(goldenModel({ picture })).find("img");
    expect(withPicture("https://example.org/x.png")).toBeNull();
    expect(withPicture('data:image/png;base64,AAAA")')).toBeNull();
    expect(withPicture("data:image/png;base64,AAAA")).not.toBeNull();
  });
});

describe("the header", () => {
  const headerText = (fields: Partial<Fields>, changes: Partial<Meta> = {}) =>
    renderView(goldenModel({ meta: metaWith(fields, changes) }))
      .find(".fixlip-header")
      .textContent?.replace(/\s+/g, " ");

  it("states similarity, R², masks and p", () => {
    const text = headerText({ r2: 0.943, n_image_masks: 4096, n_text_masks: 256 });
    for (const fact of [
      "similarity 3.50 logits",
      "empty −1.25",
      "R² 0.94",
      "4096 × 256 masks",
      "0.25 image, 0.75 text",
    ]) {
      expect(text).toContain(fact);
    }
  });

  it("states one number of masks that cover both modalities", () => {
    expect(headerText({ n_image_masks: 512, n_text_masks: 1 })).toMatch(/(?<!× ?)512 masks/);
  });

  it("states the similarity in logits for methods whose values have other units, and no p if they have none", () => {
    const text = headerText({ units: "relevance" }, { predicts_similarity: false, depends_on_p: false });
    expect(text).toContain(`similarity ${golden.meta.fields.full_value.toFixed(2)} logits`);
    expect(text).not.toMatch(/relevance|p 0/);
  });

  it("calls values from shapiq what they are", () => {
    const text = headerText({ method: "shapiq", units: "game value", baseline_value: -0.5 });
    expect(text).toContain("sum of the fit 3.50 game value");
    expect(text).toContain("baseline −0.50");
    expect(text).not.toMatch(/similarity|empty/);
  });

  it("warns of too few masks", () => {
    const warning = "patch pairs under-sampled";
    expect(headerText({})).not.toContain(warning);
    expect(headerText({ shrinkage: 0.75 })).toContain(warning);
  });
});

describe("clicking", () => {
  it("conditions every value on the token, and a second click shows attributions again", async () => {
    const { model, click, values, token } = renderView();
    const [{ selected, values: expected }] = golden.conditional as [{ selected: number[]; values: number[] }];
    expect(selected).toEqual([3]);
    await click(3);
    expect(values()).toEqual(expected);
    expect(model.get("selected")).toEqual([3]);
    expect(model.get("mode")).toBe("conditional");
    expect(token(3).getAttribute("aria-selected")).toBe("true");

    await click(3);
    expect(values()).toEqual(golden.firstOrder);
    expect(model.get("mode")).toBe("attribution");
  });

  it.each([{ shiftKey: true }, { ctrlKey: true }, { metaKey: true }])(
    "with %o adds to the selection and removes from it",
    async (modifier) => {
      const { model, click, values } = renderView();
      await click(0);
      await click(20, modifier);
      expect(model.get("selected")).toEqual([0, 20]);
      expect(values()).toEqual(golden.conditional[2]?.values);
      await click(0, modifier);
      expect(model.get("selected")).toEqual([20]);
    },
  );

  it("saves the changes of all traits at once", async () => {
    const model = goldenModel();
    const save = vi.spyOn(model, "save_changes");
    await renderView(model).click(4);
    expect(save).toHaveBeenCalledTimes(1);
  });

  it("a bar selects its token", async () => {
    const { model, find } = renderView();
    const bar = find("[data-bar]");
    const player = Number(bar.dataset.bar);
    bar.click();
    await rendered();
    expect(model.get("selected")).toEqual([player]);
    expect(find(".fixlip-title").textContent).toContain("strongest with");
  });

  it("colours the tokens at once and updates the text after the paint, for the latest click", async () => {
    const { find, values, token } = renderView();
    const titleBefore = find(".fixlip-title").textContent;
    const colors = () => find(".fixlip-heatmap").innerHTML + token(18).getAttribute("style");
    const colorsBefore = colors();
    token(3).click();
    await Promise.resolve();
    const colorsAfter = colors();
    expect(colorsAfter).not.toBe(colorsBefore);
    expect(values()).toEqual(golden.conditional[0]?.values);
    expect(find(".fixlip-title").textContent).toBe(titleBefore);
    expect(find(".fixlip").getAttribute("aria-busy")).toBe("true");
    await rendered();
    expect(find(".fixlip-title").textContent).not.toBe(titleBefore);
    expect(colors()).toBe(colorsAfter);
    token(3).click();
    token(18).click();
    await rendered();
    expect(find(".fixlip-title").textContent).toContain("“🐕”");
    const label = formatSigned(golden.conditional[1]?.values[0] ?? 0, 2);
    expect(token(0).getAttribute("aria-label")).toContain(label);
    expect(find(".fixlip").hasAttribute("aria-busy")).toBe(false);
  });

  it("marks the mode at once, so that the next click on another one counts", async () => {
    const { find, model } = renderView();
    const isChecked = (mode: string) => (find(`input[value="${mode}"]`) as HTMLInputElement).checked;
    model.set("selected", [3]);
    model.set("mode", "conditional");
    model.save_changes();
    await Promise.resolve();
    expect([isChecked("attribution"), isChecked("conditional")]).toEqual([false, true]);
  });

  it("places the patches where the model saw the picture, and thumbnails accordingly", async () => {
    const meta = metaWith({}, { size: [300, 200], crop_box: [0.2, 0, 0.8, 0.75] });
    const { el, find, click } = renderView(goldenModel({ meta, picture: "data:image/png;base64,AAAA" }));
    expect(find(".fixlip-seen").style.inset).toBe("0% 20% 25% 20%");
    const unseen = Array.from(el.querySelectorAll<HTMLElement>(".fixlip-unseen"), ({ style }) => style.inset);
    expect(unseen).toEqual(["75% 0% 0% 0%", "0% 80% 25% 0%", "0% 0% 25% 80%"]);
    expect(find(".fixlip-frame").parentElement?.hidden).toBe(false);
    await click(20);
    const thumbnail = find(".fixlip-bar .fixlip-thumbnail:not([hidden])");
    const player = Number((thumbnail.closest("[data-bar]") as HTMLElement).dataset.bar);
    // Five columns are three fifths of the width, so that the picture is 25/3 patches wide and 4 high.
    const [width, height] = thumbnail.style.backgroundSize.split(" ").map(Number.parseFloat) as [
      number,
      number,
    ];
    expect(width).toBeCloseTo(2500 / 3, 6);
    expect(height).toBeCloseTo(400, 6);
    const [x, y] = thumbnail.style.backgroundPosition.split(" ").map(Number.parseFloat) as [number, number];
    // CSS: a position of s% shifts the picture by s% of what it exceeds its box.
    expect((x / 100) * (width / 100 - 1)).toBeCloseTo((player % 5) + 0.2 * (width / 100), 6);
    expect((y / 100) * (height / 100 - 1)).toBeCloseTo(Math.floor(player / 5), 6);
  });

  it("shows whole pictures without a frame", () => {
    const { el, find } = renderView(goldenModel({ picture: "data:image/png;base64,AAAA" }));
    expect(el.querySelectorAll(".fixlip-unseen")).toHaveLength(0);
    expect(find(".fixlip-frame").parentElement?.hidden).toBe(true);
  });

  it("numbers tokens of the same text wherever they are named", async () => {
    const tokens = [...golden.meta.fields.tokens];
    tokens[19] = "a";
    tokens[20] = "a";
    const { click, find, token } = renderView(goldenModel({ meta: metaWith({ tokens }) }));
    await click(20);
    expect(find(".fixlip-title").textContent).toBe("strongest with “a (2)”");
    expect(token(20).querySelector(".fixlip-text")?.textContent).toBe("a");
    expect(token(19).getAttribute("aria-label")).toMatch(/^a \(1\) /);
  });
});

describe("modes", () => {
  const radio = (find: (selector: string) => HTMLElement, mode: string) =>
    find(`input[value=${mode}]`) as HTMLInputElement;

  it("can show attributions while the selection stays", async () => {
    const { model, click, check, values, token } = renderView();
    await click(18);
    await check("attribution");
    expect(model.get("mode")).toBe("attribution");
    expect(values()).toEqual(golden.firstOrder);
    expect(token(18).getAttribute("aria-selected")).toBe("true");
  });

  it("include subsets only with predictions", async () => {
    const { find, model, root } = renderView(
      goldenModel({ meta: metaWith({}, { predicts_similarity: false }) }),
    );
    expect(radio(find, "subset").disabled).toBe(true);
    expect(radio(find, "links").disabled).toBe(false);
    model.set("mode", "subset");
    await rendered();
    expect(root.dataset.mode).toBe("attribution");
  });

  it("include conditional values only with a selection", async () => {
    const { click, find } = renderView();
    expect(radio(find, "conditional").disabled).toBe(true);
    await click(1);
    expect(radio(find, "conditional").disabled).toBe(false);
  });

  it("include neither conditional values nor links without interactions", async () => {
    const { nPlayers } = deserialize(golden.meta, goldenBytes());
    const floats = goldenFloats()
      .slice(0, nPlayers + pairCount(nPlayers))
      .fill(0, nPlayers);
    const first = Array.from(floats.subarray(0, nPlayers));
    const model = goldenModel({
      values: new DataView(floats.buffer),
      meta: metaWith({ method: "rollout" }, { arrays: ["first", "second"] }),
    });
    const { click, values, token, find } = renderView(model);
    await click(3);
    expect(values()).toEqual(first);
    expect(token(3).getAttribute("aria-selected")).toBe("true");
    expect(find(".fixlip-hint").textContent).toContain("rollout finds no interactions");
    for (const mode of ["conditional", "links"]) expect(radio(find, mode).disabled).toBe(true);
  });
});

describe("the colour scale", () => {
  it("extends to the strongest interaction between image and caption, not between words", async () => {
    const { nPatches, nPlayers, secondOrder } = deserialize(golden.meta, goldenBytes());
    const floats = goldenFloats();
    floats[nPlayers + pairIndex(nPlayers - 2, nPlayers - 1, nPlayers)] = 1000;
    const { click, find } = renderView(goldenModel({ values: new DataView(floats.buffer) }));
    await click(nPlayers - 1);
    let strongest = 0;
    for (let patch = 0; patch < nPatches; patch++) {
      for (let word = nPatches; word < nPlayers; word++)
        strongest = Math.max(strongest, Math.abs(secondOrder[pairIndex(patch, word, nPlayers)] as number));
    }
    expect(find(".fixlip-ends").textContent).toContain(`≥ +${strongest.toFixed(0)}`);
    expect(find(".fixlip-bar .fixlip-number").textContent).toBe("+1000");
  });

  it("is the same for all selections, or one for each", async () => {
    const { click, check, find } = renderView();
    const ends = () => find(".fixlip-ends").textContent;
    await click(3);
    const fixed = ends();
    await click(18);
    expect(ends()).toBe(fixed);
    await click(0);
    await click(20, { shiftKey: true });
    await check("own");
    const largest = Math.max(...(golden.conditional[2]?.values ?? []).map(Math.abs));
    expect(ends()).not.toBe(fixed);
    expect(ends()).toContain(`+${largest.toFixed(2)}`);
  });

  it("marks values beyond its ends", async () => {
    const { click, find } = renderView();
    await click(17);
    expect(find(".fixlip-ends").textContent).not.toMatch(/[≤≥]/);
    for (const player of [4, 16, 9]) await click(player, { shiftKey: true });
    expect(find(".fixlip-ends").textContent).toMatch(/[≤≥]/);
  });
});

describe("keys", () => {
  it("have one tab stop in each grid or list", () => {
    const { el } = renderView();
    const groups = el.querySelectorAll("[role=grid], [role=listbox]");
    expect(groups.length).toBeGreaterThan(2);
    for (const group of groups) expect(group.querySelectorAll('[tabindex="0"]')).toHaveLength(1);
  });

  it("move, select, extend and clear in the image", async () => {
    const { model, token, press } = renderView();
    token(0).focus();
    await press("ArrowDown");
    await press("ArrowRight");
    expect(document.activeElement).toBe(token(6));
    expect(token(6).tabIndex).toBe(0);
    expect(token(0).tabIndex).toBe(-1);
    await press(" ");
    expect(model.get("selected")).toEqual([6]);
    await press("ArrowRight", { shiftKey: true });
    expect(model.get("selected")).toEqual([6, 7]);
    await press("End", { shiftKey: true });
    expect(model.get("selected")).toEqual([6, 7, 8, 9]);
    await press("Enter", { ctrlKey: true });
    expect(model.get("selected")).toEqual([6, 7, 8]);
    await press("Escape");
    expect(model.get("selected")).toEqual([]);
  });

  it("move and select in the caption", async () => {
    const { model, token, press } = renderView();
    token(15).focus();
    await press("End");
    await press("ArrowLeft");
    await press("Enter");
    expect(model.get("selected")).toEqual([19]);
  });

  it("without a meaning here keep their default", () => {
    const { token } = renderView();
    token(0).focus();
    for (const [key, prevented] of [
      ["a", false],
      ["Tab", false],
      ["Escape", false],
      ["ArrowUp", false],
      ["ArrowDown", true],
    ] as const) {
      const event = new KeyboardEvent("keydown", { key, bubbles: true, cancelable: true });
      token(0).dispatchEvent(event);
      expect(event.defaultPrevented, key).toBe(prevented);
    }
  });
});

describe("the tooltip", () => {
  it("shows name, value and standard error of the token under the pointer", async () => {
    const { click, token, find, root } = renderView();
    await click(3);
    token(17).dispatchEvent(new Event("pointerover", { bubbles: true }));
    const tooltip = find(".fixlip-tip");
    expect(tooltip.hidden).toBe(false);
    expect(tooltip.textContent).toMatch(/שלום[+−]\d\.\d\d ± \d\.\d\d logits/);
    expect(token(17).classList.contains("fixlip-pointed")).toBe(true);
    root.dispatchEvent(new Event("pointerleave"));
    expect(tooltip.hidden).toBe(true);
    expect(root.querySelector(".fixlip-pointed")).toBeNull();
  });
});
