// The difference between two explanations of the same tokens, itself an explanation of second order.
import { deserialize } from "./deserialize.js";
import type { Meta } from "./model.js";

/** An explanation in the wire format. */
export interface SerializedExplanation {
  readonly meta: Meta;
  readonly values: DataView;
}

/** `minuend` − `subtrahend`; standard errors as for independent estimates. */
export function difference(
  minuend: SerializedExplanation,
  subtrahend: SerializedExplanation,
): SerializedExplanation {
  const a = deserialize(minuend.meta, minuend.values);
  const b = deserialize(subtrahend.meta, subtrahend.values);
  const blocks = [zipWith(subtract, a.first, b.first), zipWith(subtract, a.pairs, b.pairs)];
  if (a.stderr && b.stderr) {
    blocks.push(zipWith(Math.hypot, a.stderr.first, b.stderr.first));
    blocks.push(zipWith(Math.hypot, a.stderr.pairs, b.stderr.pairs));
  }
  return { meta: differenceMeta(a.meta, b.meta), values: concatenate(blocks) };
}

function differenceMeta(a: Meta, b: Meta): Meta {
  return {
    ...a,
    less: b,
    // The two may average over other tokens at different p, so their difference predicts nothing.
    baseline: null,
    shrinkage: 1,
    triples: false,
    model: a.model === b.model ? a.model : `${a.model} − ${b.model}`,
  };
}

function subtract(x: number, y: number): number {
  return x - y;
}

function zipWith(combine: (x: number, y: number) => number, a: Float32Array, b: Float32Array): Float32Array {
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
