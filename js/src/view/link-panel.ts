// Which links are drawn: how many or how strong, and of which kinds.

import { plain } from "../color-scale.js";
import { KINDS, type Kind, type LinkFilter, MOST, strongestOf } from "../links.js";
import type { Adjust } from "../settings.js";
import { make } from "./dom.js";
import type { Frame, Part } from "./frame.js";
import { createSlider } from "./slider.js";
import { createToggle } from "./toggle.js";

export function createLinkPanel(adjust: Adjust): Part {
  const change = (links: Partial<LinkFilter>) => adjust({ links });
  const by = createToggle<LinkFilter["by"]>("choose by", ["number", "strength"], (chosen) =>
    change({ by: chosen }),
  );
  const number = createSlider("number of links", { least: 1, most: MOST, step: 1 }, (value) =>
    change({ number: value }),
  );
  const least = createSlider("least strength", { least: 0.05, most: 1, step: 0.01 }, (value) =>
    change({ least: value }),
  );
  const kinds = KINDS.map((kind) => ({
    kind,
    input: make("input", "check", { type: "checkbox", value: kind }),
  }));
  const boxes = make(
    "div",
    "kinds",
    { role: "group", "aria-label": "kinds of links" },
    ...kinds.map(({ kind, input }) => make("label", "kind", {}, input, kind)),
  );
  boxes.addEventListener("change", (event) => {
    event.stopPropagation();
    change({ kinds: new Set<Kind>(kinds.filter(({ input }) => input.checked).map(({ kind }) => kind)) });
  });
  const element = make("div", "panel", {}, by.element, number.element, least.element, boxes);

  return {
    element,
    update({ explanation, mode, look, links, digits }: Frame) {
      element.hidden = mode !== "links";
      if (element.hidden) return;
      const now = look.links;
      by.update(now.by);
      number.element.hidden = now.by !== "number";
      least.element.hidden = now.by !== "strength";
      const weakest = links.at(-1);
      const from = weakest ? `, from ±${plain(Math.abs(weakest.value), digits)}` : "";
      number.update(now.number, `${links.length} strongest${from}`);
      least.update(now.least, `${links.length} from ±${plain(now.least * strongestOf(explanation), digits)}`);
      for (const { kind, input } of kinds) input.checked = now.kinds.has(kind);
    },
  };
}
