// The data of one rendering: computed from explanation, selection and settings, and read by all components.
import { extentOf } from "../color-scale.js";
import type { Explanation } from "../deserialize.js";
import { type Example, examplesBy, examplesOf } from "../examples.js";
import { decimals } from "../format.js";
import {
  attribution,
  conditional,
  crossModal,
  joint,
  mainEffects,
  type TokenValues,
  type ValueKind,
} from "../interactions.js";
import { filterLinks, type Link } from "../links.js";
import { memoize } from "../memoize.js";
import type { Measurement } from "../model.js";
import type { Mode } from "../modes.js";
import { isSameSet, type SelectionState } from "../selection.js";
import type { ViewSettings } from "../settings.js";
import { bestSubsets, type Subsets } from "../subsets.js";

/** The values shown, and everything that decides how. */
export interface Frame extends TokenValues {
  readonly explanation: Explanation;
  /** Explanations whose values share the scale. */
  readonly peers: readonly Explanation[];
  readonly settings: ViewSettings;
  readonly mode: Mode;
  readonly selected: readonly number[];
  readonly selectedSet: ReadonlySet<number>;
  readonly kind: ValueKind;
  /** Whether the values are third-order interactions with the two selected tokens. */
  readonly isJoint: boolean;
  /** Tokens that are switched off. */
  readonly hidden: ReadonlySet<number>;
  /** The model's own similarity without the hidden tokens; null until the kernel has sent it. */
  readonly measured: number | null;
  /** The magnitude shown in the strongest colour; larger values have the same colour. Of patches, and of words. */
  readonly extent: number;
  readonly textExtent: number;
  /** Decimal places of all values. */
  readonly digits: number;
  /** In links mode, the links to draw, strongest first. */
  readonly links: readonly Link[];
  /** The magnitude of the strongest of these links, which is the widest. */
  readonly linkExtent: number;
  /** In subset mode, the subset shown. */
  readonly subset: ShownSubset | null;
  /** In masks mode, the masked inputs and which of them is shown. */
  readonly example: ShownExample | null;
  /** Tokens that are drawn as hidden: those that the mask shown hides, or those that are switched off. */
  readonly blank: ReadonlySet<number>;
}

export interface ShownExample {
  readonly list: readonly Example[];
  readonly position: number;
}

/** The subset of one size, and those of all other sizes for the curve. */
export interface ShownSubset {
  readonly subsets: Subsets;
  readonly size: number;
  readonly members: ReadonlySet<number>;
}

/** More nodes than this make the graph of a subset illegible. */
export const MAX_GRAPH_NODES = 12;

/** A part of the view that renders a frame into its element. */
export interface Component {
  readonly element: Element;
  update(frame: Frame): void;
}

/** A component whose elements are tokens: `update` sets their colours and state, `updateText` their text. */
export interface TokenComponent extends Component {
  readonly tokens: readonly HTMLElement[];
  updateText(frame: Frame): void;
}

export function createFrame(
  explanation: Explanation,
  { mode: requestedMode, selected, hidden }: SelectionState,
  settings: ViewSettings,
  measured: Measurement | null,
  peers: readonly Explanation[] = [],
): Frame {
  const mode = isModeAvailable(explanation, requestedMode, selected) ? requestedMode : "attribution";
  const isJoint =
    mode === "conditional" && settings.effect === "joint" && hasJointEffect(explanation, selected);
  const isMain = mode === "attribution" && settings.attribution === "main effect";
  const isConditional = mode === "conditional" || (mode === "matrix" && selected.length > 0);
  const kind = isConditional ? "interaction" : isMain ? "main" : "mean";
  const { values, stderr } = valuesFor(explanation, kind, selected, isJoint);
  const sharing = [explanation, ...peers];
  const fixedExtent = Math.max(...sharing.map((each) => fixedExtentOf(each, kind, isJoint)));
  const extent = kind === "interaction" && settings.scale === "own" ? extentOf(values) : fixedExtent;
  const isSplit = hasModalityScales(mode) && settings.modalityScale === "per modality";
  const ofModality = (modality: 0 | 1) =>
    Math.max(
      ...sharing.map((each) => modalityExtents(allValuesOf(each, mode, kind, isJoint), each)[modality]),
    );
  const largest = Math.max(...sharing.map((each) => memoizedExtent(allValuesOf(each, mode, kind, isJoint))));
  const selectedSet = new Set(selected);
  const links = mode === "links" ? filterLinks(explanation, settings.links, selectedSet) : [];
  const example = mode === "masks" ? exampleFor(explanation, settings) : null;
  return {
    explanation,
    peers,
    settings,
    mode,
    selected,
    selectedSet,
    kind,
    isJoint,
    hidden: new Set(hidden),
    measured: measured && isSameSet(measured.hidden, hidden) ? measured.similarity : null,
    values,
    stderr,
    extent: isSplit ? ofModality(0) : extent,
    textExtent: isSplit ? ofModality(1) : extent,
    digits: decimals(largest),
    links,
    linkExtent: Math.abs(links[0]?.value ?? 0),
    subset: mode === "subset" ? subsetFor(explanation, settings, selected) : null,
    example,
    blank: example?.list[example.position]?.hidden ?? new Set(hidden),
  };
}

