// Everything one drawing of the view needs; its parts read this and nothing else.
import type { Explanation } from "../data.js";
import { attribution, type Shown, shown } from "../interactions.js";
import { type Link, links } from "../links.js";
import type { Look } from "../look.js";
import type { Mode } from "../model.js";
import { decimals, extentOf, plain, signed } from "../scale.js";
import type { Action } from "../selection.js";
import { type Subsets, subsets } from "../subsets.js";

/** What a view and its kernel agree on. */
export interface State {
  readonly mode: Mode;
  readonly selected: readonly number[];
}

export interface Frame extends Shown, State {
  readonly explanation: Explanation;
  readonly look: Look;
  readonly chosen: ReadonlySet<number>;
  /** The value that has the full colour; stronger ones are cut there. */
  readonly extent: number;
  readonly digits: number;
  /** In the view of links. */
  readonly links: readonly Link[];
  /** In the view of sets. */
  readonly subset: Subset | null;
}

export interface Subset {
  readonly all: Subsets;
  readonly size: number;
  readonly members: ReadonlySet<number>;
}

export interface Part {
  readonly element: Element;
  update(frame: Frame): void;
}

/** A part whose elements are the tokens themselves. */
export interface Board extends Part {
  readonly tokens: readonly HTMLElement[];
}

export type Act = (action: Action) => void;

export function frameOf(explanation: Explanation, { mode, selected }: State, look: Look): Frame {
  const { values, errors } = shown(explanation, mode, selected);
  const ofPairs = mode === "conditional" || mode === "links";
  const fixed = extentOf(ofPairs ? explanation.pairs : attribution(explanation).values);
  const chosen = new Set(selected);
  return {
    explanation,
    look,
    mode,
    selected,
    chosen,
    values,
    errors,
    extent: mode === "conditional" && look.scale === "own" ? extentOf(values) : fixed,
    digits: decimals(fixed),
    links: mode === "links" ? links(explanation, look.links, chosen) : [],
    subset: mode === "subset" ? subsetOf(explanation, look, selected) : null,
  };
}

function subsetOf(explanation: Explanation, { subset }: Look, selected: readonly number[]): Subset {
  const all = subsets(explanation, subset.sign, selected);
  const size = Math.min(Math.max(subset.size, selected.length, 1), explanation.players);
  return { all, size, members: new Set(all.members(size)) };
}

/** "+1.57 ± 0.12" */
export function amount(value: number, error: number, digits: number): string {
  const text = signed(value, digits);
  return Number.isNaN(error) ? text : `${text} ± ${plain(error, digits)}`;
}

/** “hydr”, patch 4,5 */
export function quoted({ names, patches }: Explanation, player: number): string {
  const name = names[player] as string;
  return player < patches ? name : `“${name}”`;
}

export function company({ explanation, selected }: Frame): string {
  if (selected.length > 3) return `${selected.length} tokens`;
  return selected.map((player) => quoted(explanation, player)).join(" + ");
}
