// @vitest-environment happy-dom
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { plain } from "../src/color-scale.js";
import { golden, goldenModel, thirdWire } from "./golden.js";
import { show } from "./show.js";

beforeEach(() => {
  vi.useFakeTimers();
});
afterEach(() => {
  vi.useRealTimers();
  document.body.replaceChildren();
});

function pointed(view = show()) {
  const send = (name: string, player: number | null, more: MouseEventInit = {}) => {
    if (name === "pointerdown") dragging = true;
    const target = player === null ? view.root : view.token(player);
    target.dispatchEvent(new MouseEvent(name, { bubbles: true, buttons: dragging ? 1 : 0, ...more }));
    if (name === "pointerup") dragging = false;
  };
  let dragging = false;
  const run = () => vi.advanceTimersByTimeAsync(40);
  const click = async (player: number, more: MouseEventInit = {}) => {
    send("click", player, more);
    await run();
  };
  return { ...view, send, run, click };
}

describe("a pointer at rest", () => {
  it("previews what goes with a token, and keeps nothing", async () => {
    const { send, values, model, find, root, run } = pointed();
    send("pointerover", 3);
    vi.advanceTimersByTime(60);
    expect(values()).toEqual(golden.first);
    vi.advanceTimersByTime(100);
    await run();
    expect(values()).toEqual(golden.conditional[0]?.values);
    expect(find(".fixlip-title").textContent).toBe("with patch 0,3");
    const strongest = Math.max(...(golden.conditional[0]?.values ?? []).map(Math.abs));
    expect(find(".fixlip-bar .fixlip-number").textContent).toContain(plain(strongest, 2));
    expect([model.get("selected"), model.get("mode")]).toEqual([[], "attribution"]);
    expect(root.querySelector('[aria-selected="true"]')).toBeNull();
    root.dispatchEvent(new Event("pointerleave"));
    await run();
    expect(values()).toEqual(golden.first);
    expect(find(".fixlip-title").textContent).toBe("strongest attributions");
    const first = Math.max(...golden.first.map(Math.abs));
    expect(find(".fixlip-bar .fixlip-number").textContent).toContain(plain(first, 2));
  });

  it("on a bar changes no ranking under itself", () => {
    const { find, values } = pointed();
    const bar = find(".fixlip-bar");
    const before = bar.dataset.bar;
    bar.dispatchEvent(new MouseEvent("pointerover", { bubbles: true }));
    vi.advanceTimersByTime(500);
    expect(bar.dataset.bar).toBe(before);
    expect(values()).toEqual(golden.first);
  });

  it("does nothing while something is selected, and nothing in passing", async () => {
    const { send, values, click } = pointed();
    for (const player of [3, 4, 5]) {
      send("pointerover", player);
      vi.advanceTimersByTime(80);
    }
    expect(values()).toEqual(golden.first);
    await click(18);
    send("pointerover", 3);
    vi.advanceTimersByTime(500);
    expect(values()).toEqual(golden.conditional[1]?.values);
  });

  it("leaves nothing waiting when the view ends", () => {
    const { send, controller } = pointed();
    send("pointerover", 3);
    controller.abort();
    expect(vi.getTimerCount()).toBe(0);
  });
});

describe("dragging", () => {
  it("sweeps a rectangle of patches, shown on the way", async () => {
    const { send, model, root, run } = pointed();
    send("pointerdown", 1);
    send("pointerover", 1);
    send("pointerover", 7);
    expect(root.querySelectorAll('[aria-selected="true"]')).toHaveLength(4);
    expect(model.get("selected")).toEqual([]);
    send("pointerup", 7);
    await run();
    expect(model.get("selected")).toEqual([1, 2, 6, 7]);
    expect(model.get("mode")).toBe("conditional");
  });

  it("adds to the selection with Shift, and gives up at Esc or when the button is up", async () => {
    const { send, model, run, click, root } = pointed();
    await click(14);
    send("pointerdown", 0);
    send("pointerover", 1);
    send("pointerup", 1, { shiftKey: true });
    await run();
    expect(model.get("selected")).toEqual([14, 0, 1]);

    send("pointerdown", 5);
    send("pointerover", 6);
    root.dispatchEvent(new KeyboardEvent("keydown", { key: "Escape", bubbles: true }));
    send("pointerup", 6);
    send("pointerdown", 5);
    send("pointerover", 6, { buttons: 0 });
    send("pointerup", 6);
    await run();
    expect(model.get("selected")).toEqual([14, 0, 1]);
  });

  it("is a click where it does not leave its patch", async () => {
    const { send, model, run } = pointed();
    send("pointerdown", 4);
    send("pointerover", 4);
    send("pointerup", 4);
    send("click", 4);
    await run();
    expect(model.get("selected")).toEqual([4]);
  });
});

