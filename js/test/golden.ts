// Results that `tests/widget/golden.py` computed in Python for an explanation on a 3×5 grid.
import written from "../../tests/widget/golden.json";
import type { Meta, Traits } from "../src/model.js";
import { createModel } from "../src/standalone.js";

interface Base64Explanation {
  readonly meta: Meta;
  readonly values: string;
}

type Predictions = { hidden: number[]; value: number }[];

interface Golden extends Base64Explanation {
  readonly first: number[];
  readonly firstErrors: number[];
  readonly conditional: { selected: number[]; values: number[] }[];
  readonly error: { selected: number; values: number[] };
  readonly scale: {
    value: number;
    extent: number;
    strength: number;
    decimals: number;
    signed: string;
    plain: string;
  }[];
  readonly predictions: Predictions;
  /** Best predicted values by size, from 1. */
  readonly subsets: { readonly highest: number[]; readonly lowest: number[] };
  /** Of third order, and under-sampled. */
  readonly third: Base64Explanation & {
    readonly predictions: Predictions;
    readonly subsets: number[];
    readonly joint: { selected: [number, number]; values: (number | null)[] }[];
  };
}

export const golden = written as unknown as Golden;

/** The golden values as anywidget passes them on: inside a larger buffer, and not aligned to four bytes. */
export function goldenBytes(offset = 3, values = golden.values): DataView {
  const bytes = Buffer.from(values, "base64");
  const buffer = new Uint8Array(offset + bytes.length + 5).fill(255);
  buffer.set(bytes, offset);
  return new DataView(buffer.buffer, offset, bytes.length);
}

/** The golden values as numbers that a test may change. */
export function goldenFloats(): Float32Array<ArrayBuffer> {
  const { buffer, byteLength } = goldenBytes(0);
  return new Float32Array(buffer.slice(0, byteLength) as ArrayBuffer);
}

export const thirdOrder = {
  meta: golden.third.meta,
  values: goldenBytes(1, golden.third.values),
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
