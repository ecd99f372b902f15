// @vitest-environment happy-dom
import { afterEach, describe, expect, it } from "vitest";
import { golden, goldenModel } from "./golden.js";
import { settled, show } from "./show.js";

afterEach(() => document.body.replaceChildren());

const figure = (value: number) => value.toFixed(2).replace("-", "−");
const panel = (find: (selector: string) => HTMLElement) => find(".fixlip-what-if");
const [all, three] = golden.predictions as [{ value: number }, { hidden: number[]; value: number }];

describe("what if", () => {
  it("Alt-click switches a token off and on, and the prediction follows", async () => {
    const { model, click, token, find, values } = show();
    expect(panel(find).hidden).toBe(true);
    await click(3, { altKey: true });
    expect([model.get("hidden"), model.get("selected")]).toEqual([[3], []]);
    expect(token(3).hasAttribute("data-off")).toBe(true);
    expect(token(3).getAttribute("aria-label")).toContain("switched off");
    expect(values()).toEqual(golden.first);
    const said = panel(find).textContent;
    expect(said).toContain("without patch 0,3");
    expect(said).toContain(`predicted ${figure(golden.meta.empty + three.value)}`);
    const everything = figure(golden.meta.empty + all.value);
    expect(said).toContain(`${figure(Math.abs(three.value - all.value))} from ${everything} with everything`);
    const at = (mark: Element) => Number((mark as HTMLElement).style.getPropertyValue("--fixlip-at"));
    const [, full, predicted] = find(".fixlip-line").querySelectorAll(".fixlip-mark");
    expect(at(predicted as Element) < at(full as Element)).toBe(three.value < all.value);
    await click(3, { altKey: true });
    expect(panel(find).hidden).toBe(true);
    expect(token(3).hasAttribute("data-off")).toBe(false);
  });

  it("Delete switches off the selection, or the token in focus", async () => {
    const { model, click, token, press } = show();
    await click(2);
    await click(16, { shiftKey: true });
    token(16).focus();
    await press("Delete");
    expect(model.get("hidden")).toEqual([2, 16]);
    token(7).focus();
    await press("Backspace");
    expect(model.get("hidden")).toEqual([2, 16, 7]);
  });

  it("Esc clears the selection first, then brings the tokens back; so does the button", async () => {
    const { model, click, token, press, find } = show();
    await click(2);
    await click(5, { altKey: true });
    token(2).focus();
    await press("Escape");
    expect([model.get("selected"), model.get("hidden")]).toEqual([[], [5]]);
    await press("Escape");
    expect(model.get("hidden")).toEqual([]);
    await click(5, { altKey: true });
    find(".fixlip-what-if button").click();
    expect(model.get("hidden")).toEqual([]);
  });

  it("shows the model's own answer to this question, and to no other", async () => {
    const { model, find, click } = show();
    await click(3, { altKey: true });
    model.set("measured", { hidden: [3], similarity: 1.5 });
    await settled();
    expect(panel(find).textContent).toContain("model 1.50");
    await click(4, { altKey: true });
    expect((find(".fixlip-answer .fixlip-fact:last-child") as HTMLElement).hidden).toBe(true);
    model.set("measured", { hidden: [4, 3], similarity: -2 });
    await settled();
    expect(panel(find).textContent).toContain("model −2.00");
    expect(find(".fixlip-scatter").querySelectorAll("circle")).toHaveLength(2);
  });

  it("says what is switched off, and no more, where nothing is predicted", async () => {
    const { model, click, find } = show(goldenModel({ meta: { ...golden.meta, baseline: null } }));
    await click(3, { altKey: true });
    expect(panel(find).hidden).toBe(false);
    expect(find(".fixlip-without").textContent).toBe("without patch 0,3");
    expect(find(".fixlip-line").hidden).toBe(true);
    expect((find(".fixlip-answer .fixlip-fact") as HTMLElement).hidden).toBe(true);
    model.set("measured", { hidden: [3], similarity: 1.5 });
    await settled();
    expect((find(".fixlip-answer .fixlip-fact:last-child") as HTMLElement).hidden).toBe(false);
    expect(find(".fixlip-scatter").querySelectorAll("circle")).toHaveLength(0);
    find(".fixlip-what-if button").click();
    await settled();
    expect(panel(find).hidden).toBe(true);
  });
});

describe("undo", () => {
  it("takes back selections, switches and views, one by one, and does them again", async () => {
    const { model, click, find, token, press } = show();
    const state = () => [model.get("selected"), model.get("hidden"), model.get("mode")];
    await click(3);
    await click(5, { altKey: true });
    find("input[value=links]").click();
    await settled();
    token(0).focus();
    await press("z", { ctrlKey: true });
    expect(state()).toEqual([[3], [5], "conditional"]);
    await press("z", { metaKey: true });
    expect(state()).toEqual([[3], [], "conditional"]);
    await press("z", { ctrlKey: true });
    await press("z", { ctrlKey: true });
    expect(state()).toEqual([[], [], "attribution"]);
    await press("Z", { ctrlKey: true, shiftKey: true });
    expect(state()).toEqual([[3], [], "conditional"]);
    await press("z", { ctrlKey: true });
    await press("y", { ctrlKey: true });
    expect(state()).toEqual([[3], [], "conditional"]);
  });

  it("does not stop at what changed nothing", async () => {
    const { model, click, token, press } = show();
    await click(3);
    await click(4, { shiftKey: true });
    token(4).focus();
    await press("ArrowLeft", { shiftKey: true });
    expect(model.get("selected")).toEqual([3, 4]);
    await press("z", { ctrlKey: true });
    expect(model.get("selected")).toEqual([3]);
  });
});
