// The explanation as JSON: what `Explanation.to_json` writes, and the state of the view. `Explanation.from_json` reads it.
import type { Explanation } from "../deserialize.js";
import { type PlayerCounts, pairCount, pairIndex } from "../indices.js";
import { ARRAYS, type ArrayName } from "../model.js";
import type { SelectionState } from "../selection.js";

/** NaN is still to become null, as JSON.stringify writes it. */
export function toJson(explanation: Explanation, { selected, hidden, mode }: SelectionState): object {
  const { fields, arrays } = explanation;
  const nested = (Object.keys(ARRAYS) as ArrayName[]).map((name) => {
    const values = arrays[name];
    return [name, values ? nestRows(values, ARRAYS[name], explanation) : null];
  });
  return { ...fields, ...Object.fromEntries(nested), view: { selected, hidden, mode } };
}

/** The values as nested lists, symmetric matrices in full. */
function nestRows(
  values: Float32Array,
  of: (typeof ARRAYS)[ArrayName],
  { nPatches, nPlayers }: PlayerCounts,
): number[] | number[][] {
  const range = (length: number) => Array.from({ length }, (_, index) => index);
  switch (of) {
    case "players":
      return Array.from(values);
    case "pairs":
      return range(nPlayers).map((i) =>
        range(nPlayers).map((j) => (i === j ? 0 : (values[pairIndex(i, j, nPlayers)] as number))),
      );
    default: {
      const nRows = of === "patches × word pairs" ? nPatches : pairCount(nPatches);
      const width = values.length / nRows;
      return range(nRows).map((row) => Array.from(values.subarray(row * width, (row + 1) * width)));
    }
  }
}
