// Everything one drawing of the view needs; its parts read this and nothing else.

import { decimals, extentOf, plain, signed } from "../color-scale.js";
import type { Explanation } from "../deserialize.js";
import { attribution, conditional, crossModal, joint, type Shown } from "../interactions.js";
import { type Link, links } from "../links.js";
import { once } from "../memoize.js";
import type { Measured, Mode } from "../model.js";
import { type Action, type State, same } from "../selection.js";
import type { Look } from "../settings.js";
import { type Subsets, subsets } from "../subsets.js";

export interface Frame extends Shown {
  readonly explanation: Explanation;
  /** Explanations whose values share the scale. */
  readonly peers: readonly Explanation[];
  readonly look: Look;
  readonly mode: Mode;
  readonly selected: readonly number[];
  readonly chosen: ReadonlySet<number>;
  /** Whether the values are the joint effect of the two selected tokens. */
  readonly together: boolean;
  /** Tokens that are switched off. */
  readonly hidden: ReadonlySet<number>;
  /** The model's own similarity without them, where it has answered. */
  readonly measured: number | null;
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

/** A part whose elements are the tokens themselves: an update brings their colours, and words and digits follow. */
export interface Board extends Part {
  readonly tokens: readonly HTMLElement[];
  spell(frame: Frame): void;
}

export type Act = (action: Action) => void;

export function frameOf(
  explanation: Explanation,
  { mode: asked, selected, hidden }: State,
  look: Look,
  measured: Measured | null,
  peers: readonly Explanation[] = [],
): Frame {
  const mode = offers(explanation, asked, selected) ? asked : "attribution";
  const together = mode === "conditional" && look.effect === "joint" && canJoin(explanation, selected);
  const { values, errors } = shown(explanation, mode, selected, together);
  const company = [explanation, ...peers];
  const fixed = Math.max(...company.map((one) => fixedExtentOf(one, mode, together)));
  const largest = Math.max(...company.map((one) => largestOf(shownOf(one, mode, together))));
  const chosen = new Set(selected);
  return {
    explanation,
    peers,
    look,
    mode,
    selected,
    chosen,
    together,
    hidden: new Set(hidden),
    measured: measured && same(measured.hidden, hidden) ? measured.similarity : null,
    values,
    errors,
    extent: mode === "conditional" && look.scale === "own" ? extentOf(values) : fixed,
    digits: decimals(largest),
    links: mode === "links" ? links(explanation, look.links, chosen) : [],
    subset: mode === "subset" ? subsetOf(explanation, look, selected) : null,
  };
}

/** The frame as it would be with other tokens selected, marked as such or not. */
export function previewOf(frame: Frame, players: readonly number[], marked: boolean): Frame {
  const { explanation, peers, look, hidden } = frame;
  const state = { mode: "conditional", selected: players, hidden: [...hidden] } as const;
  const preview = frameOf(explanation, state, { ...look, effect: "sum" }, null, peers);
  return marked ? preview : { ...preview, chosen: frame.chosen };
}

/** What is asked of the frame, asked of another explanation of the same tokens. */
export function frameAlike({ mode, selected, hidden, look }: Frame, explanation: Explanation): Frame {
  return frameOf(explanation, { mode, selected, hidden: [...hidden] }, look, null);
}

/** Whether the explanation has interactions at all: some methods give each token a value, and no more. */
export function interacts({ pairs }: Explanation): boolean {
  return largestOf(pairs) > 0;
}

/** Whether the explanation says what the model does with some tokens only. */
export function predicts({ meta }: Explanation): boolean {
  return meta.baseline !== null;
}

/** Whether there is something to see: of a selection, of pairs, or of sets. */
export function offers(explanation: Explanation, mode: Mode, selected: readonly number[]): boolean {
  if (mode === "conditional") return interacts(explanation) && selected.length > 0;
  if (mode === "links") return interacts(explanation);
  return mode === "subset" ? predicts(explanation) : true;
}

/** Whether the explanation knows what the selected tokens do together. */
export function canJoin({ triples }: Explanation, selected: readonly number[]): boolean {
  return triples.length > 0 && selected.length === 2;
}

function shown(explanation: Explanation, mode: Mode, selected: readonly number[], together: boolean): Shown {
  if (together) return joint(explanation, ...(selected as [number, number]));
  return mode === "conditional" ? conditional(explanation, selected) : attribution(explanation);
}

const largestOf = once((values: Float32Array) => extentOf(values));
const crossExtentOf = once((explanation: Explanation) => extentOf(crossModal(explanation)));

/** All that may be written in digits, whatever is selected. */
function shownOf({ first, pairs, triples }: Explanation, mode: Mode, together: boolean): Float32Array {
  if (together) return triples;
  return mode === "conditional" || mode === "links" ? pairs : first;
}

/** The value that has the full colour in all selections. Of pairs it is the strongest between image and caption: one
 * strong pair of words would leave the whole picture pale. Links have colours of their own, their tokens' are those of
 * attributions. */
function fixedExtentOf(explanation: Explanation, mode: Mode, together: boolean): number {
  if (together) return largestOf(explanation.triples);
  if (mode !== "conditional") return largestOf(explanation.first);
  return crossExtentOf(explanation) || largestOf(explanation.pairs);
}

function subsetOf(explanation: Explanation, { subset }: Look, selected: readonly number[]): Subset {
  const all = subsets(explanation, subset.sign, selected);
  const size = Math.min(Math.max(subset.size, selected.length, 1), explanation.players);
  return { all, size, members: new Set(all.members(size)) };
}

/** "+1.57 ± 0.12" */
export function amount(value: number, error: number, digits: number): string {
  if (Number.isNaN(value)) return "not part of the fit";
  const text = signed(value, digits);
  return Number.isNaN(error) ? text : `${text} ± ${plain(error, digits)}`;
}

const RIGHT_TO_LEFT = /[\u0590-\u08ff\ufb1d-\ufdff\ufe70-\ufefc]/;

/** “hydr”, patch 4,5 */
export function quoted({ labels, patches }: Explanation, player: number): string {
  const name = labels[player] as string;
  if (player < patches) return name;
  // Isolated, so that a word read from right to left leaves all else where it is.
  return RIGHT_TO_LEFT.test(name) ? `“\u2068${name}\u2069”` : `“${name}”`;
}

/** The tokens by name, where they are few. */
export function namesOf(explanation: Explanation, players: readonly number[], sign = ", "): string {
  if (players.length > 3) return `${players.length} tokens`;
  return players.map((player) => quoted(explanation, player)).join(sign);
}

export function company({ explanation, selected }: Frame, sign = " + "): string {
  return namesOf(explanation, selected, sign);
}