describe("a finger", () => {
  function touching() {
    const view = pointed();
    const touch = (name: string, player: number) => {
      const event = new MouseEvent(name, { bubbles: true, cancelable: true });
      view.token(player).dispatchEvent(Object.assign(event, { pointerType: "touch" }));
      return event;
    };
    return { ...view, touch };
  }

  it("adds the token that it holds, and lifting it is no click", async () => {
    const { touch, click, model, run } = touching();
    await click(3);
    touch("pointerdown", 17);
    vi.advanceTimersByTime(500);
    await run();
    expect(model.get("selected")).toEqual([3, 17]);
    expect(touch("contextmenu", 17).defaultPrevented).toBe(true);
    touch("pointerup", 17);
    touch("click", 17);
    await run();
    expect(model.get("selected")).toEqual([3, 17]);
    await click(5);
    expect(model.get("selected")).toEqual([5]);
  });

  it.each(["pointerup", "pointercancel"])("that goes before adds nothing (%s)", async (name) => {
    const { touch, model, run } = touching();
    touch("pointerdown", 17);
    vi.advanceTimersByTime(200);
    touch(name, 17);
    vi.advanceTimersByTime(500);
    await run();
    expect(model.get("selected")).toEqual([]);
    expect(touch("contextmenu", 17).defaultPrevented).toBe(false);
  });

  it("finds buttons for what else needs keys", async () => {
    const { click, find, model, run } = touching();
    const [off, clear] = find(".fixlip-actions").querySelectorAll("button");
    expect(find(".fixlip-actions").hidden).toBe(true);
    await click(3);
    expect(find(".fixlip-actions").hidden).toBe(false);
    off?.click();
    await run();
    expect(model.get("hidden")).toEqual([3]);
    expect(off?.textContent).toBe("switch on");
    clear?.click();
    await run();
    expect([model.get("selected"), model.get("hidden")]).toEqual([[], [3]]);
  });
});

describe("what two tokens do together", () => {
  it("is told apart from the sum, where the explanation knows it", async () => {
    const { click, find, values, token, run } = pointed(show(goldenModel(thirdWire)));
    const toggle = () => find("input[value=joint]").closest("form") as HTMLElement;
    await click(4);
    expect(toggle().hidden).toBe(true);
    await click(17, { shiftKey: true });
    expect(toggle().hidden).toBe(false);
    expect(find(".fixlip-title").textContent).toBe("strongest with patch 0,4 + “\u2068שלום\u2069”");
    find("input[value=joint]").click();
    const expected = golden.third.joint[2]?.values.map((value) => value ?? Number.NaN);
    await run();
    expect(values()).toEqual(expected);
    expect(find(".fixlip-title").textContent).toBe("beyond the sum: patch 0,4 × “\u2068שלום\u2069” together");
    expect(token(4).getAttribute("aria-label")).toContain("not part of the fit");
    find("input[value=sum]").click();
    await run();
    expect(values().some(Number.isNaN)).toBe(false);
    await click(2, { shiftKey: true });
    expect(toggle().hidden).toBe(true);
  });

  it("is not offered at second order", async () => {
    const { click, find } = pointed();
    await click(4);
    await click(17, { shiftKey: true });
    expect((find("input[value=joint]").closest("form") as HTMLElement).hidden).toBe(true);
  });
});
