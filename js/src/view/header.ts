// One quiet line: how similar, how well explained, from how much evidence.

import { plain } from "../color-scale.js";
import type { Meta } from "../model.js";
import { make } from "./dom.js";

const FEW =
  "There were fewer masks than pairs of patches need: their interactions are rough, and predictions shrink them.";

interface Fact {
  readonly before: string;
  readonly of: (meta: Meta) => string | 0 | null;
  readonly after?: (meta: Meta) => string;
}

const FACTS: readonly Fact[] = [
  { before: "similarity", of: ({ similarity }) => plain(similarity, 2), after: unitsOfAnswers },
  { before: "empty", of: ({ empty }) => plain(empty, 2) },
  { before: "R²", of: ({ r2 }) => (r2 === null ? null : plain(r2, 2)) },
  { before: "", of: ({ masks }) => masks && masksOf(masks), after: () => "masks" },
  { before: "p", of: ({ p }) => p && (typeof p === "number" ? `${p}` : `${p[0]} image, ${p[1]} text`) },
];

export function createHeader(meta: Meta): HTMLElement {
  const items: HTMLElement[] = FACTS.flatMap(({ before, of, after = () => "" }) => {
    const values = [...new Set([meta, meta.less ?? meta].map(of))].filter(Boolean);
    if (values.length === 0) return [];
    return make(
      "span",
      "fact",
      {},
      `${before} `,
      make("b", "figure", {}, values.join(" − ")),
      ` ${after(meta)}`,
    );
  });
  if (meta.shrinkage < 1) items.push(make("span", "mark-few", { title: FEW }, "patch pairs under-sampled"));
  return make(
    "div",
    "header",
    {},
    ...items,
    make("span", "model", { title: `${meta.model}: ${meta.method}, ${meta.index}` }, meta.model),
  );
}

/** What the model's own answers are counted in: methods that predict none of them have units of their own. */
function unitsOfAnswers(meta: Meta): string {
  const { baseline, units } = meta.less ?? meta;
  return baseline === null ? "logits" : units;
}

/** Masks of image and caption in all combinations, or of both together: one for each of the image's. */
function masksOf([image, text]: readonly [number, number]): string {
  return text === 1 ? String(image) : `${image} × ${text}`;
}
