// What a view shows of an explanation, one mode at a time.

export const MODES = ["attribution", "conditional", "links", "subset", "masks", "matrix"] as const;
export type Mode = (typeof MODES)[number];

/** Selecting tokens shows their conditional values, except in modes where a selection asks for something else. */
export function followsSelection(mode: Mode): boolean {
  return mode === "attribution" || mode === "conditional" || mode === "masks";
}

/** Whether patches and words have the colours of values; otherwise they show which of them are kept. */
export function showsValues(mode: Mode): boolean {
  return mode !== "subset" && mode !== "masks";
}
