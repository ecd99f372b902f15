// Explanations of different captions beside each other: every token has a joint index, the same for a word in all of them.
import type { ComparisonItem, Fields, Model, Traits } from "./model.js";
import { readState } from "./model-state.js";
import type { Action } from "./selection.js";

/** Between the players of one view and the joint ones. */
export interface Alignment {
  toJoint(players: readonly number[]): readonly number[];
  /** Leaves out those that the view does not have. */
  toOwn(players: readonly number[]): readonly number[];
}

/** Of a view that is alone. */
export const OWN: Alignment = { toJoint: (players) => players, toOwn: (players) => players };

/** `aligned` are the joint indices of the caption's tokens; without them, they are the view's own. */
export function createAlignment(
  { grid: [rows, columns], tokens }: Fields,
  aligned: readonly number[] = [],
): Alignment {
  const joint = tokens.map((_, player) => aligned[player - rows * columns] ?? player);
  const own = new Map(joint.map((player, index) => [player, index]));
  return {
    toJoint: (players) => players.map((player) => joint[player] as number),
    toOwn: (players) => players.flatMap((player) => own.get(player) ?? []),
  };
}

/** The comparison's model with the traits of one explanation, and its own players in place of the joint ones. */
export function alignedModel(
  model: Model,
  { meta, values, picture }: ComparisonItem,
  { toOwn }: Alignment,
): Model {
  const traits = (): Partial<Traits> => {
    const { selected, hidden } = readState(model);
    return { meta, values, picture, selected: toOwn(selected), hidden: toOwn(hidden) };
  };
  return {
    get: <Name extends keyof Traits>(name: Name) =>
      (traits()[name] as Traits[Name] | undefined) ?? model.get(name),
    set: (name, value) => model.set(name, value),
    save_changes: () => model.save_changes(),
    on: (event, callback) => model.on(event, callback),
    off: (event, callback) => model.off(event, callback),
  };
}

/** An action of one view with the joint players. */
export function alignedAction(action: Action, { toJoint }: Alignment): Action {
  return "players" in action ? { ...action, players: toJoint(action.players) } : action;
}
