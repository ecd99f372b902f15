import { describe, expect, it } from "vitest";
import { History } from "../src/history.js";
import { type Action, applyAction, rectangleBetween, type SelectionState } from "../src/selection.js";

const empty: SelectionState = { mode: "attribution", selected: [], hidden: [] };

describe("selection", () => {
  const select = (selected: readonly number[], action: Action) =>
    applyAction({ ...empty, selected }, action).selected;

  it("selects one token with a click, and clears it with another", () => {
    expect(select([], { kind: "click", players: [4] })).toEqual([4]);
    expect(select([4], { kind: "click", players: [4] })).toEqual([]);
    expect(select([4, 7], { kind: "click", players: [4] })).toEqual([4]);
  });

  it("replaces the selection, even by an equal one", () => {
    expect(select([1, 2], { kind: "replace", players: [4] })).toEqual([4]);
    expect(select([4], { kind: "replace", players: [4] })).toEqual([4]);
  });

  it("toggles one token, keeping the order of selection", () => {
    expect(select([9], { kind: "toggle", players: [2] })).toEqual([9, 2]);
    expect(select([9, 2], { kind: "toggle", players: [9] })).toEqual([2]);
  });

  it("toggles several tokens by adding those missing, or removing all if none is", () => {
    expect(select([5, 1], { kind: "toggle", players: [5, 6] })).toEqual([5, 1, 6]);
    expect(select([5, 1, 6], { kind: "toggle", players: [5, 6] })).toEqual([1]);
  });

  it("extends by what is not selected yet", () => {
    expect(select([5], { kind: "extend", players: [4, 5, 6] })).toEqual([5, 4, 6]);
  });

  it("clears", () => expect(select([1, 2], { kind: "clear" })).toEqual([]));

  it("does not modify the arrays it is given", () => {
    const before = Object.freeze([1, 2]);
    for (const kind of ["click", "toggle", "extend", "replace"] as const)
      select(before, { kind, players: Object.freeze([2, 3]) });
    expect(before).toEqual([1, 2]);
  });

  it("sets the mode, except in links and subset mode", () => {
    const click = { kind: "click", players: [4] } as const;
    expect(applyAction(empty, click).mode).toBe("conditional");
    expect(applyAction(applyAction(empty, click), click).mode).toBe("attribution");
    for (const mode of ["links", "subset"] as const)
      expect(applyAction({ ...empty, mode }, click).mode).toBe(mode);
  });

  it("is independent of the hidden tokens", () => {
    const hidden = applyAction({ ...empty, selected: [3] }, { kind: "toggleHidden", players: [3, 5] });
    expect(hidden).toEqual({ ...empty, selected: [3], hidden: [3, 5] });
    expect(applyAction(hidden, { kind: "toggleHidden", players: [3] }).hidden).toEqual([5]);
    expect(applyAction(hidden, { kind: "clear" }).hidden).toEqual([3, 5]);
    expect(applyAction(hidden, { kind: "unhideAll" }).hidden).toEqual([]);
  });

  it("covers the rectangle between two cells", () => {
    expect(rectangleBetween(1, 12, 5)).toEqual([1, 2, 6, 7, 11, 12]);
    expect(rectangleBetween(12, 1, 5)).toEqual([1, 2, 6, 7, 11, 12]);
    expect(rectangleBetween(3, 5, 8)).toEqual([3, 4, 5]);
  });
});

describe("history", () => {
  it("undoes to the first state and redoes to the last", () => {
    const history = new History<number>();
    expect(history.undo(0)).toBeNull();
    history.record(1);
    history.record(2);
    expect([history.undo(3), history.undo(2), history.undo(1)]).toEqual([2, 1, null]);
    expect([history.redo(1), history.redo(2), history.redo(3)]).toEqual([2, 3, null]);
  });

  it("drops undone states when a new one is recorded", () => {
    const history = new History<number>();
    history.record(1);
    history.undo(2);
    history.record(1);
    expect(history.redo(5)).toBeNull();
  });

  it("keeps the latest 200 states", () => {
    const history = new History<number>();
    for (let state = 0; state < 300; state++) history.record(state);
    const undone = Array.from({ length: 201 }, () => history.undo(-1));
    expect(undone.slice(-2)).toEqual([100, null]);
  });
});
