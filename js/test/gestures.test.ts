import { describe, expect, it } from "vitest";
import { destination } from "../src/keyboard.js";
import { between, modeFor, select } from "../src/selection.js";

describe("selection", () => {
  it("a click selects one token, and clears it again", () => {
    expect(select([], { kind: "click", players: [4] })).toEqual([4]);
    expect(select([4], { kind: "click", players: [4] })).toEqual([]);
    expect(select([4, 7], { kind: "click", players: [4] })).toEqual([4]);
  });

  it("a toggle adds and removes, in the order of choice", () => {
    expect(select([9], { kind: "toggle", players: [2] })).toEqual([9, 2]);
    expect(select([9, 2], { kind: "toggle", players: [9] })).toEqual([2]);
  });

  it("a toggle of several adds what is missing, or takes all away", () => {
    expect(select([5, 1], { kind: "toggle", players: [5, 6] })).toEqual([5, 1, 6]);
    expect(select([5, 1, 6], { kind: "toggle", players: [5, 6] })).toEqual([1]);
  });

  it("an extension adds what is not there yet", () => {
    expect(select([5], { kind: "extend", players: [4, 5, 6] })).toEqual([5, 4, 6]);
  });

  it("clears", () => expect(select([1, 2], { kind: "clear" })).toEqual([]));

  it("never changes what it was given", () => {
    const before = Object.freeze([1, 2]);
    select(before, { kind: "toggle", players: [3] });
    expect(before).toEqual([1, 2]);
  });

  it("decides the mode", () => {
    expect(modeFor([], "conditional")).toBe("attribution");
    expect(modeFor([0], "attribution")).toBe("conditional");
    for (const mode of ["links", "subset"] as const)
      expect([modeFor([], mode), modeFor([0], mode)]).toEqual([mode, mode]);
  });

  it("spans the rectangle between two places", () => {
    expect(between(1, 12, 5)).toEqual([1, 2, 6, 7, 11, 12]);
    expect(between(12, 1, 5)).toEqual([1, 2, 6, 7, 11, 12]);
    expect(between(3, 5, 8)).toEqual([3, 4, 5]);
  });
});

describe("keyboard", () => {
  const board = { rows: 3, columns: 5, mirrored: false };
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
  ])("%s at %i leads to %s", (key, at, to) => {
    expect(destination(press(key), at, board)).toBe(to);
  });

  it("Ctrl reaches the corners", () => {
    expect(destination(press("Home", true), 7, board)).toBe(0);
    expect(destination(press("End", true), 7, board)).toBe(14);
  });

  it("left means onwards in text that runs to the left", () => {
    const line = { rows: 1, columns: 4, mirrored: true };
    expect(destination(press("ArrowLeft"), 1, line)).toBe(2);
    expect(destination(press("ArrowRight"), 1, line)).toBe(0);
  });
});
