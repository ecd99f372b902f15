import { describe, expect, it } from "vitest";
import { History } from "../src/history.js";
import { destination } from "../src/keyboard.js";
import { type Action, between, type State, stateAfter } from "../src/selection.js";

const none: State = { mode: "attribution", selected: [], hidden: [] };

describe("selection", () => {
  const select = (selected: readonly number[], action: Action) =>
    stateAfter({ ...none, selected }, action).selected;

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

  it("decides the mode, but for links and sets", () => {
    const click = { kind: "click", players: [4] } as const;
    expect(stateAfter(none, click).mode).toBe("conditional");
    expect(stateAfter(stateAfter(none, click), click).mode).toBe("attribution");
    for (const mode of ["links", "subset"] as const)
      expect(stateAfter({ ...none, mode }, click).mode).toBe(mode);
  });

  it("is one thing, what is switched off another", () => {
    const off = stateAfter({ ...none, selected: [3] }, { kind: "switch", players: [3, 5] });
    expect(off).toEqual({ ...none, selected: [3], hidden: [3, 5] });
    expect(stateAfter(off, { kind: "switch", players: [3] }).hidden).toEqual([5]);
    expect(stateAfter(off, { kind: "clear" }).hidden).toEqual([3, 5]);
    expect(stateAfter(off, { kind: "restore" }).hidden).toEqual([]);
  });

  it("spans the rectangle between two places", () => {
    expect(between(1, 12, 5)).toEqual([1, 2, 6, 7, 11, 12]);
    expect(between(12, 1, 5)).toEqual([1, 2, 6, 7, 11, 12]);
    expect(between(3, 5, 8)).toEqual([3, 4, 5]);
  });
});

describe("the way back", () => {
  it("leads to the beginning and forth again", () => {
    const history = new History<number>();
    expect(history.undo(0)).toBeNull();
    history.record(1);
    history.record(2);
    expect([history.undo(3), history.undo(2), history.undo(1)]).toEqual([2, 1, null]);
    expect([history.redo(1), history.redo(2), history.redo(3)]).toEqual([2, 3, null]);
  });

  it("forgets what was undone once something else is done", () => {
    const history = new History<number>();
    history.record(1);
    history.undo(2);
    history.record(1);
    expect(history.redo(5)).toBeNull();
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
