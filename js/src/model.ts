// The traits of the Python widgets, and the part of anywidget's model that the views use.
import type { AnyModel } from "@anywidget/types";
import type { Mode } from "./modes.js";

/** An explanation's fields but its arrays and image, under their Python names; `docs/json.md` describes them. */
export interface Fields {
  readonly format: string;
  readonly version: number;
  /** Names of all players, patches first. */
  readonly tokens: readonly string[];
  readonly grid: readonly [rows: number, columns: number];
  readonly caption: string;
  /** Fitted intercept. */
  readonly baseline_value: number | null;
  /** The model's similarity of the empty input. */
  readonly empty_value: number;
  /** The model's similarity of the full input. */
  readonly full_value: number;
  /** Probability of keeping a token. */
  readonly p: number | readonly [image: number, text: number];
  readonly max_order: number;
  readonly index: string;
  readonly method: string;
  readonly model: string;
  readonly estimated: boolean;
  readonly n_image_masks: number | null;
  readonly n_text_masks: number | null;
  readonly random_state: number | null;
  readonly units: string;
  readonly seconds: number | null;
  readonly forwards: number | null;
  /** On fresh masks; null if not computed. */
  readonly r2: number | null;
  readonly model_card: string | null;
  readonly masking: string | null;
  /** The line that pages with the picture carry. Absent in older states. */
  readonly credit?: string | null;
  /** Factor for the centred part of patch pairs in predictions; below 1 where the masks did not determine them. */
  readonly shrinkage: number;
  /** Where what the model saw lies within the whole picture; null where it saw all of it. Absent in older states. */
  readonly crop_box?: CropBox | null;
  /** Masked inputs to look at, a character for each player: 1 for a kept one, 0 for a hidden one. */
  readonly example_masks?: readonly string[] | null;
  /** The model's similarity of each of them. */
  readonly example_similarity?: readonly number[] | null;
  /** Of a contrast, the first player of the other caption, whose words count against. */
  readonly second_caption?: number | null;
  /** Absent in older states. */
  readonly story?: readonly StoryStep[];
}

/** A step of a story: what it shows, and the token that the reader is asked to click, if any. */
export interface StoryStep {
  readonly text: string;
  readonly selected: readonly number[];
  readonly hidden: readonly number[];
  readonly mode: Mode;
  readonly click: number | null;
}

/** The fields that are arrays, in the order of the wire format and of the JSON format, and what their values are of. */
export const ARRAYS = {
  first: "players",
  second: "pairs",
  third_image: "patch pairs × words",
  third_text: "patches × word pairs",
  stderr_first: "players",
  stderr_second: "pairs",
  stderr_first_order: "players",
  stderr_second_order: "pairs",
  stderr_third_image: "patch pairs × words",
  stderr_third_text: "patches × word pairs",
} as const;
export type ArrayName = keyof typeof ARRAYS;

export type CropBox = readonly [left: number, top: number, right: number, bottom: number];

/** Whether similarities are those of the fit: values from shapiq come without the model's own. */
export function isFitted({ method }: Fields): boolean {
  return method === "shapiq";
}

/** Everything about an explanation but its arrays and image; written by `serialize.py`. */
export interface Meta {
  readonly fields: Fields;
  /** The arrays that the explanation has, in the order of their values. */
  readonly arrays: readonly ArrayName[];
  /** Width and height of the picture; only their ratio matters. Null without one. */
  readonly size: readonly [width: number, height: number] | null;
  /** Where in the picture the patches lie, as shares of its width and height. Absent in older states: all of it. */
  readonly crop_box?: CropBox;
  /** The probabilities of keeping a player in the first examples; the others were drawn with `p`. */
  readonly example_levels?: readonly number[];
  /** For each caption token, whether it continues the word before it. */
  readonly joined: readonly boolean[];
  /** False for methods whose values do not predict the model's similarity. */
  readonly predicts_similarity: boolean;
  /** False for methods without a probability of keeping a token. */
  readonly depends_on_p: boolean;
  /** Only in a difference: the explanations that it is the difference of. */
  readonly operands?: readonly [minuend: Meta, subtrahend: Meta];
}

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
  /** For each caption token, its index among the players of all views. Absent in older states: its own. */
  readonly aligned?: readonly number[];
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
  /** Data URL of the picture, or empty. */
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
