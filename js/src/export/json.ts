// The explanation in the JSON format of `docs/json.md`, with the state of the view.
import type { Explanation } from "../deserialize.js";
import { type PlayerCounts, pairCount, pairIndex } from "../indices.js";
import { ARRAYS, type ArrayName } from "../model.js";
import type { SelectionState } from "../selection.js";

/** What `Explanation.to_json` writes and `from_json` reads, once JSON.stringify has made null of NaN. */
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
