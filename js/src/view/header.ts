// One line of facts: the model's similarity, the fidelity of the explanation, its masks and the model's name.
import { formatPlain } from "../format.js";
import type { Meta } from "../model.js";
import { make } from "./dom.js";

const UNDER_SAMPLED =
  "There were fewer masks than pairs of patches need: their interactions are rough, and predictions shrink them.";

interface Fact {
  readonly label: string;
  /** The fact as text; null or 0 leaves it out. */
  readonly value: (meta: Meta) => string | 0 | null;
  readonly unit?: (meta: Meta) => string;
}

const FACTS: readonly Fact[] = [
  {
    label: "similarity",
    value: ({ similarity }) => formatPlain(similarity, 2),
    unit: similarityUnits,
  },
  { label: "empty", value: ({ empty }) => formatPlain(empty, 2) },
  { label: "R²", value: ({ r2 }) => (r2 === null ? null : formatPlain(r2, 2)) },
  { label: "", value: ({ masks }) => masks && maskCount(masks), unit: () => "masks" },
  {
    label: "p",
    value: ({ p }) => p && (typeof p === "number" ? `${p}` : `${p[0]} image, ${p[1]} text`),
  },
];

export function createHeader(meta: Meta): HTMLElement {
  const items: HTMLElement[] = FACTS.flatMap(({ label, value, unit = () => "" }) => {
    // A difference shows both values, unless they are equal.
    const values = [...new Set([meta, meta.less ?? meta].map(value))].filter(Boolean);
    if (values.length === 0) return [];
    const figure = make("b", "figure", {}, values.join(" − "));
    return make("span", "fact", {}, `${label} `, figure, ` ${unit(meta)}`);
  });
  if (meta.shrinkage < 1)
    items.push(make("span", "warning", { title: UNDER_SAMPLED }, "patch pairs under-sampled"));
  const title = `${meta.model}: ${meta.method}, ${meta.index}`;
  return make("div", "header", {}, ...items, make("span", "model", { title }, meta.model));
}

/** The units of similarities. Methods without predictions have values in other units; their similarities are logits. */
function similarityUnits(meta: Meta): string {
  const { baseline, units } = meta.less ?? meta;
  return baseline === null ? "logits" : units;
}

/** Image masks × text masks on a product grid; one number where each mask covers both modalities. */
function maskCount([image, text]: readonly [number, number]): string {
  return text === 1 ? String(image) : `${image} × ${text}`;
}
