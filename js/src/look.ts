// How a reader has set the view: nothing here changes a number.
import { KINDS, type LinkFilter } from "./links.js";
import type { Sign } from "./subsets.js";

/** One colour scale for all conditional views, or one for each. */
export type ScaleKind = "fixed" | "own";

/** With two tokens selected: the sum of what either does, or what they do together beyond that. */
export type Effect = "sum" | "joint";

/** A word of several tokens as these, or as one. */
export type Words = "pieces" | "whole";

export interface Look {
  readonly words: Words;
  /** Strength of the colours over the picture, from 0 to 1. */
  readonly overlay: number;
  readonly effect: Effect;
  readonly scale: ScaleKind;
  readonly links: LinkFilter;
  readonly subset: { readonly size: number; readonly sign: Sign };
}

export type Adjust = (change: Partial<Look>) => void;

export const FIRST_LOOK: Look = {
  words: "pieces",
  overlay: 1,
  effect: "sum",
  scale: "fixed",
  links: { by: "number", number: 20, least: 0.3, kinds: new Set(KINDS) },
  subset: { size: 5, sign: "highest" },
};
