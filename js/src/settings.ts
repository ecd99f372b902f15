// Display settings of the page, which the kernel does not know and which change no value.

import type { ExampleOrder } from "./examples.js";
import { LINK_KINDS, type LinkFilter } from "./links.js";
import type { Objective } from "./subsets.js";

/** In conditional mode: one colour scale for all selections, or one for each. */
export type ScaleKind = "fixed" | "own";

/** In attribution mode: one colour scale, or one for patches and one for words. */
export const MODALITY_SCALES = ["one for both", "per modality"] as const;
export type ModalityScale = (typeof MODALITY_SCALES)[number];

/** As attributions: what a token adds on average over what else is kept, or on its own. */
export const ATTRIBUTION_KINDS = ["mean effect", "main effect"] as const;
export type AttributionKind = (typeof ATTRIBUTION_KINDS)[number];

/** With two tokens selected: the sum of their interactions, or their joint (third-order) interaction. */
export type Effect = "sum" | "joint";

/** Words of several tokens shown as separate tokens or as one. */
export type WordDisplay = "pieces" | "whole";

/** The picture under the colours: grey and faded, so that colours are legible on any picture; as it is; or none. */
export const PICTURE_STYLES = ["grey", "colour", "none"] as const;
export type PictureStyle = (typeof PICTURE_STYLES)[number];

export interface ViewSettings {
  readonly picture: PictureStyle;
  /** Whether the picture takes the whole width of the view. */
  readonly enlarged: boolean;
  readonly wordDisplay: WordDisplay;
  /** Opacity of the heatmap, from 0 to 1. */
  readonly overlay: number;
  readonly attribution: AttributionKind;
  readonly effect: Effect;
  readonly scale: ScaleKind;
  readonly modalityScale: ModalityScale;
  readonly links: LinkFilter;
  readonly subset: { readonly size: number; readonly objective: Objective };
  readonly masks: { readonly order: ExampleOrder; readonly position: number };
}

/** The settings to change; the others keep their values. */
export type SettingsChange = Partial<Omit<ViewSettings, "links" | "subset" | "masks">> & {
  readonly links?: Partial<LinkFilter>;
  readonly subset?: Partial<ViewSettings["subset"]>;
  readonly masks?: Partial<ViewSettings["masks"]>;
};

export type ChangeSettings = (change: SettingsChange) => void;

const DEFAULTS: ViewSettings = {
  picture: "grey",
  enlarged: false,
  wordDisplay: "pieces",
  overlay: 1,
  attribution: "mean effect",
  effect: "sum",
  scale: "fixed",
  modalityScale: "one for both",
  links: { by: "number", count: 20, minStrength: 0.3, kinds: new Set(LINK_KINDS) },
  subset: { size: 5, objective: "highest" },
  masks: { order: "one for each p", position: 0 },
};

/** Settings that several views share and are notified of. */
export class SharedSettings {
  current = DEFAULTS;
  private readonly subscribers = new Set<() => void>();

  change(change: SettingsChange): void {
    const links = { ...this.current.links, ...change.links };
    const subset = { ...this.current.subset, ...change.subset };
    const masks = { ...this.current.masks, ...change.masks };
    this.current = { ...this.current, ...change, links, subset, masks };
    for (const notify of this.subscribers) notify();
  }

  /** Calls `callback` after every change until `signal` aborts. */
  subscribe(callback: () => void, signal: AbortSignal): void {
    this.subscribers.add(callback);
    signal.addEventListener("abort", () => this.subscribers.delete(callback), { once: true });
  }
}
