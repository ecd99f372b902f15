// What the numbers mean, in words: of each term in the header and the legend, and of each value of a token.
import { formatPlain } from "../format.js";
import { type Estimate, isUncertain, strongest, toEstimates } from "../interactions.js";
import { type Frame, hasPredictions } from "./frame.js";
import { playersLabel } from "./labels.js";

/** Terms that explain themselves where they are pointed at, focused or touched. */
export const TERMS = {
  similarity:
    "The model's similarity of the whole image and the whole caption, the number that is explained.",
  empty:
    "The model's similarity with every patch and every word hidden. The explanation distributes the difference to the similarity, as far as it predicts the model. Parts may match less than nothing.",
  "sum of the fit": "The sum of all values and the baseline; the model's own similarity was not recorded.",
  baseline: "The fitted value with every token hidden; the model's own was not recorded.",
  "R²": "How well the explanation predicts the model on fresh masks: the share of the variance, 1 is perfect, 0 no better than the mean.",
  masks:
    "Masked images × masked captions that the model encoded. Each hides patches or words at random; the values are fitted to all pairs.",
  p: "The probability with which a mask keeps a patch or word. Near 1 values are effects of small changes to the whole input, near 0 of small parts of it.",
  signs: "Patches of at least half the scale also carry + or −, so that the sign is visible without colour.",
  stripes:
    "The value is smaller than its standard error: with other random masks it might have the other sign.",
  rug: "One line for each patch and word, at its value.",
  predicted: "By the explanation: the sum of its attributions and interactions of what is kept.",
  model:
    "The encoder's own similarity. Without some tokens it is measured where the encoder is at hand, as in fw.explore.",
  frame: "The model crops the picture and sees only the part inside the frame.",
} as const;
export type Term = keyof typeof TERMS;

/** Marks an element as a term, which is described to screen readers; `addTermTips` makes it focusable. */
export function termAttributes(term: Term): Record<string, string | number> {
  return { "data-term": term, tabindex: -1, "aria-description": TERMS[term] };
}

/** The sentence of the strongest interaction with the selected token. */
export function strongestSentence(frame: Frame): string {
  if (frame.mode !== "conditional" || frame.selected.length !== 1) return "";
  const [first] = strongest(toEstimates(frame), 1, frame.selectedSet);
  const sentence = first ? sentenceFor(first, frame) : "";
  return sentence && `${sentence.charAt(0).toUpperCase()}${sentence.slice(1)}`;
}

/** What the value of tokens says, as a sentence; empty where the title says it all, and where it may be zero. */
export function sentenceFor({ players, value, stderr }: Estimate, frame: Frame): string {
  const { explanation, mode, kind, selected, isJoint, digits } = frame;
  const isAttribution = kind === "mean" && mode !== "links";
  const others = mode === "links" ? players.slice(1) : selected;
  if (
    !hasPredictions(explanation) ||
    explanation.meta.operands ||
    isJoint ||
    Number.isNaN(value) ||
    value === 0
  )
    return "";
  if (isUncertain(value, stderr)) return "";
  const amount = `${formatPlain(Math.abs(value), digits)} ${explanation.fields.units}`;
  const name = playersLabel(explanation, mode === "links" ? players.slice(0, 1) : players);
  if (kind === "main")
    return `${name} ${value > 0 ? "adds" : "takes away"} ${amount} on its own, with everything else hidden, in the fit.`;
  if (isAttribution)
    return `${name} ${value > 0 ? "adds" : "takes away"} ${amount} on average over what else is kept.`;
  if (others.length !== 1 || others[0] === players[0]) return "";
  const [other] = others as [number];
  const together = `${name} and ${playersLabel(explanation, [other])} together add ${amount}`;
  // At order 3 an interaction is a mean over the third tokens.
  const mean = explanation.triples.length > 0 ? ", on average over what else is kept" : "";
  if (value > 0) return `${together} more than the sum of what each adds alone${mean}.`;
  const bothImage = other < explanation.nPatches && (players[0] as number) < explanation.nPatches;
  const bothText = other >= explanation.nPatches && (players[0] as number) >= explanation.nPatches;
  const reason =
    bothImage || bothText ? " They may say the same: where one is kept, the other adds less." : "";
  return `${together} less than the sum of what each adds alone${mean}.${reason}`;
}
