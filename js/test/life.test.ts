// @vitest-environment happy-dom
import { afterEach, describe, expect, it } from "vitest";
import widget, { open } from "../src/index.js";
import type { Model } from "../src/model.js";
import type { Saved } from "../src/open.js";
import { golden, goldenBytes, goldenModel } from "./golden.js";
import { settled, show } from "./show.js";

afterEach(() => document.body.replaceChildren());

describe("the model", () => {
  it("drives the view", async () => {
    const { model, values, root } = show();
    model.set("selected", [18]);
    model.set("mode", "conditional");
    model.set("status", "running");
    await settled();
    expect(values()).toEqual(golden.conditional[1]?.values);
    expect(root.dataset.status).toBe("running");
  });

  it("may bring another explanation", async () => {
    const { model, values, token } = show();
    const meta = {
      ...golden.meta,
      grid: [1, 2],
      tokens: ["patch 0,0", "patch 0,1", "cat"],
      joined: [false],
    } as const;
    const floats = Float32Array.of(1, 2, 3, 0.5, -0.25, 4);
    model.set("meta", meta);
    model.set("values", new DataView(floats.buffer));
    await settled();
    expect(values()).toEqual([1, 2, 3]);
    expect(token(2).textContent).toContain("cat");
  });

  it("keeps the focus where it was when new values come", async () => {
    const { model, token } = show();
    token(17).focus();
    model.set("values", goldenBytes(1));
    await settled();
    expect(document.activeElement).toBe(token(17));
  });

  it("keeps the focus in a shadow tree too", async () => {
    const model = goldenModel();
    const tree = document.body.appendChild(document.createElement("div")).attachShadow({ mode: "open" });
    const el = tree.appendChild(document.createElement("div"));
    widget.render({ model, el });
    const token = () => el.querySelector<HTMLElement>('[data-player="17"]');
    token()?.focus();
    model.set("values", goldenBytes(1));
    await settled();
    expect(tree.activeElement).toBe(token());
  });

  it("forgets what was done to other tokens", async () => {
    const { model, click, press } = show();
    await click(20);
    await press("Escape");
    model.set("meta", { ...golden.meta, tokens: golden.meta.tokens.map((token) => `${token}!`) });
    await settled();
    await press("z", { ctrlKey: true });
    expect(model.get("selected")).toEqual([]);
    await click(3);
    await press("Escape");
    model.set("values", goldenBytes(1));
    await settled();
    await press("z", { ctrlKey: true });
    expect(model.get("selected")).toEqual([3]);
  });

  it("is shared by two views, and two models share nothing", async () => {
    const model = goldenModel();
    const [one, twin, other] = [show(model), show(model), show()];
    await one.click(3);
    expect(twin.values()).toEqual(golden.conditional[0]?.values);
    expect(other.values()).toEqual(golden.first);
    one.controller.abort();
    await twin.click(18);
    expect(twin.values()).toEqual(golden.conditional[1]?.values);
    expect(document.querySelectorAll(".fixlip")).toHaveLength(2);
  });
});

describe("the end of a view", () => {
  function counting(model: Model) {
    let listeners = 0;
    const counted = {
      ...model,
      on(event: string, callback: () => void) {
        listeners += 1;
        model.on(event, callback);
      },
      off(event: string, callback: () => void) {
        listeners -= 1;
        model.off(event, callback);
      },
    };
    return { counted, count: () => listeners };
  }

  it("takes every listener and element along", async () => {
    const { counted, count } = counting(goldenModel());
    const { controller, el } = show(counted);
    expect(count()).toBeGreaterThan(0);
    controller.abort();
    expect(count()).toBe(0);
    expect(el.childElementCount).toBe(0);
    counted.set("selected", [2]);
    await settled();
    expect(el.childElementCount).toBe(0);
  });

  it("also comes by the returned function, for hosts without a signal", () => {
    const { counted, count } = counting(goldenModel());
    const el = document.createElement("div");
    widget.render({ model: counted, el })();
    expect(count()).toBe(0);
    expect(el.childElementCount).toBe(0);
  });
});

describe("errors", () => {
  it("are shown where the picture would be, and forgotten once mended", async () => {
    const { model, root, values } = show(goldenModel({ values: new DataView(new ArrayBuffer(8)) }));
    expect(root.dataset.status).toBe("error");
    expect(root.textContent).toContain("2 values do not fit 21 tokens");
    model.set("values", goldenBytes());
    await settled();
    expect(root.dataset.status).toBe("ready");
    expect(values()).toEqual(golden.first);
  });
});

describe("a page of its own", () => {
  it("opens from JSON", () => {
    const host = document.body.appendChild(document.createElement("main"));
    const state = {
      meta: golden.meta,
      picture: "",
      selected: [3],
      mode: "conditional",
      status: "ready",
      progress: 0,
    };
    open({ ...(state as unknown as Omit<Saved, "values">), values: golden.values }, host);
    const values = Array.from(host.querySelectorAll<HTMLElement>("[data-player]"), (t) =>
      Number(t.dataset.value),
    );
    expect(values).toEqual(golden.conditional[0]?.values);
  });
});
