// @vitest-environment happy-dom
import { afterEach, describe, expect, it } from "vitest";
import { deserialize } from "../src/deserialize.js";
import { attribution, wordValue } from "../src/interactions.js";
import { golden, goldenBytes, goldenModel } from "./golden.js";
import { renderView } from "./harness.js";

afterEach(() => document.body.replaceChildren());

describe("values within their standard error", () => {
  // The sample's attribution of token i has the standard error i / 8.
  const isUncertain = golden.firstOrder.map((value, player) => Math.abs(value) < player / 8);

  it("are marked in labels, legend and tooltip", () => {
    const { token, find } = renderView();
    expect(isUncertain.filter(Boolean).length).toBeGreaterThan(2);
    for (const [player, expected] of isUncertain.entries()) {
      const label = token(player).getAttribute("aria-label") ?? "";
      expect(label.includes("within its error"), String(player)).toBe(expected);
      // Patches are striped in the heatmap instead.
      if (player >= 15) expect(token(player).hasAttribute("data-uncertain"), String(player)).toBe(expected);
    }
    expect(find('[data-term="stripes"]').hidden).toBe(false);
    token(isUncertain.indexOf(true)).dispatchEvent(new Event("pointerover", { bubbles: true }));
    expect(find(".fixlip-tip-note").hidden).toBe(false);
    token(isUncertain.indexOf(false)).dispatchEvent(new Event("pointerover", { bubbles: true }));
    expect(find(".fixlip-tip-note").hidden).toBe(true);
  });

  it("are not marked if there are none", async () => {
    const { click, root, find } = renderView();
    // Every interaction has an eighth of itself as standard error.
    await click(3);
    expect(root.querySelector('[aria-label*="within its error"]')).toBeNull();
    expect(root.querySelector(".fixlip-stripes path:not([d=''])")).toBeNull();
    expect(find('[data-term="stripes"]').hidden).toBe(true);
  });
});

describe("words of several tokens", () => {
  it("can be shown, clicked and hidden as one", async () => {
    const { model, find, check, token, click, press } = renderView();
    const explanation = deserialize(golden.meta, goldenBytes());
    const expected = wordValue(explanation, attribution(explanation), [19, 20], "mean");
    expect(find(".fixlip-total").hidden).toBe(true);
    await check("whole");
    expect(find(".fixlip-total").hidden).toBe(false);
    expect(find(".fixlip-total").textContent).toBe(expected.toFixed(2).replace("-", "−"));
    expect([19, 20].map((piece) => Number(token(piece).dataset.value))).toEqual([expected, expected]);
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
    await check("pieces");
    await click(20);
    expect(model.get("selected")).toEqual([20]);
  });
});

describe("the magnifier", () => {
  it("shows a small patch with its neighbours, and is hidden for a word", () => {
    const { token, find } = renderView(goldenModel({ picture: "data:image/png;base64,AAAA" }));
    const hover = (player: number) =>
      token(player).dispatchEvent(new Event("pointerover", { bubbles: true }));
    const magnifier = find(".fixlip-magnifier");
    hover(6);
    expect(magnifier.hidden).toBe(false);
    // The patch in row 1, column 1 is the middle of the first 3 × 3; the next one is one patch of 44 pixels further.
    expect(magnifier.style.backgroundPosition).toBe("0px 0px");
    hover(7);
    expect(magnifier.style.backgroundPosition).toBe("-44px 0px");
    hover(17);
    expect(magnifier.hidden).toBe(true);
  });
});

describe("the menu", () => {
  it("sets the strength of the colours, and closes at Escape", async () => {
    const { find, root, model, click, press, setSlider } = renderView();
    await click(3);
    const menu = find("details") as HTMLDetailsElement;
    menu.open = true;
    await setSlider("strength of the colours", "40");
    expect(root.style.getPropertyValue("--fixlip-overlay")).toBe("0.4");
    find('[aria-label="strength of the colours"]').focus();
    await press("Escape");
    expect(menu.open).toBe(false);
    expect(model.get("selected")).toEqual([3]);
  });
});
