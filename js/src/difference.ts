// What one explanation says more than another of the same tokens, itself an explanation of second order.
import { decode } from "./deserialize.js";
import type { Meta } from "./model.js";

export interface Wire {
  readonly meta: Meta;
  readonly values: DataView;
}

/** `more` minus `less`; the errors are those of independent estimates. */
export function difference(more: Wire, less: Wire): Wire {
  const [a, b] = [decode(more.meta, more.values), decode(less.meta, less.values)];
  const blocks = [zip(a.first, b.first, minus), zip(a.pairs, b.pairs, minus)];
  if (a.errors && b.errors) {
    blocks.push(zip(a.errors.first, b.errors.first, Math.hypot));
    blocks.push(zip(a.errors.pairs, b.errors.pairs, Math.hypot));
  }
  return { meta: metaOf(a.meta, b.meta), values: joined(blocks) };
}

function metaOf(a: Meta, b: Meta): Meta {
  return {
    ...a,
    less: b,
    // What is averaged over other tokens may be averaged differently in the two: nothing is predicted from it.
    baseline: null,
    shrinkage: 1,
    triples: false,
    model: a.model === b.model ? a.model : `${a.model} − ${b.model}`,
  };
}

function minus(x: number, y: number): number {
  return x - y;
}

function zip(one: Float32Array, other: Float32Array, by: (x: number, y: number) => number): Float32Array {
  return one.map((x, at) => by(x, other[at] as number));
}

function joined(blocks: readonly Float32Array[]): DataView {
  const all = new Float32Array(blocks.reduce((length, block) => length + block.length, 0));
  let at = 0;
  for (const block of blocks) {
    all.set(block, at);
    at += block.length;
  }
  return new DataView(all.buffer);
}
