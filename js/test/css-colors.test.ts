import { describe, expect, it } from "vitest";
import { fillAttributes, findColors, parsePaint } from "../src/export/css-colors.js";

describe("CSS colours", () => {
  it.each([
    ["rgb(255, 0, 128)", { color: "rgb(255,0,128)", opacity: 1 }],
    ["rgba(10, 20, 30, 0.25)", { color: "rgb(10,20,30)", opacity: 0.25 }],
    ["color(srgb 1 0.5 1e-7 / 0.4)", { color: "rgb(255,128,0)", opacity: 0.4 }],
    ["color(srgb 1.2 -0.1 0)", { color: "rgb(255,0,0)", opacity: 1 }],
    ["rgba(0, 0, 0, 0)", null],
    ["none", null],
  ])("are split into an opaque colour and an opacity: %s", (css, expected) => {
    expect(parsePaint(css)).toEqual(expected);
  });

  it("are found in gradients and shadows, with what follows each", () => {
    const css = "rgb(1, 2, 3) 0px 0px 0px 2px inset, color(srgb 0 0 1) 0px 0px 4px 0px";
    expect(findColors(css)).toEqual([
      { color: "rgb(1, 2, 3)", rest: " 0px 0px 0px 2px inset" },
      { color: "color(srgb 0 0 1)", rest: " 0px 0px 4px 0px" },
    ]);
  });

  it("become the fill of a shape", () => {
    expect(fillAttributes({ color: "red", opacity: 0.5 })).toEqual({ fill: "red", "fill-opacity": 0.5 });
    expect(fillAttributes(null)).toEqual({ fill: "none" });
  });
});
