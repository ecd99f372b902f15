// The difference between two explanations of the same tokens, itself an explanation of second order.
import { meanOverPairs } from "./banzhaf-values.js";
import { deserialize } from "./deserialize.js";
import type { ArrayName, Fields, Meta } from "./model.js";

/** An explanation in the wire format. */
export interface SerializedExplanation {
  readonly meta: Meta;
  readonly values: DataView;
}

/** `minuend` − `subtrahend` of the values that they show; standard errors as for independent estimates. */
export function difference(
  minuend: SerializedExplanation,
  subtrahend: SerializedExplanation,
): SerializedExplanation {
  const a = deserialize(minuend.meta, minuend.values);
  const b = deserialize(subtrahend.meta, subtrahend.values);
  const second = zipWith(subtract, a.secondOrder, b.secondOrder);
  // The coefficients whose first-order values, at the minuend's p, are the differences of those shown.
  const first = zipWith(subtract, zipWith(subtract, a.firstOrder, b.firstOrder), meanOverPairs(second, a.p));
  const arrays: [ArrayName, Float32Array][] = [
    ["first", first],
    ["second", second],
  ];
  if (a.stderr.secondOrder && b.stderr.secondOrder)
    arrays.push(["stderr_second", zipWith(Math.hypot, a.stderr.secondOrder, b.stderr.secondOrder)]);
  if (a.stderr.firstOrder && b.stderr.firstOrder)
    arrays.push(["stderr_first_order", zipWith(Math.hypot, a.stderr.firstOrder, b.stderr.firstOrder)]);
  return {
    meta: {
      ...a.meta,
      fields: differenceFields(a.fields, b.fields),
      arrays: arrays.map(([name]) => name),
      // The two may average over other tokens at different p, so their difference predicts nothing.
      predicts_similarity: false,
      operands: [a.meta, b.meta],
    },
    values: concatenate(arrays.map(([, values]) => values)),
  };
}

function differenceFields(a: Fields, b: Fields): Fields {
  const between = (x: string, y: string) => (x === y ? x : `${x} − ${y}`);
  return {
    ...a,
    baseline_value: null,
    empty_value: a.empty_value - b.empty_value,
    full_value: a.full_value - b.full_value,
    max_order: Math.min(2, Math.max(a.max_order, b.max_order)),
    index: between(a.index, b.index),
    method: between(a.method, b.method),
    model: between(a.model, b.model),
    estimated: a.estimated || b.estimated,
    n_image_masks: null,
    n_text_masks: null,
    random_state: null,
    seconds: null,
    forwards: null,
    r2: null,
    model_card: null,
    masking: null,
    shrinkage: 1,
    example_masks: null,
    example_similarity: null,
    story: [],
    second_caption: null,
  };
}

function subtract(x: number, y: number): number {
  return x - y;
}

function zipWith(
  combine: (x: number, y: number) => number,
  a: Float32Array,
  b: Float32Array | Float64Array,
): Float32Array {
  return a.map((x, index) => combine(x, b[index] as number));
}

function concatenate(blocks: readonly Float32Array[]): DataView {
  const floats = new Float32Array(blocks.reduce((length, block) => length + block.length, 0));
  let offset = 0;
  for (const block of blocks) {
    floats.set(block, offset);
    offset += block.length;
  }
  return new DataView(floats.buffer);
}
