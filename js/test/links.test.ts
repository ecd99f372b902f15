import { describe, expect, it } from "vitest";
import { deserialize } from "../src/deserialize.js";
import { pairIndex } from "../src/indices.js";
import { filterLinks, LINK_KINDS, type LinkFilter, linkKind, MAX_LINKS } from "../src/links.js";
import { golden, goldenBytes } from "./golden.js";

const explanation = deserialize(golden.meta, goldenBytes());
const { secondOrder, nPlayers, nPatches } = explanation;
const magnitudes = Array.from(secondOrder, Math.abs).sort((a, b) => b - a);
const interaction = (i: number, j: number) => secondOrder[pairIndex(i, j, nPlayers)] as number;

describe("links", () => {
  const strongest: LinkFilter = { by: "number", count: 12, minStrength: 0.5, kinds: new Set(LINK_KINDS) };

  it("are the strongest pairs, with their standard errors", () => {
    const links = filterLinks(explanation, strongest);
    expect(links.map((link) => Math.abs(link.value))).toEqual(magnitudes.slice(0, 12));
    for (const link of links) {
      expect(link.value).toBe(interaction(link.from, link.to));
      // Every interaction of the sample has an eighth of itself as standard error.
      expect(link.stderr).toBeCloseTo(Math.abs(link.value) / 8, 9);
    }
  });

  it.each(LINK_KINDS)("are limited to one kind: %s", (kind) => {
    const links = filterLinks(explanation, { ...strongest, kinds: new Set([kind]) });
    expect(links).toHaveLength(12);
    expect(new Set(links.map((link) => linkKind(link, nPatches)))).toEqual(new Set([kind]));
  });

  it.each([1, 0.9])("are chosen by strength, from %d of the strongest on", (minStrength) => {
    const links = filterLinks(explanation, { ...strongest, by: "strength", minStrength });
    const threshold = minStrength * (magnitudes[0] as number);
    expect(links).toHaveLength(magnitudes.filter((magnitude) => magnitude >= threshold).length);
    expect(links.length).toBeLessThan(MAX_LINKS);
  });

  it("are never more than the maximum", () => {
    for (const by of ["number", "strength"] as const) {
      const links = filterLinks(explanation, { ...strongest, by, count: 1000, minStrength: 0 });
      expect(links).toHaveLength(MAX_LINKS);
    }
  });

  it("are those of the selected token", () => {
    const links = filterLinks(explanation, strongest, new Set([18]));
    expect(links).toHaveLength(12);
    expect(links.every(({ from, to }) => from === 18 || to === 18)).toBe(true);
    const others = Array.from({ length: nPlayers }, (_, player) => player).filter((player) => player !== 18);
    const best = Math.max(...others.map((other) => Math.abs(interaction(other, 18))));
    expect(Math.abs(links[0]?.value ?? 0)).toBe(best);
  });
});
