// Names, titles and hints: all the sentences of the view that depend on its state.
import type { Explanation } from "../deserialize.js";
import { type Frame, hasInteractions, hasPredictions, MAX_GRAPH_NODES } from "./frame.js";

const RIGHT_TO_LEFT = /[\u0590-\u08ff\ufb1d-\ufdff\ufe70-\ufefc]/;
/** Longer lists are only counted. */
const MAX_NAMES = 3;

/** A word in quotes, a patch without: “hydr”, patch 4,5. */
function quotedLabel({ labels, nPatches }: Explanation, player: number): string {
  const label = labels[player] as string;
  if (player < nPatches) return label;
  // Bidirectional isolation, so that a right-to-left word does not reorder the text around it.
  return RIGHT_TO_LEFT.test(label) ? `“\u2068${label}\u2069”` : `“${label}”`;
}

/** The tokens by name, or how many they are. */
export function playersLabel(explanation: Explanation, players: readonly number[], separator = ", "): string {
  if (players.length > MAX_NAMES) return `${players.length} tokens`;
  return players.map((player) => quotedLabel(explanation, player)).join(separator);
}

export function selectionLabel({ explanation, selected }: Frame, separator = " + "): string {
  return playersLabel(explanation, selected, separator);
}

export function titleFor(frame: Frame): string {
  const { mode, selected, settings, explanation } = frame;
  const hasSelection = selected.length > 0;
  const strongest = explanation.meta.operands ? "largest differences" : "strongest";
  switch (mode) {
    case "attribution":
      if (explanation.meta.operands) return strongest;
      return frame.kind === "main" ? "strongest main effects" : "strongest attributions";
    case "conditional":
      if (frame.isJoint) return `beyond the sum: ${selectionLabel(frame, " × ")} together`;
      return `${strongest} with ${selectionLabel(frame)}`;
    case "links":
      return hasSelection ? `strongest links of ${selectionLabel(frame)}` : "strongest links";
    case "masks":
      return "what the model saw";
    case "matrix":
      return hasSelection ? `interactions of ${selectionLabel(frame)}` : "all interactions";
    case "subset":
      return `${settings.subset.objective} set${hasSelection ? ` with ${selectionLabel(frame)}` : ""}`;
  }
}

export function hintFor(frame: Frame): string {
  const { mode, kind, selected, links, explanation, isJoint } = frame;
  if (mode === "links") {
    if (links.length === 0) return "No such links here.";
    return selected.length > 0 ? "Esc brings the other links back." : "Click a token for its links alone.";
  }
  if (mode === "subset") return subsetHint(frame);
  if (mode === "matrix")
    return "Drag over the map, or click a cell, to select its rows and columns. Patches come first, then words.";
  if (mode === "masks")
    return "Hidden patches are blank and hidden words struck out, as the model sees them. The larger p, the more a mask keeps.";
  if (explanation.meta.operands) {
    const subject = selected.length > 0 ? "Each interaction" : "What each token adds";
    return `${subject} here, less the same in the first explanation.`;
  }
  const switchOff = hasPredictions(explanation) ? "Alt-click switches a token off." : "";
  if (!hasInteractions(explanation))
    return `What each token adds on its own: ${explanation.fields.method} finds no interactions. ${switchOff}`;
  if (kind === "main")
    return "What each token adds on its own, with all others hidden: the coefficients eᵢ, as in the FIxLIP paper's figures.";
  if (selected.length === 0)
    return `What each token adds on average. Click a patch or a word to see what it works with. ${switchOff}`;
  if (mode === "attribution") return "What each token adds on average.";
  if (isJoint) return "What the two add to each third token only together. A dash: no such term was fitted.";
  return `${selected.length > 1 ? "Sums over the selection. " : ""}Shift-click adds a token, Delete switches off, Esc clears.`;
}

function subsetHint({ subset, settings, explanation }: Frame): string {
  if (!subset || subset.size >= explanation.nPlayers) return "All tokens.";
  const goal = settings.subset.objective === "highest" ? "reach most" : "reach least";
  const omitted = subset.size > MAX_GRAPH_NODES ? ` The graph shows ${MAX_GRAPH_NODES} of them.` : "";
  return `The tokens that together ${goal}.${omitted} Click one to ask for sets that contain it.`;
}
