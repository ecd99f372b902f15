// What one explanation says more than another of the same tokens, itself an explanation of second order.
import { decode, type Explanation, littleEndianBytes } from "./data.js";
import type { Meta } from "./model.js";

export interface Wire {
  readonly meta: Meta;
  readonly values: DataView;
}

/** `more` minus `less`; the errors are those of independent estimates. */
export function difference(more: Wire, less: Wire): Wire {
  const [a, b] = [decode(more.meta, more.values), decode(less.meta, less.values)];
  const values = zip(numbers(a), numbers(b), (x, y) => x - y);
  const errors =
    a.errors && b.errors ? zip(numbers(a.errors), numbers(b.errors), (x, y) => Math.hypot(x, y)) : [];
  return { meta: metaOf(a.meta, b.meta), values: littleEndianBytes([...values, ...errors]) };
}

function metaOf(a: Meta, b: Meta): Meta {
  return {
    ...a,
    similarity: a.similarity - b.similarity,
    empty: a.empty - b.empty,
    r2: null,
    masks: null,
    // What is averaged over other tokens may be averaged differently in the two: nothing is predicted from it.
    baseline: null,
    shrinkage: 1,
    triples: false,
    model: a.model === b.model ? a.model : `${a.model} − ${b.model}`,
  };
}

function numbers({ first, pairs }: Pick<Explanation, "first" | "pairs">): number[] {
  return [...first, ...pairs];
}

function zip(
  one: readonly number[],
  other: readonly number[],
  by: (x: number, y: number) => number,
): number[] {
  return one.map((x, at) => by(x, other[at] as number));
}
