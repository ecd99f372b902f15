// What the views of a comparison share: the facts that are the same, the controls, one legend, and bars in a row for each
// token.
import type { ComparedView } from "../comparison.js";
import { MODES, type Mode } from "../modes.js";
import type { Dispatch, SelectionState } from "../selection.js";
import {
  ATTRIBUTION_KINDS,
  type AttributionKind,
  type ChangeSettings,
  type Effect,
  type ViewSettings,
} from "../settings.js";
import { createBars } from "./bars.js";
import { createColourControls } from "./colour-controls.js";
import { createSelectionButtons, createToggle } from "./controls.js";
import { make } from "./dom.js";
import { createFrame, type Frame, hasInteractions, hasJointEffect, isModeAvailable } from "./frame.js";
import { createHeader } from "./header.js";
import { hintFor, titleFor } from "./labels.js";
import { createLegend } from "./legend.js";
import { createLinkPanel } from "./link-panel.js";
import { addOriginal } from "./picture.js";
import { addPointerListeners } from "./pointer.js";
import { createSubsetPanel } from "./subset-panel.js";
import { addTermTips, createTooltip } from "./tooltip.js";

/** `root` holds the views. */
export function createComparisonPanel(
  root: HTMLElement,
  views: readonly ComparedView[],
  dispatch: Dispatch,
  changeSettings: ChangeSettings,
  switches: HTMLElement,
  signal: AbortSignal,
) {
  const { explanation } = views[0] as ComparedView;
  const modes = createToggle<Mode>("view", MODES, (mode) => dispatch({ kind: "setMode", mode }));
  const effects = createToggle<Effect>("of the two", ["sum", "joint"], (effect) =>
    changeSettings({ effect }),
  );
  const kinds = createToggle<AttributionKind>("attributions", ATTRIBUTION_KINDS, (attribution) =>
    changeSettings({ attribution }),
  );
  const title = make("div", "title", { "aria-live": "polite" });
  const hint = make("div", "hint");
  const original = make("button", "button", { type: "button" }, "hold for original");
  addOriginal(root, original, signal);
  const legend = createLegend(changeSettings, [original]);
  const header = createHeader(explanation.meta);
  const bars = createBars(views, dispatch);
  addPointerListeners(bars.element, { dispatch, highlight: () => {}, hover: () => {} }, signal);
  const colours = createColourControls(explanation, changeSettings);
  const components = [
    createLinkPanel(changeSettings),
    createSubsetPanel(explanation, changeSettings, dispatch),
    createSelectionButtons(dispatch),
  ];
  const element = make(
    "div",
    "shared",
    {},
    header,
    modes.element,
    title,
    kinds.element,
    effects.element,
    hint,
  );
  element.append(
    ...components.map((component) => component.element),
    legend.element,
    colours.element,
    switches,
  );
  const tooltip = createTooltip(element, explanation);
  element.append(tooltip.element);
  addTermTips(element, tooltip, signal);

  return {
    element,
    bars: bars.element,
    /** Leaves to each view the facts that are its own. */
    takeCommonFacts(sections: readonly HTMLElement[]): void {
      const headers = sections.map((section) => [...section.querySelectorAll(".fixlip-header > *")]);
      const texts = headers.map((facts) => facts.map((fact) => fact.textContent));
      for (const fact of [...header.children, ...headers.flat()]) {
        const isCommon = texts.every((each) => each.includes(fact.textContent));
        if (isCommon !== (fact.parentElement === header)) fact.remove();
      }
    },
    /** Returns for each view whether it can show what is asked for. */
    update(state: SelectionState, settings: ViewSettings): boolean[] {
      const frames = views.map(({ explanation, alignment, peers }) => {
        const own = { selected: alignment.toOwn(state.selected), hidden: alignment.toOwn(state.hidden) };
        return createFrame(explanation, { ...state, ...own }, settings, null, peers);
      });
      // Words of other captions are known to the frames of these.
      const frame =
        frames.find(({ selected }) => selected.length === state.selected.length) ?? (frames[0] as Frame);
      const unavailable = MODES.filter((mode) =>
        frames.every((each) => !isModeAvailable(each.explanation, mode, each.selected)),
      );
      modes.update(frame.mode, ...unavailable);
      effects.element.hidden =
        frame.mode !== "conditional" || !hasJointEffect(frame.explanation, frame.selected);
      effects.update(settings.effect);
      kinds.element.hidden = frame.mode !== "attribution" || !hasInteractions(frame.explanation);
      kinds.update(settings.attribution);
      title.textContent = titleFor(frame);
      hint.textContent = hintFor(frame);
      // The players that these switch off are the joint ones.
      const joint = { selected: state.selected, hidden: new Set(state.hidden) };
      for (const component of [...components, colours])
        component.update({ ...(frames[0] as Frame), ...joint });
      const joined = (of: (frame: Frame) => Float64Array) =>
        Float64Array.from(frames.flatMap((each) => Array.from(of(each))));
      legend.update({
        ...frame,
        values: joined(({ values }) => values),
        stderr: joined(({ stderr }) => stderr),
      });
      const able = frames.map(
        (each) => each.mode === frame.mode && !each.selected.length === !frame.selected.length,
      );
      bars.update(frames.map((each, position) => (able[position] ? each : null)));
      return able;
    },
  };
}
