// The controls of links mode: how many links or how strong, and of which kinds.
import { formatPlain } from "../format.js";
import { LINK_KINDS, type LinkFilter, type LinkKind, MAX_LINKS, maxInteraction } from "../links.js";
import type { ChangeSettings } from "../settings.js";
import { createSlider, createToggle } from "./controls.js";
import { make, makeSvg } from "./dom.js";
import type { Component, Frame } from "./frame.js";
import { WIDTH_AT_PATCH } from "./link-overlay.js";

export function createLinkPanel(changeSettings: ChangeSettings): Component {
  const changeFilter = (links: Partial<LinkFilter>) => changeSettings({ links });
  const by = createToggle<LinkFilter["by"]>("choose by", ["number", "strength"], (choice) =>
    changeFilter({ by: choice }),
  );
  const count = createSlider("number of links", { min: 1, max: MAX_LINKS, step: 1 }, (value) =>
    changeFilter({ count: value }),
  );
  const minStrength = createSlider("least strength", { min: 0.05, max: 1, step: 0.01 }, (value) =>
    changeFilter({ minStrength: value }),
  );
  const boxes = LINK_KINDS.map((kind) => make("input", "check", { type: "checkbox", value: kind }));
  const kinds = make(
    "div",
    "kinds",
    { role: "group", "aria-label": "kinds of links" },
    ...boxes.map((box) => make("label", "kind", {}, box, box.value)),
  );
  kinds.addEventListener("change", (event) => {
    event.stopPropagation();
    const checked = boxes.filter((box) => box.checked).map((box) => box.value as LinkKind);
    changeFilter({ kinds: new Set(checked) });
  });
  // As wide as links are, from the weakest to the strongest.
  const wedge = makeSvg(
    "svg",
    { class: "fixlip-wedge", viewBox: `0 0 100 ${WIDTH_AT_PATCH}`, "aria-hidden": true },
    makeSvg("path", { d: `M0 ${WIDTH_AT_PATCH / 2}L100 0V${WIDTH_AT_PATCH}z` }),
  );
  const widest = make("span", "widest");
  const widths = make("div", "widths", {}, "link width: 0", wedge, widest);
  const element = make("div", "panel", {}, by.element, count.element, minStrength.element, kinds, widths);

  return {
    element,
    update({ explanation, mode, settings, links, linkExtent, digits }: Frame) {
      element.hidden = mode !== "links";
      if (element.hidden) return;
      const filter = settings.links;
      widest.textContent = `±${formatPlain(linkExtent, digits)} ${explanation.fields.units}`;
      by.update(filter.by);
      count.element.hidden = filter.by !== "number";
      minStrength.element.hidden = filter.by !== "strength";
      const weakest = links.at(-1);
      const from = weakest ? `, from ±${formatPlain(Math.abs(weakest.value), digits)}` : "";
      count.update(filter.count, `${links.length} strongest${from}`);
      const threshold = formatPlain(filter.minStrength * maxInteraction(explanation), digits);
      minStrength.update(filter.minStrength, `${links.length} from ±${threshold}`);
      for (const box of boxes) box.checked = filter.kinds.has(box.value as LinkKind);
    },
  };
}
