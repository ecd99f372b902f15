// @vitest-environment happy-dom
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { formatPlain } from "../src/format.js";
import { golden, goldenModel, samples, thirdOrder } from "./golden.js";
import { renderView } from "./harness.js";

beforeEach(() => {
  vi.useFakeTimers();
});
afterEach(() => {
  vi.useRealTimers();
  document.body.replaceChildren();
});

function renderWithPointer(view = renderView()) {
  let buttons = 0;
  /** Sends a pointer event to a token, or for null to the view. */
  const send = (name: string, player: number | null, init: MouseEventInit = {}) => {
    if (name === "pointerdown") buttons = 1;
    const target = player === null ? view.root : view.token(player);
    target.dispatchEvent(new MouseEvent(name, { bubbles: true, buttons, ...init }));
    if (name === "pointerup") buttons = 0;
  };
  /** Like `rendered`, with fake timers. */
  const render = () => vi.advanceTimersByTimeAsync(40);
  const click = async (player: number, init: MouseEventInit = {}) => {
    send("click", player, init);
    await render();
  };
  return { ...view, send, render, click };
}

describe("hovering", () => {
  it("previews conditional values without selecting", async () => {
    const { send, values, model, find, root, render } = renderWithPointer();
    send("pointerover", 3);
    vi.advanceTimersByTime(60);
    expect(values()).toEqual(golden.firstOrder);
    vi.advanceTimersByTime(100);
    await render();
    expect(values()).toEqual(golden.conditional[0]?.values);
    expect(find(".fixlip-title").textContent).toBe("with patch 0,3");
    const strongest = Math.max(...(golden.conditional[0]?.values ?? []).map(Math.abs));
    expect(find(".fixlip-bar .fixlip-number").textContent).toContain(formatPlain(strongest, 2));
    expect([model.get("selected"), model.get("mode")]).toEqual([[], "attribution"]);
    expect(root.querySelector('[aria-selected="true"]')).toBeNull();
    root.dispatchEvent(new Event("pointerleave"));
    await render();
    expect(values()).toEqual(golden.firstOrder);
    expect(find(".fixlip-title").textContent).toBe("strongest attributions");
    const largest = Math.max(...golden.firstOrder.map(Math.abs));
    expect(find(".fixlip-bar .fixlip-number").textContent).toContain(formatPlain(largest, 2));
  });

  it("over a bar does not change the ranking", async () => {
    const { find, values, render } = renderWithPointer();
    const bar = find(".fixlip-bar");
    const before = bar.dataset.bar;
    bar.dispatchEvent(new MouseEvent("pointerover", { bubbles: true }));
    vi.advanceTimersByTime(500);
    await render();
    expect(bar.dataset.bar).toBe(before);
    expect(values()).toEqual(golden.firstOrder);
  });

  it("previews nothing in passing, or while something is selected", async () => {
    const { send, values, click } = renderWithPointer();
    for (const player of [3, 4, 5]) {
      send("pointerover", player);
      vi.advanceTimersByTime(80);
    }
    expect(values()).toEqual(golden.firstOrder);
    await click(18);
    send("pointerover", 3);
    vi.advanceTimersByTime(500);
    expect(values()).toEqual(golden.conditional[1]?.values);
  });

  it("leaves no timer behind when the view is unmounted", () => {
    const { send, controller } = renderWithPointer();
    send("pointerover", 3);
    expect(vi.getTimerCount()).toBeGreaterThan(0);
    controller.abort();
    expect(vi.getTimerCount()).toBe(0);
  });
});

