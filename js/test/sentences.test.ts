// @vitest-environment happy-dom
import { afterEach, describe, expect, it } from "vitest";
import { TERMS, type Term } from "../src/view/sentences.js";
import { golden, goldenModel, metaWith } from "./golden.js";
import { rendered, renderView } from "./harness.js";

afterEach(() => document.body.replaceChildren());

const point = (element: Element) => element.dispatchEvent(new Event("pointerover", { bubbles: true }));
const leave = (element: Element) => element.dispatchEvent(new Event("pointerout", { bubbles: true }));

describe("terms", () => {
  it("explain themselves when pointed at or focused, and are described to screen readers", () => {
    const { el, find } = renderView();
    const tip = find(".fixlip-tip");
    const terms = [
      ...el.querySelectorAll<HTMLElement>(".fixlip-header [data-term], .fixlip-note[data-term]"),
    ];
    expect(terms.map(({ dataset }) => dataset.term)).toEqual(
      expect.arrayContaining(["similarity", "empty", "p", "stripes", "signs", "frame"]),
    );
    for (const term of terms) {
      const text = TERMS[term.dataset.term as Term];
      expect(term.getAttribute("aria-description")).toBe(text);
      for (const [show, hide] of [
        [() => point(term), () => leave(term)],
        [() => term.focus(), () => term.blur()],
      ] as const) {
        show();
        expect(tip.hidden).toBe(false);
        expect(tip.textContent).toContain(text);
        hide();
        expect(tip.hidden).toBe(true);
      }
    }
    expect(terms.map(({ tabIndex }) => tabIndex)).toEqual([0, ...terms.slice(1).map(() => -1)]);
  });

  it("are one stop for Tab, and arrow keys go from one to the next", async () => {
    const { el, press } = renderView();
    const terms = [...el.querySelectorAll<HTMLElement>(".fixlip-header [data-term]")];
    terms[0]?.focus();
    await press("ArrowRight");
    expect(document.activeElement).toBe(terms[1]);
    expect([terms[0]?.tabIndex, terms[1]?.tabIndex]).toEqual([-1, 0]);
    await press("ArrowLeft");
    await press("ArrowLeft");
    expect(document.activeElement).toBe(terms[0]);
  });
});

describe("the sentence of a value", () => {
  const sentenceOf = (find: (selector: string) => HTMLElement, player: number) => {
    point(find(`[data-player="${player}"]`));
    return find(".fixlip-tip").textContent ?? "";
  };
  const { selected, values } = golden.conditional[0] as { selected: number[]; values: number[] };
  const [other] = selected as [number];

  it("says what an attribution is", () => {
    const { find } = renderView();
    const value = golden.firstOrder[2] as number;
    const amount = Math.abs(value).toFixed(2);
    const verb = value > 0 ? "adds" : "takes away";
    expect(sentenceOf(find, 2)).toContain(
      `patch 0,2 ${verb} ${amount} logits on average over what else is kept.`,
    );
  });

  it("says what an interaction is, and what a negative one of two of a kind may mean", async () => {
    const { find, click } = renderView();
    await click(other);
    expect(other).toBeLessThan(15);
    const seen = { more: 0, less: 0, alike: 0 };
    for (const [player, value] of values.entries()) {
      if (player === other || value === 0) continue;
      const text = sentenceOf(find, player);
      const amount = `together add ${Math.abs(value).toFixed(2)} logits ${value > 0 ? "more" : "less"} than the sum of what each adds alone.`;
      expect(text, String(player)).toContain(amount);
      expect(text.includes("They may say the same"), String(player)).toBe(value < 0 && player < 15);
      seen[value > 0 ? "more" : "less"]++;
      if (player < 15) seen.alike++;
    }
    for (const count of Object.values(seen)) expect(count).toBeGreaterThan(1);
  });

  it("is left out for sums of several tokens", async () => {
    const { find, click } = renderView();
    await click(3);
    await click(18, { shiftKey: true });
    expect(sentenceOf(find, 5)).not.toContain("together");
    // Two that are selected interact with each other, so that neither shows its own attribution.
    expect(find('[data-player="18"] .fixlip-number').textContent).not.toContain("(");
  });
});

describe("a selected token", () => {
  it("shows its own attribution in brackets", async () => {
    const { find, click, token } = renderView();
    await click(18);
    const own = golden.firstOrder[18] as number;
    const text = `${own < 0 ? "−" : "+"}${Math.abs(own).toFixed(2)}`;
    expect(token(18).querySelector(".fixlip-number")?.textContent).toBe(`(${text})`);
    expect(token(18).getAttribute("aria-label")).toContain(`alone ${text} logits`);
    expect(token(19).querySelector(".fixlip-number")?.textContent).not.toContain("(");
    point(token(18));
    expect(find(".fixlip-tip").textContent).toContain(`${text} logits`);
    expect(find(".fixlip-tip").textContent).toContain("its own attribution");
  });
});

describe("the picture", () => {
  const picture = "data:image/png;base64,AAAA";
  const styleOf = (find: (selector: string) => HTMLElement) => find(".fixlip-picture").dataset.style;

  it("is grey under colours, as it is or hidden as the menu says, and in colour for a subset", async () => {
    const { find, check } = renderView(goldenModel({ picture, meta: metaWith({}, { size: [5, 3] }) }));
    expect(styleOf(find)).toBe("grey");
    for (const style of ["colour", "none", "grey"]) {
      await check(style);
      expect(styleOf(find)).toBe(style);
    }
    await check("subset");
    expect(styleOf(find)).toBe("colour");
  });

  it("is seen as it is while its button or the key O is held", async () => {
    const { find, root, token } = renderView(goldenModel({ picture }));
    const button = find(".fixlip-legend-controls > button");
    button.setPointerCapture = () => {};
    const isOriginal = () => root.hasAttribute("data-original");
    button.dispatchEvent(new Event("pointerdown"));
    expect(isOriginal()).toBe(true);
    button.dispatchEvent(new Event("pointerup"));
    expect(isOriginal()).toBe(false);
    token(3).focus();
    for (const key of ["o", "O"]) {
      token(3).dispatchEvent(new KeyboardEvent("keydown", { key, bubbles: true }));
      expect(isOriginal()).toBe(true);
      token(3).dispatchEvent(new KeyboardEvent("keyup", { key, bubbles: true }));
      expect(isOriginal()).toBe(false);
    }
    token(3).dispatchEvent(new KeyboardEvent("keydown", { key: "o", ctrlKey: true, bubbles: true }));
    expect(isOriginal()).toBe(false);
    await rendered();
  });

  it("has no button without a picture", () => {
    const { find } = renderView();
    expect(find(".fixlip-legend-controls > button").hidden).toBe(true);
  });
});

describe("numbers under words", () => {
  it("take the same room in every mode, so that no word moves", async () => {
    const { find, check, click } = renderView();
    const room = () => find(".fixlip-caption").style.getPropertyValue("--fixlip-number-length");
    const before = room();
    await click(18);
    expect(room()).toBe(before);
    await check("links");
    expect(room()).toBe(before);
  });
});
