// @vitest-environment happy-dom
import { afterEach, describe, expect, it, vi } from "vitest";
import { signed } from "../src/color-scale.js";
import { decode, pairCount, pairIndex, wordsOf } from "../src/deserialize.js";
import { golden, goldenBytes, goldenModel } from "./golden.js";
import { settled, show } from "./show.js";

afterEach(() => document.body.replaceChildren());

describe("structure", () => {
  it("keeps the contract of roles and data", () => {
    const { root, find, el, values } = show();
    expect(root.dataset.status).toBe("ready");
    expect(root.hasAttribute("data-lm-suppress-shortcuts")).toBe(true);
    expect(el.querySelectorAll("[role=grid] > [role=row]")).toHaveLength(3);
    expect(el.querySelectorAll("[role=row]:first-child > [role=gridcell]")).toHaveLength(5);
    expect(find("[role=listbox][aria-multiselectable=true]").querySelectorAll("[role=option]")).toHaveLength(
      6,
    );
    expect(values()).toEqual(golden.first);
    expect(el.querySelectorAll('[data-player][aria-selected="false"]')).toHaveLength(21);
  });

  it("prefixes every class", () => {
    const { el } = show();
    for (const element of el.querySelectorAll("[class]")) {
      for (const name of element.classList) expect(name).toMatch(/^fixlip(-|$)/);
    }
  });

  it("shows tokens as text, whatever they say", () => {
    const { el, token, root } = show();
    expect(token(15).textContent).toContain("<img src=x onerror=alert(1)>");
    expect(token(16).textContent).toContain("</script>");
    expect(el.querySelector("img, script")).toBeNull();
    expect(root.textContent).toContain("שלום");
  });

  it("keeps the pieces of a word together", () => {
    const { el } = show();
    const word = el.querySelector(".fixlip-word") as HTMLElement;
    expect(word.getAttribute("aria-label")).toBe("hydrant");
    expect(word.querySelectorAll("[role=option]")).toHaveLength(2);
    expect(wordsOf([false, true, true, false])).toEqual([[0, 1, 2], [3]]);
    expect(wordsOf([true, false])).toEqual([[0], [1]]);
  });

  it("states similarity, evidence and p in one line", () => {
    const { find } = show(goldenModel({ meta: { ...golden.meta, r2: 0.943, masks: [4096, 256] } }));
    const text = find(".fixlip-header").textContent?.replace(/\s+/g, " ");
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

  it("counts masks of both together once", () => {
    const { find } = show(goldenModel({ meta: { ...golden.meta, masks: [512, 1] } }));
    expect(find(".fixlip-header").textContent).toMatch(/(?<!×\s*)512\s+masks/);
  });

  it("takes a picture only from the state itself", () => {
    expect(show(goldenModel({ picture: "https://example.org/x.png" })).find("img")).toBeNull();
    expect(show(goldenModel({ picture: "data:image/png;base64,AAAA" })).find("img")).not.toBeNull();
  });
});

describe("clicking", () => {
  it("conditions every value on the token, and returns", async () => {
    const { model, click, values, token } = show();
    const [{ selected, values: expected }] = golden.conditional as [{ selected: number[]; values: number[] }];
    await click(selected[0] as number);
    expect(values()).toEqual(expected);
    expect(model.get("selected")).toEqual(selected);
    expect(model.get("mode")).toBe("conditional");
    expect(token(3).getAttribute("aria-selected")).toBe("true");

    await click(3);
    expect(values()).toEqual(golden.first);
    expect(model.get("mode")).toBe("attribution");
  });

  it.each([{ shiftKey: true }, { ctrlKey: true }, { metaKey: true }])("extends with %o", async (modifier) => {
    const { model, click, values } = show();
    await click(0);
    await click(20, modifier);
    expect(model.get("selected")).toEqual([0, 20]);
    expect(values()).toEqual(golden.conditional[2]?.values);
    await click(0, modifier);
    expect(model.get("selected")).toEqual([20]);
  });

  it("tells the kernel once per click, selection and mode together", async () => {
    const model = goldenModel();
    const save = vi.spyOn(model, "save_changes");
    await show(model).click(4);
    expect(save).toHaveBeenCalledTimes(1);
  });

  it("works on the ranked bars too", async () => {
    const { model, find } = show();
    const bar = find("[data-bar]");
    const player = Number(bar.dataset.bar);
    bar.click();
    await settled();
    expect(model.get("selected")).toEqual([player]);
    expect(find(".fixlip-title").textContent).toContain("strongest with");
  });

  it("lets attributions be looked at while the selection stays", async () => {
    const { model, click, find, values, token } = show();
    await click(18);
    find("input[value=attribution]").click();
    await settled();
    expect(model.get("mode")).toBe("attribution");
    expect(values()).toEqual(golden.first);
    expect(token(18).getAttribute("aria-selected")).toBe("true");
  });

  it("offers no sets where nothing is predicted of them", async () => {
    const { find, model, root } = show(goldenModel({ meta: { ...golden.meta, baseline: null } }));
    expect((find("input[value=subset]") as HTMLInputElement).disabled).toBe(true);
    expect((find("input[value=links]") as HTMLInputElement).disabled).toBe(false);
    model.set("mode", "subset");
    await settled();
    expect(root.dataset.mode).toBe("attribution");
  });

  it("offers conditional values only with a selection", async () => {
    const { click, find } = show();
    const choice = find("input[value=conditional]") as HTMLInputElement;
    expect(choice.disabled).toBe(true);
    await click(1);
    expect(choice.disabled).toBe(false);
  });

  it("brings colours and their numbers at once and words after them, always the newest", async () => {
    const { find, values, token } = show();
    const before = find(".fixlip-title").textContent;
    const colours = () => find(".fixlip-heat").innerHTML + token(18).getAttribute("style");
    const opened = colours();
    token(3).click();
    await Promise.resolve();
    const clicked = colours();
    expect(clicked).not.toBe(opened);
    expect(values()).toEqual(golden.conditional[0]?.values);
    expect(find(".fixlip-title").textContent).toBe(before);
    expect(find(".fixlip").getAttribute("aria-busy")).toBe("true");
    await settled();
    expect(find(".fixlip-title").textContent).not.toBe(before);
    expect(colours()).toBe(clicked);
    token(3).click();
    token(18).click();
    await settled();
    expect(find(".fixlip-title").textContent).toContain("“🐕”");
    expect(token(0).getAttribute("aria-label")).toContain(signed(golden.conditional[1]?.values[0] ?? 0, 2));
    expect(find(".fixlip").hasAttribute("aria-busy")).toBe(false);
  });

  it("keeps the tokens' own values where a method finds no interactions, and says so", async () => {
    const { first } = golden;
    const floats = new Float32Array(first.length + pairCount(first.length));
    floats.set(first);
    const model = goldenModel({
      values: new DataView(floats.buffer),
      meta: { ...golden.meta, method: "rollout" },
    });
    const { click, values, token, find } = show(model);
    await click(3);
    expect(values()).toEqual(Array.from(floats.subarray(0, first.length)));
    expect(token(3).getAttribute("aria-selected")).toBe("true");
    expect(find(".fixlip-hint").textContent).toContain("rollout finds no interactions");
    for (const mode of ["conditional", "links"])
      expect((find(`input[value=${mode}]`) as HTMLInputElement).disabled).toBe(true);
  });

  it("leaves no picture pale for one strong pair of words", async () => {
    const { patches, players, pairs } = decode(golden.meta, goldenBytes());
    const floats = new Float32Array(goldenBytes(0).buffer.slice(0, goldenBytes(0).byteLength));
    floats[players + pairIndex(players - 2, players - 1, players)] = 1000;
    const { click, find } = show(goldenModel({ values: new DataView(floats.buffer) }));
    await click(players - 1);
    const cross = Math.max(
      ...Array.from({ length: patches }, (_, patch) =>
        Math.max(
          ...Array.from({ length: players - patches }, (_, word) =>
            Math.abs(pairs[pairIndex(patch, patches + word, players)] as number),
          ),
        ),
      ),
    );
    expect(find(".fixlip-ends").textContent).toContain(`≥ +${cross.toFixed(0)}`);
    expect(find(".fixlip-bar .fixlip-number").textContent).toBe("+1000");
  });

  it("tells words that are alike apart wherever they are named", async () => {
    const tokens = [...golden.meta.tokens];
    tokens[19] = "a";
    tokens[20] = "a";
    const { click, find, token } = show(goldenModel({ meta: { ...golden.meta, tokens } }));
    await click(20);
    expect(find(".fixlip-title").textContent).toBe("strongest with “a (2)”");
    expect(token(20).querySelector(".fixlip-text")?.textContent).toBe("a");
    expect(token(19).getAttribute("aria-label")).toMatch(/^a \(1\) /);
  });

  it("has one scale for all selections, or each its own", async () => {
    const { click, find } = show();
    const ends = () => find(".fixlip-ends").textContent;
    await click(3);
    const fixed = ends();
    await click(18);
    expect(ends()).toBe(fixed);
    await click(0);
    await click(20, { shiftKey: true });
    find("input[value=own]").click();
    await settled();
    const largest = Math.max(...(golden.conditional[2]?.values ?? []).map(Math.abs));
    expect(ends()).not.toBe(fixed);
    expect(ends()).toContain(`+${largest.toFixed(2)}`);
  });

  it("says where a fixed scale is exceeded", async () => {
    const { click, find } = show();
    await click(17);
    for (const player of [4, 16, 9]) await click(player, { shiftKey: true });
    expect(find(".fixlip-ends").textContent).toMatch(/[≤≥]/);
  });
});

describe("keys", () => {
  it("have one tab stop in each board", () => {
    const { el } = show();
    for (const board of el.querySelectorAll("[role=grid], [role=listbox]")) {
      expect(board.querySelectorAll('[tabindex="0"]')).toHaveLength(1);
    }
  });

  it("move, select, extend and clear in the picture", async () => {
    const { model, token, press } = show();
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
    const { model, token, press } = show();
    token(15).focus();
    await press("End");
    await press("ArrowLeft");
    await press("Enter");
    expect(model.get("selected")).toEqual([19]);
  });

  it("leave what is not theirs to the page", () => {
    const { token } = show();
    token(0).focus();
    for (const key of ["a", "Tab", "Escape", "ArrowUp"]) {
      const event = new KeyboardEvent("keydown", { key, bubbles: true, cancelable: true });
      token(0).dispatchEvent(event);
      expect(event.defaultPrevented, key).toBe(false);
    }
  });
});

describe("the tooltip", () => {
  it("shows name, number and error under the pointer, then goes", async () => {
    const { click, token, find, root } = show();
    await click(3);
    token(17).dispatchEvent(new Event("pointerover", { bubbles: true }));
    const tip = find(".fixlip-tip");
    expect(tip.hidden).toBe(false);
    expect(tip.textContent).toMatch(/שלום[+−]\d\.\d\d ± \d\.\d\d logits/);
    expect(token(17).classList.contains("fixlip-pointed")).toBe(true);
    root.dispatchEvent(new Event("pointerleave"));
    expect(tip.hidden).toBe(true);
    expect(root.querySelector(".fixlip-pointed")).toBeNull();
  });
});
