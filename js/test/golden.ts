// Results that `tests/widget/golden.py` computed in Python for explanations on a 3×5 grid.
import written from "../../tests/widget/golden.json";
import { deserialize } from "../src/deserialize.js";
import type { Fields, Meta, Traits } from "../src/model.js";
import { createModel } from "../src/page-model.js";

/** An explanation in the wire format, and what Python derives from it. */
export interface Sample {
  readonly meta: Meta;
  /** In base64. */
  readonly values: string;
  /** What `Explanation.to_json` writes. */
  readonly json: Record<string, unknown>;
  readonly firstOrder: number[];
  readonly firstOrderErrors: (number | null)[] | null;
  readonly secondOrder: number[];
  readonly secondOrderErrors: (number | null)[] | null;
  readonly conditional: { selected: number[]; values: number[] }[];
  readonly joint: { selected: [number, number]; values: (number | null)[] }[];
  readonly predictions: { hidden: number[]; value: number }[];
  /** Predicted similarities of the masked inputs to look at. */
  readonly examples: number[];
  /** Best predicted values by size, from 1. */
  readonly subsets: { readonly highest: number[]; readonly lowest: number[] };
}

const { colors, ...byName } = written;

export const { scale } = colors;

/** Of second and third order, with pairs of patches shrunk, and with standard errors of every array. */
export const samples = byName as unknown as Record<"second" | "third" | "shrunk" | "errors", Sample>;

/** Of second order, with standard errors of the values shown. */
export const golden = samples.second;

/** The values of a sample as anywidget passes them on: inside a larger buffer, and not aligned to four bytes. */
export function goldenBytes(offset = 3, { values }: Sample = golden): DataView {
  const bytes = Buffer.from(values, "base64");
  const buffer = new Uint8Array(offset + bytes.length + 5).fill(255);
  buffer.set(bytes, offset);
  return new DataView(buffer.buffer, offset, bytes.length);
}

/** Every sample by name, with the explanation that the page reads. */
export const explanations = Object.entries(samples).map(
  ([name, sample]) => [name, deserialize(sample.meta, goldenBytes(3, sample)), sample] as const,
);

/** NaN as null, as Python writes it. */
export function toList(values: ArrayLike<number> | null): (number | null)[] | null {
  return values && Array.from(values, (value) => (Number.isNaN(value) ? null : value));
}

/** The golden values as numbers that a test may change. */
export function goldenFloats(): Float32Array<ArrayBuffer> {
  const { buffer, byteLength } = goldenBytes(0);
  return new Float32Array(buffer.slice(0, byteLength) as ArrayBuffer);
}

/** The golden explanation's meta with some fields changed. */
export function metaWith(fields: Partial<Fields>, changes: Partial<Meta> = {}): Meta {
  return { ...golden.meta, ...changes, fields: { ...golden.meta.fields, ...fields } };
}

export const thirdOrder = {
  meta: samples.third.meta,
  values: goldenBytes(1, samples.third),
};

export function goldenModel(changes: Partial<Traits> = {}) {
  return createModel({
    meta: golden.meta,
    values: goldenBytes(),
    picture: "",
    selected: [],
    hidden: [],
    measured: null,
    mode: "attribution",
    status: "ready",
    progress: 0,
    ...changes,
  });
}
