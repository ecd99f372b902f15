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

/** What is to be another way; all else stays. */
export type Change = Partial<Omit<Look, "links" | "subset">> & {
  readonly links?: Partial<LinkFilter>;
  readonly subset?: Partial<Look["subset"]>;
};

export type Adjust = (change: Change) => void;

const FIRST_LOOK: Look = {
  words: "pieces",
  overlay: 1,
  effect: "sum",
  scale: "fixed",
  links: { by: "number", number: 20, least: 0.3, kinds: new Set(KINDS) },
  subset: { size: 5, sign: "highest" },
};

/** A look, and all views that share it. */
export class SharedLook {
  now = FIRST_LOOK;
  private readonly followers = new Set<() => void>();

  adjust(change: Change): void {
    const links = { ...this.now.links, ...change.links };
    const subset = { ...this.now.subset, ...change.subset };
    this.now = { ...this.now, ...change, links, subset };
    for (const follow of this.followers) follow();
  }

  /** Calls back after every change until `signal` aborts. */
  follow(callback: () => void, signal: AbortSignal): void {
    this.followers.add(callback);
    signal.addEventListener("abort", () => this.followers.delete(callback), { once: true });
  }
}
