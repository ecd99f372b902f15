// What Python says about a made-up explanation on a 3×5 grid.
import written from "../../tests/widget/golden.json";
import type { Meta, Traits } from "../src/model.js";
import { createModel } from "../src/page.js";

interface Wire {
  readonly meta: Meta;
  readonly values: string;
}

type Predictions = { hidden: number[]; value: number }[];

interface Golden extends Wire {
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
  /** Best values by size, from 1. */
  readonly subsets: { readonly highest: number[]; readonly lowest: number[] };
  /** Of third order, and under-sampled. */
  readonly third: Wire & {
    readonly predictions: Predictions;
    readonly subsets: number[];
    readonly joint: { selected: [number, number]; values: (number | null)[] }[];
  };
}

export const golden = written as unknown as Golden;

/** The golden bytes as anywidget hands them over: somewhere inside a larger buffer, on no boundary. */
export function goldenBytes(offset = 3, values = golden.values): DataView {
  const bytes = Buffer.from(values, "base64");
  const buffer = new Uint8Array(offset + bytes.length + 5).fill(255);
  buffer.set(bytes, offset);
  return new DataView(buffer.buffer, offset, bytes.length);
}

export const thirdWire = {
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
