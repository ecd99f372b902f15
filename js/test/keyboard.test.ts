// @vitest-environment happy-dom
import { describe, expect, it } from "vitest";
import { ensureTabStop, nextIndex } from "../src/view/keyboard.js";

describe("keyboard navigation", () => {
  const shape = { rows: 3, columns: 5, mirrored: false };
  const press = (key: string, ctrlKey = false) => ({ key, ctrlKey, metaKey: false });

  it.each([
    ["ArrowRight", 7, 8],
    ["ArrowLeft", 7, 6],
    ["ArrowDown", 7, 12],
    ["ArrowUp", 7, 2],
    ["Home", 7, 5],
    ["End", 7, 9],
    ["ArrowRight", 9, null],
    ["ArrowLeft", 5, null],
    ["ArrowDown", 12, null],
    ["ArrowUp", 2, null],
    ["x", 7, null],
  ])("moves on %s from %i to %s", (key, from, to) => {
    expect(nextIndex(press(key), from, shape)).toBe(to);
  });

  it("moves to the first and last cell with Ctrl", () => {
    expect(nextIndex(press("Home", true), 7, shape)).toBe(0);
    expect(nextIndex(press("End", true), 7, shape)).toBe(14);
  });

  it("moves forwards on the left arrow in right-to-left text", () => {
    const line = { rows: 1, columns: 4, mirrored: true };
    expect(nextIndex(press("ArrowLeft"), 1, line)).toBe(2);
    expect(nextIndex(press("ArrowRight"), 1, line)).toBe(0);
  });
});

describe("the tab stop of a group", () => {
  function createItems(tabStop: number, hidden: readonly number[]): HTMLElement[] {
    return Array.from({ length: 4 }, (_, index) => {
      const item = document.createElement("div");
      item.tabIndex = index === tabStop ? 0 : -1;
      item.hidden = hidden.includes(index);
      return item;
    });
  }

  it("stays on a visible item", () => {
    const items = createItems(2, [3]);
    ensureTabStop(items);
    expect(items.map((item) => item.tabIndex)).toEqual([-1, -1, 0, -1]);
  });

  it("moves from a hidden item to the first visible one", () => {
    const items = createItems(2, [0, 2, 3]);
    ensureTabStop(items);
    expect(items.map((item) => item.tabIndex)).toEqual([-1, 0, -1, -1]);
  });
});
