// The traits of the Python widgets, and the part of anywidget's model that the views use.
import type { AnyModel } from "@anywidget/types";

/** Everything about an explanation but its values; written by `serialize.py`. */
export interface Meta {
  readonly grid: readonly [rows: number, columns: number];
  /** Width and height of the image; only their ratio matters. */
  readonly size: readonly [width: number, height: number];
  readonly caption: string;
  /** Names of all players, patches first. */
  readonly tokens: readonly string[];
  /** For each caption token, whether it continues the word before it. */
  readonly joined: readonly boolean[];
  /** The model's similarity of the full input, in `units`. */
  readonly similarity: number;
  /** The model's similarity of the empty input. */
  readonly empty: number;
  readonly units: string;
  /** On fresh masks; null if not computed. */
  readonly r2: number | null;
  /** Probability of keeping a token; null for methods without one. */
  readonly p: number | readonly [image: number, text: number] | null;
  readonly masks: readonly [image: number, text: number] | null;
  /** Predicted value of the game at the empty input; null for methods that predict nothing. */
  readonly baseline: number | null;
  /** Factor for patch pairs in predictions; below 1 where the masks were too few to determine them. */
  readonly shrinkage: number;
  /** Whether the values include triples. */
  readonly triples: boolean;
  readonly index: string;
  readonly method: string;
  readonly model: string;
  /** Only in a difference: the explanation that was subtracted. */
  readonly less?: Meta;
}

export type Mode = "attribution" | "conditional" | "links" | "subset";

/** The model's own similarity with some tokens hidden. */
export interface Measurement {
  readonly hidden: readonly number[];
  readonly similarity: number;
}

/** One of the explanations in a comparison. */
export interface ComparisonItem {
  readonly title: string;
  readonly meta: Meta;
  readonly values: DataView;
  readonly picture: string;
}

/** The traits of both widgets: an explanation has `meta`, `values` and `picture`, a comparison has `views`. */
export interface Traits {
  views?: readonly ComparisonItem[];
  scale?: "common" | "own";
  /** What the HTML export is made of: its template, this module and its style sheet. */
  _page?: string;
  _esm?: string;
  _css?: string;
  meta: Meta;
  values: DataView;
  /** Data URL of the image, or empty. */
  picture: string;
  selected: readonly number[];
  /** Tokens that are switched off. */
  hidden: readonly number[];
  measured: Measurement | null;
  mode: Mode;
  status: string;
  /** From 0 to 1. */
  progress: number;
}

/** Implemented by anywidget, and by a page without a kernel. */
export interface Model extends Pick<AnyModel<Traits>, "get" | "set" | "save_changes"> {
  on(event: string, callback: () => void): void;
  off(event: string, callback: () => void): void;
}
