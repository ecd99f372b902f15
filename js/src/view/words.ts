// What the view says of itself in words.
import { company, type Frame, interacts } from "./frame.js";

export function titleOf(frame: Frame): string {
  const { mode, selected, look } = frame;
  const some = selected.length > 0;
  switch (mode) {
    case "attribution":
      return "strongest attributions";
    case "conditional":
      if (frame.together) return `beyond the sum: ${company(frame, " × ")} together`;
      return `strongest with ${company(frame)}`;
    case "links":
      return some ? `strongest links of ${company(frame)}` : "strongest links";
    case "subset":
      return `${look.subset.sign} set${some ? ` with ${company(frame)}` : ""}`;
  }
}

export function hintOf({ mode, selected, links, subset, explanation, together }: Frame): string {
  if (mode === "links") {
    if (links.length === 0) return "No such links here.";
    return selected.length > 0 ? "Esc brings the other links back." : "Click a token for its links alone.";
  }
  if (mode === "subset") {
    const few = subset && subset.size < explanation.players;
    return few
      ? "The tokens that go together best. Click one to ask for sets that contain it."
      : "All tokens.";
  }
  if (!interacts(explanation))
    return `What each token adds on its own: ${explanation.meta.method} finds no interactions. Alt-click switches a token off.`;
  if (selected.length === 0)
    return "What each token adds on average. Click a patch or a word to see what it works with, Alt-click to switch it off.";
  if (mode === "attribution") return "What each token adds on average.";
  if (together) return "What the two add to each third token only together. A dash: no such term was fitted.";
  return `${selected.length > 1 ? "Sums over the selection. " : ""}Shift-click adds a token, Delete switches off, Esc clears.`;
}
