// @vitest-environment happy-dom
import { afterEach, describe, expect, it } from "vitest";
import type { StoryStep } from "../src/model.js";
import { golden, goldenModel } from "./golden.js";
import { rendered, renderView } from "./harness.js";

const STEPS: readonly StoryStep[] = [
  { text: "Click the second word.", selected: [], hidden: [], mode: "attribution", click: 16 },
  { text: "Now it is selected.", selected: [16], hidden: [2], mode: "conditional", click: null },
  { text: "The strongest links.", selected: [], hidden: [], mode: "links", click: null },
];

afterEach(() => document.body.replaceChildren());

describe("a story", () => {
  const render = (story: readonly StoryStep[] = STEPS) => {
    const { meta } = golden;
    const view = renderView(goldenModel({ meta: { ...meta, fields: { ...meta.fields, story } } }));
    const text = () => view.find(".fixlip-story-text").textContent;
    const go = async (button: "next ›" | "‹ back") => {
      const buttons = Array.from(view.el.querySelectorAll<HTMLElement>(".fixlip-story button"));
      buttons.find(({ textContent }) => textContent === button)?.click();
      await rendered();
    };
    const state = () => ["mode", "selected", "hidden"].map((name) => view.model.get(name as "mode"));
    return { ...view, text, go, state };
  };

  it("leads from step to step and back, and shows what each says", async () => {
    const { text, go, state, find } = render();
    expect(text()).toBe("Click the second word.");
    expect(find(".fixlip-story .fixlip-place").textContent).toBe("1 of 3");
    await go("next ›");
    expect([text(), state()]).toEqual(["Now it is selected.", ["conditional", [16], [2]]]);
    await go("next ›");
    expect([text(), state()]).toEqual(["The strongest links.", ["links", [], []]]);
    await go("next ›");
    expect(text()).toBe("The strongest links.");
    await go("‹ back");
    expect([text(), state()]).toEqual(["Now it is selected.", ["conditional", [16], [2]]]);
  });

  it("goes on when the token that it asks for is clicked, and no other", async () => {
    const { text, click, state, token } = render();
    expect(token(16).hasAttribute("data-asked")).toBe(true);
    await click(4);
    expect(text()).toBe("Click the second word.");
    await click(16);
    await rendered();
    expect([text(), state()]).toEqual(["Now it is selected.", ["conditional", [16], [2]]]);
    expect(token(16).hasAttribute("data-asked")).toBe(false);
  });

  it("is not there where none is told", () => {
    const { find } = render([]);
    expect(find(".fixlip-story").hidden).toBe(true);
  });
});
