// What the view says of itself in words.
import { company, type Frame, interacts, predicts } from "./frame.js";
import { MOST as DRAWN } from "./subset-graph.js";

export function titleOf(frame: Frame): string {
  const { mode, selected, look, explanation } = frame;
  const some = selected.length > 0;
  const strongest = explanation.meta.less ? "largest differences" : "strongest";
  switch (mode) {
    case "attribution":
      return explanation.meta.less ? strongest : "strongest attributions";
    case "conditional":
      if (frame.together) return `beyond the sum: ${company(frame, " × ")} together`;
      return `${strongest} with ${company(frame)}`;
    case "links":
      return some ? `strongest links of ${company(frame)}` : "strongest links";
    case "subset":
      return `${look.subset.sign} set${some ? ` with ${company(frame)}` : ""}`;
  }
}

export function hintOf(frame: Frame): string {
  const { mode, selected, links, explanation, together } = frame;
  if (mode === "links") {
    if (links.length === 0) return "No such links here.";
    return selected.length > 0 ? "Esc brings the other links back." : "Click a token for its links alone.";
  }
  if (mode === "subset") return hintOfSet(frame);
  if (explanation.meta.less) {
    const what = selected.length > 0 ? "Each interaction" : "What each token adds";
    return `${what} here, less the same in the first explanation.`;
  }
  const off = predicts(explanation) ? "Alt-click switches a token off." : "";
  if (!interacts(explanation))
    return `What each token adds on its own: ${explanation.meta.method} finds no interactions. ${off}`;
  if (selected.length === 0)
    return `What each token adds on average. Click a patch or a word to see what it works with. ${off}`;
  if (mode === "attribution") return "What each token adds on average.";
  if (together) return "What the two add to each third token only together. A dash: no such term was fitted.";
  return `${selected.length > 1 ? "Sums over the selection. " : ""}Shift-click adds a token, Delete switches off, Esc clears.`;
}

function hintOfSet({ subset, look, explanation }: Frame): string {
  if (!subset || subset.size >= explanation.players) return "All tokens.";
  const best = look.subset.sign === "highest" ? "reach most" : "reach least";
  const few = subset.size > DRAWN ? ` The graph shows ${DRAWN} of them.` : "";
  return `The tokens that together ${best}.${few} Click one to ask for sets that contain it.`;
}
