// One quiet line: how similar, how well explained, from how much evidence.
import type { Meta } from "../model.js";
import { plain } from "../scale.js";
import { make } from "./dom.js";

const FEW =
  "There were fewer masks than pairs of patches need: their interactions are rough, and predictions shrink them.";

export function createHeader(meta: Meta): HTMLElement {
  const facts: (readonly [before: string, value: string, after: string])[] = [
    ["similarity", plain(meta.similarity, 2), meta.units],
    ["empty", plain(meta.empty, 2), ""],
  ];
  if (meta.r2 !== null) facts.push(["R²", plain(meta.r2, 2), ""]);
  if (meta.masks) facts.push(["", masksOf(meta.masks), "masks"]);
  facts.push([
    "p",
    typeof meta.p === "number" ? String(meta.p) : `${meta.p[0]} image, ${meta.p[1]} text`,
    "",
  ]);
  const items: HTMLElement[] = facts.map(([before, value, after]) =>
    make("span", "fact", {}, `${before} `, make("b", "figure", {}, value), ` ${after}`),
  );
  if (meta.shrinkage < 1) items.push(make("span", "mark-few", { title: FEW }, "patch pairs under-sampled"));
  return make(
    "div",
    "header",
    {},
    ...items,
    make("span", "model", { title: `${meta.model}: ${meta.method}, ${meta.index}` }, meta.model),
  );
}

/** Masks of image and caption in all combinations, or of both together: one for each of the image's. */
function masksOf([image, text]: readonly [number, number]): string {
  return text === 1 ? String(image) : `${image} × ${text}`;
}
