// The editor of scenes: things are picked from a palette, dropped, dragged, recoloured and resized.
import type { AnyModel, RenderProps } from "@anywidget/types";
import { listen, make } from "../view/dom.js";
import { createPalette } from "./palette.js";
import { add, change, type Item, remove, SIZES, toFront } from "./scene.js";
import { createStage } from "./stage.js";

interface SceneTraits {
  items: readonly Item[];
  things: readonly (readonly [string, string])[];
  /** Names and CSS colours. */
  colours: readonly (readonly [string, string])[];
  /** The things of the palette, as a WebP. */
  palette: DataView;
  /** PNG data URLs of the things that were used, by colour and thing. */
  pictures: Readonly<Record<string, string>>;
  backdrop: string;
  message: string;
}

/** Between two pictures while a thing is moved. */
const PAUSE_MS = 400;

function render({ model, el, signal }: RenderProps<SceneTraits>): void {
  const palettePictures = URL.createObjectURL(
    new Blob([model.get("palette") as DataView<ArrayBuffer>], { type: "image/webp" }),
  );
  signal.addEventListener("abort", () => URL.revokeObjectURL(palettePictures));
  let items = model.get("items");
  let selected = -1;
  const send = createSender(model, signal);

  function set(newItems: readonly Item[], isMoving: boolean): void {
    items = newItems;
    selected = Math.min(selected, items.length - 1);
    draw();
    send(items, isMoving);
  }
  function select(index: number): void {
    selected = index;
    draw();
  }
  function insert(thing: string, centre?: readonly [number, number]): void {
    selected = items.length;
    set(add(items, thing, centre), false);
  }

  const stage = createStage(
    {
      getItems: () => items,
      getPicture: ([thing, colour]) => model.get("pictures")[`${colour ?? ""} ${thing}`],
      backdrop: model.get("backdrop"),
      onChange: set,
      onSelect: select,
      onDrop: insert,
    },
    signal,
  );
  const palette = createPalette(model.get("things"), palettePictures, (thing) => insert(thing), signal);
  const tools = createTools(
    model.get("colours"),
    {
      recolour: (colour) => set(change(items, selected, { colour }), false),
      resize: (size, isMoving) => set(change(items, selected, { size }), isMoving),
      raise: () => {
        const raised = toFront(items, selected);
        selected = items.length - 1;
        set(raised, false);
      },
      remove: () => set(remove(items, selected), false),
      clear: () => set([], false),
    },
    signal,
  );
  const message = make("p", "scene-message", { role: "status" });

  function draw(): void {
    stage.draw(selected);
    tools.draw(items[selected], items.length);
    message.textContent = model.get("message");
  }
  const follow = () => {
    items = model.get("items");
    draw();
  };
  model.on("change:items", follow);
  model.on("change:pictures", draw);
  model.on("change:message", draw);
  signal.addEventListener("abort", () => {
    model.off("change:items", follow);
    model.off("change:pictures", draw);
    model.off("change:message", draw);
  });
  const root = make("div", "scene-editor", { "data-lm-suppress-shortcuts": true }, stage.element);
  root.append(make("div", "scene-side", {}, palette, tools.element, message));
  el.append(root);
  draw();
}

/** Sends items to the kernel: at once, or while a thing is moved, only every so often. */
function createSender(model: AnyModel<SceneTraits>, signal: AbortSignal) {
  let timer = 0;
  let newest: readonly Item[] = [];
  const flush = () => {
    clearTimeout(timer);
    timer = 0;
    model.set("items", newest);
    model.save_changes();
  };
  signal.addEventListener("abort", () => clearTimeout(timer));
  return (items: readonly Item[], isMoving: boolean) => {
    newest = items;
    if (!isMoving) flush();
    else if (!timer) timer = window.setTimeout(flush, PAUSE_MS);
  };
}

interface ToolActions {
  recolour(colour: string | null): void;
  resize(size: number, isMoving: boolean): void;
  raise(): void;
  remove(): void;
  clear(): void;
}

/** What can be done to the selected thing. */
function createTools(
  colours: readonly (readonly [string, string])[],
  actions: ToolActions,
  signal: AbortSignal,
) {
  const swatches = [[null, ""] as const, ...colours].map(([name, css]) => {
    const label = name ?? "its own colours";
    const swatch = make("button", "scene-colour", { type: "button", title: label, "aria-label": label });
    if (name) swatch.style.background = css;
    else swatch.textContent = "own";
    listen(swatch, "click", () => actions.recolour(name), signal);
    return { name, swatch };
  });
  const size = make("input", "scene-size", {
    type: "range",
    min: SIZES.least,
    max: SIZES.most,
    step: SIZES.step,
    "aria-label": "size",
  });
  listen(size, "input", () => actions.resize(Number(size.value), true), signal);
  listen(size, "change", () => actions.resize(Number(size.value), false), signal);
  const button = (text: string, action: () => void) => {
    const element = make("button", "scene-tool", { type: "button" }, text);
    listen(element, "click", action, signal);
    return element;
  };
  const raise = button("to front", actions.raise);
  const drop = button("remove", actions.remove);
  const clear = button("clear", actions.clear);
  const row = make("div", "scene-colours", { role: "group", "aria-label": "colour" });
  row.append(...swatches.map(({ swatch }) => swatch));
  const element = make(
    "div",
    "scene-tools",
    {},
    row,
    make("div", "scene-tool-row", {}, size, raise, drop, clear),
  );
  return {
    element,
    draw(item: Item | undefined, count: number): void {
      for (const { name, swatch } of swatches) {
        swatch.disabled = !item;
        swatch.ariaPressed = String(item !== undefined && item[1] === name);
      }
      size.disabled = raise.disabled = drop.disabled = !item;
      clear.disabled = count === 0;
      if (item) size.value = String(item[3]);
    },
  };
}

export default { render };
