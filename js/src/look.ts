// How a reader has set the view: nothing here changes a number.
import { KINDS, type LinkFilter } from "./links.js";
import type { Sign } from "./subsets.js";

/** One colour scale for all conditional views, or one for each. */
export type ScaleKind = "fixed" | "own";

export interface Look {
  readonly scale: ScaleKind;
  readonly links: LinkFilter;
  readonly subset: { readonly size: number; readonly sign: Sign };
}

export type Adjust = (change: Partial<Look>) => void;

export const FIRST_LOOK: Look = {
  scale: "fixed",
  links: { by: "number", number: 20, least: 0.3, kinds: new Set(KINDS) },
  subset: { size: 5, sign: "highest" },
};
