// @vitest-environment happy-dom
import { afterEach, describe, expect, it } from "vitest";
import { golden, goldenModel, metaWith } from "./golden.js";
import { rendered, renderView } from "./harness.js";

afterEach(() => document.body.replaceChildren());

const figure = (value: number) => value.toFixed(2).replace("-", "−");
const [full, withoutThree] = golden.predictions as [{ value: number }, { hidden: number[]; value: number }];

function renderWhatIf(view = renderView()) {
  const rows = view.find(".fixlip-answer").querySelectorAll<HTMLElement>(".fixlip-answer-row");
  const cells = (row: number) =>
    Array.from((rows[row] as HTMLElement).children, ({ textContent }) => textContent?.trim());
  return {
    ...view,
    panel: view.find(".fixlip-what-if"),
    predictedRow: rows[1] as HTMLElement,
    cells,
  };
}

describe("hidden tokens", () => {
  it("are hidden and shown again by Alt-click, with the predicted similarity", async () => {
    const { model, click, token, find, values, panel, cells } = renderWhatIf();
    expect(panel.hidden).toBe(true);
    await click(3, { altKey: true });
    expect([model.get("hidden"), model.get("selected")]).toEqual([[3], []]);
    expect(token(3).hasAttribute("data-off")).toBe(true);
    expect(token(3).getAttribute("aria-label")).toContain("switched off");
    expect(values()).toEqual(golden.firstOrder);
    expect(panel.textContent).toContain("without patch 0,3");
    const { empty_value: empty, full_value } = golden.meta.fields;
    const change = withoutThree.value - full.value;
    expect(cells(1)).toEqual([
      "predicted",
      figure(empty + withoutThree.value),
      figure(empty + full.value),
      (change > 0 ? "+" : "") + figure(change),
    ]);
    // The model's own similarity is that of the header, whatever the explanation predicts.
    expect(cells(2)).toEqual(["model", "–", figure(full_value), "–"]);
    expect(find(".fixlip-header .fixlip-figure").textContent).toBe(figure(full_value));
    const position = (mark: Element | undefined) =>
      Number((mark as HTMLElement).style.getPropertyValue("--fixlip-at"));
    const [, fullMark, predictedMark] = find(".fixlip-line").querySelectorAll(".fixlip-mark");
    expect(position(predictedMark) < position(fullMark)).toBe(change < 0);
    await click(3, { altKey: true });
    expect(panel.hidden).toBe(true);
    expect(token(3).hasAttribute("data-off")).toBe(false);
  });

  it("are the selection, or the focused token outside it, on Delete", async () => {
    const { model, click, token, press } = renderWhatIf();
    await click(2);
    await click(16, { shiftKey: true });
    token(16).focus();
    await press("Delete");
    expect(model.get("hidden")).toEqual([2, 16]);
    token(7).focus();
    await press("Backspace");
    expect(model.get("hidden")).toEqual([2, 16, 7]);
  });

  it("are shown again by Escape once nothing is selected, and by the button", async () => {
    const { model, click, token, press, panel } = renderWhatIf();
    await click(2);
    await click(5, { altKey: true });
    token(2).focus();
    await press("Escape");
    expect([model.get("selected"), model.get("hidden")]).toEqual([[], [5]]);
    await press("Escape");
    expect(model.get("hidden")).toEqual([]);
    await click(5, { altKey: true });
    expect(model.get("hidden")).toEqual([5]);
    panel.querySelector("button")?.click();
    expect(model.get("hidden")).toEqual([]);
  });

  it("show the model's own similarity only if it was measured without these tokens", async () => {
    const { model, find, click, cells } = renderWhatIf();
    await click(3, { altKey: true });
    expect(cells(2)[1]).toBe("–");
    model.set("measured", { hidden: [3], similarity: 1.5 });
    await rendered();
    const { full_value } = golden.meta.fields;
    const change = 1.5 - full_value;
    expect(cells(2)).toEqual(["model", "1.50", figure(full_value), (change > 0 ? "+" : "") + figure(change)]);
    await click(4, { altKey: true });
    expect(cells(2)[1]).toBe("–");
    model.set("measured", { hidden: [4, 3], similarity: -2 });
    await rendered();
    expect(cells(2)[1]).toBe("−2.00");
    expect(find(".fixlip-scatter").querySelectorAll("circle")).toHaveLength(2);
  });

  it("are named without a prediction for methods that predict nothing", async () => {
    const model = goldenModel({ meta: metaWith({}, { predicts_similarity: false }) });
    const { click, find, panel, predictedRow, cells } = renderWhatIf(renderView(model));
    await click(3, { altKey: true });
    expect(panel.hidden).toBe(false);
    expect(find(".fixlip-without").textContent).toBe("without patch 0,3");
    expect(find(".fixlip-line").hidden).toBe(true);
    expect(predictedRow.hidden).toBe(true);
    model.set("measured", { hidden: [3], similarity: 1.5 });
    await rendered();
    expect(cells(2)[1]).toBe("1.50");
    expect(find(".fixlip-scatter").querySelectorAll("circle")).toHaveLength(0);
    panel.querySelector("button")?.click();
    await rendered();
    expect(panel.hidden).toBe(true);
  });
});

describe("undo and redo", () => {
  it("step through selections, hidden tokens and modes", async () => {
    const { model, click, check, token, press } = renderView();
    const state = () => [model.get("selected"), model.get("hidden"), model.get("mode")];
    await click(3);
    await click(5, { altKey: true });
    await check("links");
    token(0).focus();
    await press("z", { ctrlKey: true });
    expect(state()).toEqual([[3], [5], "conditional"]);
    await press("z", { metaKey: true });
    expect(state()).toEqual([[3], [], "conditional"]);
    await press("z", { ctrlKey: true });
    expect(state()).toEqual([[], [], "attribution"]);
    await press("z", { ctrlKey: true });
    expect(state()).toEqual([[], [], "attribution"]);
    await press("Z", { ctrlKey: true, shiftKey: true });
    expect(state()).toEqual([[3], [], "conditional"]);
    await press("z", { ctrlKey: true });
    await press("y", { ctrlKey: true });
    expect(state()).toEqual([[3], [], "conditional"]);
  });

  it("skip actions that changed nothing", async () => {
    const { model, click, token, press } = renderView();
    await click(3);
    await click(4, { shiftKey: true });
    token(4).focus();
    await press("ArrowLeft", { shiftKey: true });
    expect(model.get("selected")).toEqual([3, 4]);
    await press("z", { ctrlKey: true });
    expect(model.get("selected")).toEqual([3]);
  });
});
