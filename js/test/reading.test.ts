// @vitest-environment happy-dom
import { afterEach, describe, expect, it } from "vitest";
import { decode, type Explanation } from "../src/deserialize.js";
import { attribution, conditional, whole } from "../src/interactions.js";
import { predict } from "../src/surrogate.js";
import { golden, goldenBytes, goldenModel } from "./golden.js";
import { settled, show } from "./show.js";

afterEach(() => document.body.replaceChildren());

describe("uncertain values", () => {
  // Every error is an eighth of its value, but for the attributions: there token i has i / 8.
  const uncertain = golden.first.map((value, player) => Math.abs(value) < player / 8);

  it("sound uncertain", () => {
    const { token, find } = show();
    expect(uncertain.filter(Boolean).length).toBeGreaterThan(2);
    for (const [player, expected] of uncertain.entries()) {
      const said = token(player).getAttribute("aria-label") ?? "";
      expect(said.includes("within its error"), String(player)).toBe(expected);
      // A patch's stripes are part of the picture's drawing.
      if (player >= 15) expect(token(player).hasAttribute("data-uncertain"), String(player)).toBe(expected);
    }
    expect(find(".fixlip-note").hidden).toBe(false);
    token(uncertain.indexOf(true)).dispatchEvent(new Event("pointerover", { bubbles: true }));
    expect(find(".fixlip-tip-note").hidden).toBe(false);
  });

  it("are none where errors are small or unknown", async () => {
    const { click, root, find } = show();
    await click(3);
    expect(root.querySelector('[aria-label*="within its error"]')).toBeNull();
    expect(root.querySelector(".fixlip-stripes path:not([d=''])")).toBeNull();
    expect(find(".fixlip-note").hidden).toBe(true);
  });
});

describe("too few masks", () => {
  it("are said to be too few", () => {
    const words = "patch pairs under-sampled";
    expect(show().root.textContent).not.toContain(words);
    const meta = { ...golden.meta, shrinkage: 0.75 };
    expect(show(goldenModel({ meta })).root.textContent).toContain(words);
  });
});

describe("words of several tokens", () => {
  // Four players: two patches, two pieces of one word.
  const meta = {
    ...golden.meta,
    grid: [1, 2],
    tokens: ["a", "b", "hydr", "ant"],
    joined: [false, true],
  } as const;
  const small: Explanation = decode(
    meta,
    new DataView(Float32Array.of(1, -2, 0.5, 3, 0.25, -1, 2, 0.75, 1.5, -3).buffer),
  );

  /** The mean over the patches, kept or not, of what keeping the word as a whole adds. */
  function brute(p: number): number {
    let mean = 0;
    for (const kept of [[], [0], [1], [0, 1]]) {
      const weight = p ** kept.length * (1 - p) ** (2 - kept.length);
      const hidden = [0, 1].filter((patch) => !kept.includes(patch));
      mean += weight * (predict(small, new Set(hidden)) - predict(small, new Set([...hidden, 2, 3])));
    }
    return mean;
  }

  it("have the value that hiding all their pieces at once gives", () => {
    expect(whole(small, attribution(small), [2, 3], true)).toBeCloseTo(brute(0.25), 5);
  });

  it("have the sum of their pieces' interactions", () => {
    const { values } = conditional(small, [0]);
    expect(whole(small, conditional(small, [0]), [2, 3], false)).toBe(
      (values[2] as number) + (values[3] as number),
    );
  });

  it("can be shown, clicked and switched off as one", async () => {
    const { model, find, token, click, press } = show();
    const expected = () => {
      const explanation = decode(golden.meta, goldenBytes());
      return whole(explanation, attribution(explanation), [19, 20], true);
    };
    expect(find(".fixlip-total").hidden).toBe(true);
    find("input[value=whole]").click();
    await settled();
    expect(find(".fixlip-total").textContent).toBe(expected().toFixed(2).replace("-", "−"));
    expect([19, 20].map((piece) => Number(token(piece).dataset.value))).toEqual([expected(), expected()]);
    expect(token(19).getAttribute("aria-label")).toContain("hydrant");
    token(20).dispatchEvent(new Event("pointerover", { bubbles: true }));
    expect(find(".fixlip-tip-name").textContent).toBe("hydrant");

    await click(20);
    expect(model.get("selected")).toEqual([19, 20]);
    token(20).focus();
    await press("Delete");
    expect(model.get("hidden")).toEqual([19, 20]);
    await press("Escape");
    await press("Enter");
    expect(model.get("selected")).toEqual([19, 20]);
    find("input[value=pieces]").click();
    await click(20);
    expect(model.get("selected")).toEqual([20]);
  });
});

describe("the magnifier", () => {
  it("shows the surroundings of a small patch, and nothing for a word", () => {
    const { token, find } = show(goldenModel({ picture: "data:image/png;base64,AAAA" }));
    token(6).dispatchEvent(new Event("pointerover", { bubbles: true }));
    const lens = find(".fixlip-lens");
    expect(lens.hidden).toBe(false);
    // The patch in row 1, column 1 stands in the middle of 3 × 3.
    expect(lens.style.backgroundPosition).toBe("0px 0px");
    token(17).dispatchEvent(new Event("pointerover", { bubbles: true }));
    expect(lens.hidden).toBe(true);
  });
});

describe("the menu", () => {
  it("sets how strong the colours are, and closes at Esc", async () => {
    const { find, root, model, click } = show();
    await click(3);
    const menu = find("details") as HTMLDetailsElement;
    menu.open = true;
    const slider = find('[aria-label="strength of the colours"]') as HTMLInputElement;
    slider.value = "40";
    slider.dispatchEvent(new Event("input", { bubbles: true }));
    expect(root.style.getPropertyValue("--fixlip-overlay")).toBe("0.4");
    slider.dispatchEvent(new KeyboardEvent("keydown", { key: "Escape", bubbles: true }));
    await settled();
    expect(menu.open).toBe(false);
    expect(model.get("selected")).toEqual([3]);
  });
});