/** The frame as it would be with other tokens selected; `marked` shows them as selected already. */
export function createPreviewFrame(frame: Frame, players: readonly number[], marked: boolean): Frame {
  const { explanation, peers, settings, hidden } = frame;
  const state = { mode: "conditional", selected: players, hidden: [...hidden] } as const;
  const preview = createFrame(explanation, state, { ...settings, effect: "sum" }, null, peers);
  return marked ? preview : { ...preview, selectedSet: frame.selectedSet };
}

/** False for methods that compute attributions only. */
export function hasInteractions({ secondOrder }: Explanation): boolean {
  return memoizedExtent(secondOrder) > 0;
}

/** False for methods whose values do not predict the model's similarity. */
export function hasPredictions({ meta }: Explanation): boolean {
  return meta.predicts_similarity;
}

/** Whether the explanation has third-order interactions with the selected tokens. */
export function hasJointEffect({ triples }: Explanation, selected: readonly number[]): boolean {
  return triples.length > 0 && selected.length === 2;
}

/** Whether patches and words may have a colour scale each: attributions may, as no interaction is of one modality. */
export function hasModalityScales(mode: Mode): boolean {
  return mode === "attribution";
}

/** The extent of a token's colour scale. */
export function extentAt({ extent, textExtent, explanation }: Frame, player: number): number {
  return player < explanation.nPatches ? extent : textExtent;
}

export function isModeAvailable(explanation: Explanation, mode: Mode, selected: readonly number[]): boolean {
  if (mode === "conditional") return hasInteractions(explanation) && selected.length > 0;
  if (mode === "links") return hasInteractions(explanation);
  if (mode === "matrix") return hasInteractions(explanation);
  if (mode === "masks") return hasPredictions(explanation) && examplesOf(explanation).length > 0;
  return mode === "subset" ? hasPredictions(explanation) : true;
}

function modalityExtents(values: Float32Array, { nPatches }: Explanation): [image: number, text: number] {
  return [extentOf(values.subarray(0, nPatches)), extentOf(values.subarray(nPatches))];
}

function valuesFor(
  explanation: Explanation,
  kind: ValueKind,
  selected: readonly number[],
  isJoint: boolean,
): TokenValues {
  if (isJoint) return joint(explanation, ...(selected as [number, number]));
  if (kind === "main") return mainEffects(explanation);
  return kind === "interaction" ? conditional(explanation, selected) : attribution(explanation);
}

const memoizedExtent = memoize((values: Float32Array) => extentOf(values));
const crossModalExtent = memoize((explanation: Explanation) => extentOf(crossModal(explanation)));

/** All values that the mode may show, whatever is selected. */
function allValuesOf(explanation: Explanation, mode: Mode, kind: ValueKind, isJoint: boolean): Float32Array {
  if (isJoint) return explanation.triples;
  if (kind === "main") return explanation.arrays.first;
  return kind === "interaction" || mode === "links" ? explanation.secondOrder : explanation.firstOrder;
}

/**
 * The extent of the fixed scale, the same for all selections. In conditional mode it is the strongest interaction
 * between image and caption: with that of two words, the whole image might be pale. In links mode it applies to the
 * tokens, which keep the colours of their attributions.
 */
function fixedExtentOf(explanation: Explanation, kind: ValueKind, isJoint: boolean): number {
  if (isJoint) return memoizedExtent(explanation.triples);
  if (kind === "main") return memoizedExtent(explanation.arrays.first);
  if (kind === "mean") return memoizedExtent(explanation.firstOrder);
  return crossModalExtent(explanation) || memoizedExtent(explanation.secondOrder);
}

function subsetFor(
  explanation: Explanation,
  { subset }: ViewSettings,
  selected: readonly number[],
): ShownSubset {
  const subsets = bestSubsets(explanation, subset.objective, selected);
  const size = Math.min(Math.max(subset.size, selected.length, 1), explanation.nPlayers);
  return { subsets, size, members: new Set(subsets.members(size)) };
}

function exampleFor(explanation: Explanation, { masks }: ViewSettings): ShownExample {
  const list = examplesBy(explanation)[masks.order];
  return { list, position: Math.min(masks.position, list.length - 1) };
}