describe("dragging", () => {
  it("selects a rectangle of patches, with a preview on the way", async () => {
    const { send, model, root, render } = renderWithPointer();
    send("pointerdown", 1);
    send("pointerover", 1);
    send("pointerover", 7);
    expect(root.querySelectorAll('[aria-selected="true"]')).toHaveLength(4);
    expect(model.get("selected")).toEqual([]);
    send("pointerup", 7);
    await render();
    expect(model.get("selected")).toEqual([1, 2, 6, 7]);
    expect(model.get("mode")).toBe("conditional");
  });

  it("extends the selection with Shift", async () => {
    const { send, model, render, click } = renderWithPointer();
    await click(14);
    send("pointerdown", 0);
    send("pointerover", 1);
    send("pointerup", 1, { shiftKey: true });
    await render();
    expect(model.get("selected")).toEqual([14, 0, 1]);
  });

  it("is cancelled by Escape, and by a button released elsewhere", async () => {
    const { send, model, render, root } = renderWithPointer();
    send("pointerdown", 5);
    send("pointerover", 6);
    expect(root.querySelectorAll('[aria-selected="true"]')).toHaveLength(2);
    root.dispatchEvent(new KeyboardEvent("keydown", { key: "Escape", bubbles: true }));
    expect(root.querySelector('[aria-selected="true"]')).toBeNull();
    send("pointerup", 6);
    await render();
    expect(model.get("selected")).toEqual([]);

    send("pointerdown", 5);
    send("pointerover", 6);
    send("pointerover", 7, { buttons: 0 });
    expect(root.querySelector('[aria-selected="true"]')).toBeNull();
    send("pointerup", 7);
    await render();
    expect(model.get("selected")).toEqual([]);
  });

  it("within one patch is a click", async () => {
    const { send, model, render } = renderWithPointer();
    send("pointerdown", 4);
    send("pointerover", 4);
    send("pointerup", 4);
    send("click", 4);
    await render();
    expect(model.get("selected")).toEqual([4]);
  });
});

describe("touch", () => {
  function renderWithTouch() {
    const view = renderWithPointer();
    const touch = (name: string, player: number) => {
      const event = new MouseEvent(name, { bubbles: true, cancelable: true });
      view.token(player).dispatchEvent(Object.assign(event, { pointerType: "touch" }));
      return event;
    };
    return { ...view, touch };
  }

  it("adds a token by a long press, which neither clicks nor opens a menu", async () => {
    const { touch, click, model, render } = renderWithTouch();
    await click(3);
    touch("pointerdown", 17);
    vi.advanceTimersByTime(500);
    await render();
    expect(model.get("selected")).toEqual([3, 17]);
    expect(touch("contextmenu", 17).defaultPrevented).toBe(true);
    touch("pointerup", 17);
    touch("click", 17);
    await render();
    expect(model.get("selected")).toEqual([3, 17]);
    await click(5);
    expect(model.get("selected")).toEqual([5]);
  });

  it.each(["pointerup", "pointercancel"])("adds nothing if %s comes earlier", async (name) => {
    const { touch, model, render } = renderWithTouch();
    touch("pointerdown", 17);
    vi.advanceTimersByTime(200);
    touch(name, 17);
    vi.advanceTimersByTime(500);
    await render();
    expect(model.get("selected")).toEqual([]);
    expect(touch("contextmenu", 17).defaultPrevented).toBe(false);
  });

  it("has buttons in place of Delete and Escape", async () => {
    const { click, find, model, render } = renderWithTouch();
    const [hide, clear] = find(".fixlip-actions").querySelectorAll("button");
    expect(find(".fixlip-actions").hidden).toBe(true);
    await click(3);
    expect(find(".fixlip-actions").hidden).toBe(false);
    hide?.click();
    await render();
    expect(model.get("hidden")).toEqual([3]);
    expect(hide?.textContent).toBe("switch on");
    clear?.click();
    await render();
    expect([model.get("selected"), model.get("hidden")]).toEqual([[], [3]]);
  });
});

describe("joint effects of two tokens", () => {
  it("are offered beside the sum at third order", async () => {
    const { click, find, values, token, render } = renderWithPointer(renderView(goldenModel(thirdOrder)));
    const toggle = () => find("input[value=joint]").closest("form") as HTMLElement;
    await click(4);
    expect(toggle().hidden).toBe(true);
    await click(17, { shiftKey: true });
    expect(toggle().hidden).toBe(false);
    expect(find(".fixlip-title").textContent).toBe("strongest with patch 0,4 + “\u2068שלום\u2069”");
    find("input[value=joint]").click();
    await render();
    expect(values()).toEqual(samples.third.joint[2]?.values.map((value) => value ?? Number.NaN));
    expect(find(".fixlip-title").textContent).toBe("beyond the sum: patch 0,4 × “\u2068שלום\u2069” together");
    expect(token(4).getAttribute("aria-label")).toContain("not part of the fit");
    find("input[value=sum]").click();
    await render();
    expect(values().some(Number.isNaN)).toBe(false);
    await click(2, { shiftKey: true });
    expect(toggle().hidden).toBe(true);
  });

  it("are not offered at second order", async () => {
    const { click, find } = renderWithPointer();
    await click(4);
    await click(17, { shiftKey: true });
    expect((find("input[value=joint]").closest("form") as HTMLElement).hidden).toBe(true);
  });
});
