// The state a view reads and writes: the part of an anywidget model that is used here, and no more.
import type { AnyModel } from "@anywidget/types";

/** What explains the numbers; written by `wire.py`. */
export interface Meta {
  readonly grid: readonly [rows: number, columns: number];
  /** Width and height of the picture; only their ratio matters. */
  readonly size: readonly [width: number, height: number];
  readonly caption: string;
  readonly tokens: readonly string[];
  /** For each caption token, whether it continues the word before it. */
  readonly joined: readonly boolean[];
  readonly similarity: number;
  readonly empty: number;
  readonly units: string;
  readonly r2: number | null;
  /** The chance of keeping a token; null where the method has none. */
  readonly p: number | readonly [image: number, text: number] | null;
  readonly masks: readonly [image: number, text: number] | null;
  /** The predicted value of the game where nothing is kept; null where nothing is predicted. */
  readonly baseline: number | null;
  /** The share that predictions take of pairs of patches; below 1 where the masks were too few for them. */
  readonly shrinkage: number;
  /** Whether triples follow the pairs among the values. */
  readonly triples: boolean;
  readonly index: string;
  readonly method: string;
  readonly model: string;
  /** Of a difference: the explanation that was subtracted. */
  readonly less?: Meta;
}

export type Mode = "attribution" | "conditional" | "links" | "subset";

export interface Measured {
  readonly hidden: readonly number[];
  readonly similarity: number;
}

/** One of several explanations to compare. */
export interface Compared {
  readonly title: string;
  readonly meta: Meta;
  readonly values: DataView;
  readonly picture: string;
}

export interface Traits {
  /** Of a comparison, which has no explanation of its own. */
  views?: readonly Compared[];
  scale?: "common" | "own";
  /** What a page of its own is made of: a template, this module and its style. */
  _page?: string;
  _esm?: string;
  _css?: string;
  meta: Meta;
  values: DataView;
  picture: string;
  selected: readonly number[];
  /** Tokens that are switched off. */
  hidden: readonly number[];
  /** What the model itself said without some tokens. */
  measured: Measured | null;
  mode: Mode;
  status: string;
  progress: number;
}

/** The part of anywidget's model that the views use, and that a page without a kernel implements. */
export interface Model extends Pick<AnyModel<Traits>, "get" | "set" | "save_changes"> {
  on(event: string, callback: () => void): void;
  off(event: string, callback: () => void): void;
}
