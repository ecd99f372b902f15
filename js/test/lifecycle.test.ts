// @vitest-environment happy-dom
import { afterEach, describe, expect, it, vi } from "vitest";
import widget, { open } from "../src/index.js";
import type { Model } from "../src/model.js";
import type { SavedState } from "../src/standalone.js";
import { golden, goldenBytes, goldenModel, metaWith } from "./golden.js";
import { rendered, renderView, valuesIn } from "./harness.js";

afterEach(() => document.body.replaceChildren());

describe("changes of the model", () => {
  it("update the view", async () => {
    const { model, values, root } = renderView();
    model.set("selected", [18]);
    model.set("mode", "conditional");
    model.set("status", "running");
    model.set("progress", 0.5);
    await rendered();
    expect(values()).toEqual(golden.conditional[1]?.values);
    expect(root.dataset.status).toBe("running");
    expect(root.style.getPropertyValue("--fixlip-progress")).toBe("0.5");
  });

  it("may replace the explanation", async () => {
    const { model, values, token } = renderView();
    const meta = metaWith(
      { grid: [1, 2], tokens: ["patch 0,0", "patch 0,1", "cat"], p: 0.5 },
      { joined: [false], arrays: ["first", "second"] },
    );
    const floats = Float32Array.of(1, 2, 3, 0.5, -0.25, 4);
    model.set("meta", meta);
    model.set("values", new DataView(floats.buffer));
    await rendered();
    expect(values()).toEqual([1.125, 4.25, 4.875]);
    expect(token(2).textContent).toContain("cat");
  });

  it("keep the focus on its token when new values arrive", async () => {
    const { model, token } = renderView();
    const before = token(17);
    before.focus();
    model.set("values", goldenBytes(1));
    await rendered();
    expect(token(17)).not.toBe(before);
    expect(document.activeElement).toBe(token(17));
  });

  it("keep the focus in a shadow tree", async () => {
    const model = goldenModel();
    const tree = document.body.appendChild(document.createElement("div")).attachShadow({ mode: "open" });
    const el = tree.appendChild(document.createElement("div"));
    widget.render({ model, el });
    const token = () => el.querySelector('[data-player="17"]') as HTMLElement;
    token().focus();
    model.set("values", goldenBytes(1));
    await rendered();
    expect(tree.activeElement).toBe(token());
  });

  it("clear the undo history if the tokens are others", async () => {
    const { model, click, press } = renderView();
    await click(20);
    await press("Escape");
    model.set("meta", metaWith({ tokens: golden.meta.fields.tokens.map((token) => `${token}!`) }));
    await rendered();
    await press("z", { ctrlKey: true });
    expect(model.get("selected")).toEqual([]);
    await click(3);
    await press("Escape");
    model.set("values", goldenBytes(1));
    await rendered();
    await press("z", { ctrlKey: true });
    expect(model.get("selected")).toEqual([3]);
  });

  it("reach all views of the model and no view of another", async () => {
    const model = goldenModel();
    const [first, second, other] = [renderView(model), renderView(model), renderView()];
    await first.click(3);
    expect(second.values()).toEqual(golden.conditional[0]?.values);
    expect(other.values()).toEqual(golden.firstOrder);
    first.controller.abort();
    await second.click(18);
    expect(second.values()).toEqual(golden.conditional[1]?.values);
    expect(document.querySelectorAll(".fixlip")).toHaveLength(2);
  });
});

describe("unmounting", () => {
  function countListeners(model: Model) {
    let count = 0;
    const counted: Model = {
      ...model,
      on(event, callback) {
        count += 1;
        model.on(event, callback);
      },
      off(event, callback) {
        count -= 1;
        model.off(event, callback);
      },
    };
    return { counted, count: () => count };
  }

  it("removes every listener and element", async () => {
    const { counted, count } = countListeners(goldenModel());
    const { controller, el } = renderView(counted);
    expect(count()).toBeGreaterThan(0);
    expect(el.childElementCount).toBe(1);
    controller.abort();
    expect(count()).toBe(0);
    expect(el.childElementCount).toBe(0);
    counted.set("selected", [2]);
    await rendered();
    expect(el.childElementCount).toBe(0);
  });

  it("also happens by calling the function that `render` returns", () => {
    const { counted, count } = countListeners(goldenModel());
    const el = document.createElement("div");
    const unmount = widget.render({ model: counted, el });
    expect(count()).toBeGreaterThan(0);
    unmount();
    expect(count()).toBe(0);
    expect(el.childElementCount).toBe(0);
  });
});

describe("an error", () => {
  it("is shown in place of the view until the next change", async () => {
    const { model, root, values } = renderView(goldenModel({ values: new DataView(new ArrayBuffer(8)) }));
    expect(root.dataset.status).toBe("error");
    expect(root.querySelector("[role=alert]")?.textContent).toContain("2 values do not fit 21 tokens");
    model.set("values", goldenBytes());
    await rendered();
    expect(root.dataset.status).toBe("ready");
    expect(root.querySelector("[role=alert].fixlip-error")).toBeNull();
    expect(values()).toEqual(golden.firstOrder);
  });
});

describe("an exported page", () => {
  const saved = {
    meta: golden.meta,
    values: golden.values,
    picture: "",
    selected: [3],
    mode: "conditional",
    status: "ready",
    progress: 0,
  } as unknown as SavedState;

  it("shows the saved state", () => {
    const host = document.body.appendChild(document.createElement("main"));
    open(saved, host);
    expect(valuesIn(host)).toEqual(golden.conditional[0]?.values);
  });

  it("shows a saved comparison", () => {
    const host = document.body.appendChild(document.createElement("main"));
    const item = { title: "one", meta: golden.meta, values: golden.values, picture: "" };
    open({ ...saved, views: [item, item] }, host);
    const values = Array.from(host.querySelectorAll(".fixlip"), valuesIn);
    expect(values).toEqual([golden.conditional[0]?.values, golden.conditional[0]?.values]);
  });

  it.each([true, false])("decodes values where Uint8Array.fromBase64 exists: %s", (exists) => {
    const host = document.body.appendChild(document.createElement("main"));
    const native = vi.fn((text: string) => Uint8Array.from(Buffer.from(text, "base64")));
    vi.stubGlobal("Uint8Array", class extends Uint8Array {});
    Object.assign(Uint8Array, { fromBase64: exists ? native : undefined });
    open(saved, host);
    vi.unstubAllGlobals();
    expect(native).toHaveBeenCalledTimes(Number(exists));
    expect(valuesIn(host)).toEqual(golden.conditional[0]?.values);
  });
});
