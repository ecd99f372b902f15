// One line of facts: the model's similarity, the fidelity of the explanation, its masks and the model's name.
import { formatPlain } from "../format.js";
import { type Fields, isFitted, type Meta } from "../model.js";
import { make } from "./dom.js";
import { type Term, termAttributes } from "./sentences.js";

const UNDER_SAMPLED =
  "There were fewer masks than pairs of patches need: their interactions are rough, and predictions shrink them.";

interface Fact {
  readonly label: (meta: Meta) => string;
  /** The fact as text; null leaves it out. */
  readonly value: (meta: Meta) => string | null;
  readonly unit?: (meta: Meta) => string;
}

const FACTS: readonly Fact[] = [
  {
    label: ({ fields }) => (isFitted(fields) ? "sum of the fit" : "similarity"),
    value: ({ fields }) => formatPlain(fields.full_value, 2),
    unit: similarityUnits,
  },
  {
    label: ({ fields }) => (isFitted(fields) ? "baseline" : "empty"),
    value: ({ fields }) => {
      const value = isFitted(fields) ? fields.baseline_value : fields.empty_value;
      return value === null ? null : formatPlain(value, 2);
    },
  },
  { label: () => "R²", value: ({ fields: { r2 } }) => (r2 === null ? null : formatPlain(r2, 2)) },
  { label: () => "", value: ({ fields }) => maskCount(fields), unit: () => "masks" },
  { label: () => "p", value: (meta) => (meta.depends_on_p ? probability(meta.fields) : null) },
];

export function createHeader(meta: Meta): HTMLElement {
  const items: HTMLElement[] = FACTS.flatMap(({ label, value, unit = () => "" }) => {
    // A difference shows both values, unless they are equal.
    const values = [...new Set((meta.operands ?? [meta]).map(value))].filter((each) => each !== null);
    if (values.length === 0) return [];
    const figure = make("b", "figure", {}, values.join(" − "));
    const term = (label(meta) || unit(meta)) as Term;
    return make("span", "fact", termAttributes(term), `${label(meta)} `, figure, ` ${unit(meta)}`);
  });
  const { model, method, index, shrinkage } = meta.fields;
  if (shrinkage < 1)
    items.push(make("span", "warning", { title: UNDER_SAMPLED }, "patch pairs under-sampled"));
  const title = `${model}: ${method}, ${index}`;
  return make("div", "header", {}, ...items, make("span", "model", { title }, `${model}, ${method}`));
}

/** The units of similarities. Methods without predictions have values in other units; their similarities are logits. */
function similarityUnits(meta: Meta): string {
  const { predicts_similarity, fields } = meta.operands?.[1] ?? meta;
  return predicts_similarity ? fields.units : "logits";
}

function probability({ p }: Fields): string {
  return typeof p === "number" ? String(p) : `${p[0]} image, ${p[1]} text`;
}

/** Image masks × text masks on a product grid; one number where each mask covers both modalities. */
function maskCount({ n_image_masks, n_text_masks }: Fields): string | null {
  if (n_image_masks === null || n_text_masks === null) return null;
  return n_text_masks === 1 ? String(n_image_masks) : `${n_image_masks} × ${n_text_masks}`;
}
