// The picture in which things are dragged, and moved, resized and removed by keys.
import { listen, make } from "../view/dom.js";
import { change, describe, type Item, remove, SIZES } from "./scene.js";

export interface StageOptions {
  readonly getItems: () => readonly Item[];
  /** The picture of a thing in its colour, or undefined until it arrives. */
  readonly getPicture: (item: Item) => string | undefined;
  readonly backdrop: string;
  /** Called with new items, and whether more of the same movement follow at once. */
  readonly onChange: (items: readonly Item[], isMoving: boolean) => void;
  readonly onSelect: (index: number) => void;
  /** A thing of the palette was dropped. */
  readonly onDrop: (thing: string, centre: readonly [number, number]) => void;
}

export interface Stage {
  readonly element: HTMLElement;
  /** Draws the items, of which one is selected (−1: none). */
  draw(selected: number): void;
}

const ARROWS: Readonly<Record<string, readonly [number, number]>> = {
  ArrowLeft: [-0.02, 0],
  ArrowRight: [0.02, 0],
  ArrowUp: [0, -0.02],
  ArrowDown: [0, 0.02],
};
const GROWTH: Readonly<Record<string, number>> = { "+": SIZES.step, "=": SIZES.step, "-": -SIZES.step };
export const THING_TYPE = "application/x-fixlip-thing";

export function createStage(options: StageOptions, signal: AbortSignal): Stage {
  const element = make("div", "scene-stage", { role: "group", "aria-label": "scene" });
  element.style.background = options.backdrop;
  const buttons: HTMLButtonElement[] = [];

  function shareOf({ clientX, clientY }: MouseEvent): readonly [number, number] {
    const { left, top, width, height } = element.getBoundingClientRect();
    return [(clientX - left) / width, (clientY - top) / height];
  }

  function createButton(index: number): HTMLButtonElement {
    const button = make(
      "button",
      "scene-thing",
      { type: "button" },
      make("img", "scene-thing-picture", { alt: "" }),
    );
    listen(button, "focus", () => options.onSelect(index), signal);
    listen(button, "keydown", (event) => pressKey(event, index), signal);
    listen(button, "pointerdown", (event) => drag(event, button, index), signal);
    return button;
  }

  function pressKey(event: KeyboardEvent, index: number): void {
    const items = options.getItems();
    const [, , [x, y], size] = items[index] as Item;
    const [dx, dy] = ARROWS[event.key] ?? [0, 0];
    const growth = GROWTH[event.key] ?? 0;
    if (event.key === "Delete" || event.key === "Backspace") options.onChange(remove(items, index), false);
    else if (dx || dy || growth)
      options.onChange(change(items, index, { centre: [x + dx, y + dy], size: size + growth }), event.repeat);
    else return;
    event.preventDefault();
    event.stopPropagation();
  }

  function drag(start: PointerEvent, button: HTMLButtonElement, index: number): void {
    if (start.button !== 0) return;
    // Not every browser focuses a button that is clicked.
    options.onSelect(index);
    const [, , [x, y]] = options.getItems()[index] as Item;
    const [fromX, fromY] = shareOf(start);
    let hasMoved = false;
    const move = (event: PointerEvent, isMoving: boolean) => {
      const [toX, toY] = shareOf(event);
      hasMoved ||= Math.hypot(toX - fromX, toY - fromY) > 0.01;
      if (hasMoved)
        options.onChange(
          change(options.getItems(), index, { centre: [x + toX - fromX, y + toY - fromY] }),
          isMoving,
        );
    };
    const end = new AbortController();
    button.setPointerCapture(start.pointerId);
    listen(button, "pointermove", (event) => move(event, true), end.signal);
    for (const type of ["pointerup", "pointercancel"] as const)
      listen(
        button,
        type,
        (event) => {
          end.abort();
          move(event, false);
        },
        end.signal,
      );
  }

  listen(element, "dragover", (event) => event.preventDefault(), signal);
  listen(
    element,
    "drop",
    (event) => {
      event.preventDefault();
      const thing = event.dataTransfer?.getData(THING_TYPE);
      if (thing) options.onDrop(thing, shareOf(event));
    },
    signal,
  );

  return {
    element,
    draw(selected) {
      const items = options.getItems();
      while (buttons.length > items.length) buttons.pop()?.remove();
      items.forEach((item, index) => {
        let button = buttons[index];
        if (!button) {
          button = createButton(index);
          buttons.push(button);
          element.append(button);
        }
        const [, , [x, y], size] = item;
        Object.assign(button.style, { left: `${100 * x}%`, top: `${100 * y}%`, width: `${100 * size}%` });
        button.ariaLabel = describe(item);
        button.ariaPressed = String(index === selected);
        const source = options.getPicture(item);
        const picture = button.firstChild as HTMLImageElement;
        if (source && picture.src !== source) picture.src = source;
      });
    },
  };
}
