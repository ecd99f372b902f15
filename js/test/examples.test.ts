// @vitest-environment happy-dom
import { afterEach, describe, expect, it } from "vitest";
import { deserialize } from "../src/deserialize.js";
import { errorOf, examplesBy, examplesOf, rSquared } from "../src/examples.js";
import { golden, goldenBytes, goldenModel } from "./golden.js";
import { rendered, renderView } from "./harness.js";

const explanation = deserialize(golden.meta, goldenBytes());
const { example_masks: masks, example_similarity: similarity } = golden.json as {
  example_masks: string[];
  example_similarity: number[];
};

afterEach(() => document.body.replaceChildren());

describe("masked inputs", () => {
  it("are predicted as in Python and hide what their masks say", () => {
    const examples = examplesOf(explanation);
    expect(examples).toHaveLength(14);
    for (const [index, { hidden, predicted, measured, level }] of examples.entries()) {
      expect(predicted).toBeCloseTo(golden.examples[index] as number, 6);
      expect(measured).toBe(similarity[index]);
      expect([...(masks[index] as string)].map((kept) => kept === "1")).toEqual(
        explanation.names.map((_, player) => !hidden.has(player)),
      );
      expect(level).toBe([0.1, 0.3, 0.5, 0.7, 0.9][index] ?? null);
    }
  });

  it("are one for each p, those of the explanation's own p, or these by their error", () => {
    const lists = examplesBy(explanation);
    expect(lists["one for each p"]).toEqual(examplesOf(explanation).slice(0, 5));
    expect(lists["at random"]).toEqual(examplesOf(explanation).slice(5));
    const errors = lists["largest error"].map((example) => Math.abs(errorOf(example)));
    expect(errors).toEqual(errors.toSorted((a, b) => b - a));
    expect(new Set(lists["largest error"])).toEqual(new Set(lists["at random"]));
  });

  it("are shown in every order, however few they are", () => {
    const { meta } = golden;
    const fields = {
      ...meta.fields,
      example_masks: masks.slice(0, 2),
      example_similarity: similarity.slice(0, 2),
    };
    const few = examplesBy(deserialize({ ...meta, fields }, goldenBytes()));
    for (const list of Object.values(few)) expect(list).toHaveLength(2);
  });

  it("have the R² of textbooks", () => {
    const points = [
      { measured: 1, predicted: 1.5 },
      { measured: 3, predicted: 2 },
      { measured: 8, predicted: 7 },
    ].map((point) => ({ ...point, hidden: new Set<number>(), level: null }));
    expect(rSquared(points)).toBeCloseTo(1 - (0.25 + 1 + 1) / (9 + 1 + 16), 12);
    expect(rSquared(points.slice(0, 1))).toBeNaN();
  });
});

describe("masks mode", () => {
  const render = () => {
    const view = renderView(goldenModel({ mode: "masks" }));
    const cards = () => Array.from(view.el.querySelectorAll<HTMLElement>(".fixlip-card:not([hidden])"));
    const blank = () =>
      Array.from(view.el.querySelectorAll<HTMLElement>("[data-player][data-off]"), playerOf);
    const press = async (text: string) => {
      [...view.el.querySelectorAll("button")].find((each) => each.textContent === text)?.click();
      await rendered();
    };
    return { ...view, cards, blank, press };
  };
  const playerOf = ({ dataset }: HTMLElement) => Number(dataset.player);
  const hiddenOf = (index: number) =>
    [...(masks[index] as string)].flatMap((kept, player) => (kept === "0" ? [player] : []));

  it("blanks what the mask hides, in the picture, the caption and the card", async () => {
    const { cards, blank, find, check, press } = render();
    expect(cards()).toHaveLength(5);
    expect(blank()).toEqual(hiddenOf(0));
    cards()[3]?.click();
    await rendered();
    expect(blank()).toEqual(hiddenOf(3));
    expect(cards()[3]?.getAttribute("aria-pressed")).toBe("true");
    expect(cards()[3]?.textContent).toContain("p 0.7");
    const path = cards()[3]?.querySelector("path")?.getAttribute("d") ?? "";
    expect(path.match(/M/g)).toHaveLength(hiddenOf(3).filter((player) => player < 15).length);
    await check("at random");
    expect(blank()).toEqual(hiddenOf(5));
    expect(find(".fixlip-steps .fixlip-place").textContent).toBe("1 of 9");
    await press("‹ previous");
    expect(find(".fixlip-steps .fixlip-place").textContent).toBe("9 of 9");
    expect(cards()).toHaveLength(3);
    expect(blank()).toEqual(hiddenOf(13));
  });

  it("shows both similarities and their difference", async () => {
    const { find, check } = render();
    await check("largest error");
    const [worst] = examplesBy(explanation)["largest error"];
    const shown = find(".fixlip-masked-answer").textContent?.replaceAll("−", "-") ?? "";
    const numbers = shown.match(/-?\d+\.\d+/g)?.map(Number) as number[];
    expect(numbers[0]).toBeCloseTo(worst?.predicted ?? 0, 2);
    expect(numbers[1]).toBeCloseTo(worst?.measured ?? 0, 2);
    expect(Math.abs(numbers[2] ?? 0)).toBeCloseTo(Math.abs(errorOf(worst as never)), 2);
  });

  it("keeps what is switched off apart", async () => {
    const { model, blank, check, find } = render();
    model.set("hidden", [4]);
    await check("at random");
    expect(blank()).toEqual(hiddenOf(5));
    expect(find(".fixlip-what-if").hidden).toBe(true);
    await check("attribution");
    expect(blank()).toEqual([4]);
  });

  it("is not there without examples", () => {
    const fields = { ...golden.meta.fields, example_masks: null, example_similarity: null };
    const { find } = renderView(goldenModel({ meta: { ...golden.meta, fields } }));
    expect((find('input[value="masks"]') as HTMLInputElement).disabled).toBe(true);
  });
});
