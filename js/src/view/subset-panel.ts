// The best set of each size: which size and sign, what it is predicted to reach, and how its tokens hang together.

import { plain } from "../color-scale.js";
import type { Explanation } from "../deserialize.js";
import type { Adjust } from "../settings.js";
import type { Sign } from "../subsets.js";
import { make, svg } from "./dom.js";
import type { Act, Frame, Part } from "./frame.js";
import { createSlider } from "./slider.js";
import { createGraph } from "./subset-graph.js";
import { createToggle } from "./toggle.js";

export function createSubsetPanel(explanation: Explanation, adjust: Adjust, act: Act): Part {
  const { players } = explanation;
  const sign = createToggle<Sign>("similarity", ["highest", "lowest"], (chosen) =>
    adjust({ subset: { sign: chosen } }),
  );
  const size = createSlider("size of the set", { least: 1, most: players, step: 1 }, (value) =>
    adjust({ subset: { size: value } }),
  );
  const line = svg("path", { "vector-effect": "non-scaling-stroke" });
  const dot = make("span", "dot");
  const curve = svg("svg", { viewBox: "0 0 1 1", preserveAspectRatio: "none", "aria-hidden": true }, line);
  const reach = make("div", "reach");
  const graph = createGraph(explanation, act);
  const element = make(
    "div",
    "panel",
    {},
    graph.element,
    reach,
    make("div", "curve", {}, curve, dot),
    size.element,
    sign.element,
  );

  return {
    element,
    update(frame: Frame) {
      element.hidden = frame.subset === null;
      if (!frame.subset) return;
      const { all } = frame.subset;
      const { meta } = frame.explanation;
      sign.update(frame.look.subset.sign);
      size.update(frame.subset.size, `${frame.subset.size} of ${players} tokens`);
      const value = all.values[frame.subset.size] as number;
      reach.textContent = `these alone: ${plain(meta.empty + value, 2)} predicted`;

      const sizes = Array.from({ length: players }, (_, at) => at + 1);
      const found = sizes.filter((at) => !Number.isNaN(all.values[at]));
      const heights = found.map((at) => all.values[at] as number);
      const [low, high] = [Math.min(...heights), Math.max(...heights)];
      const x = (at: number) => (at - 1) / Math.max(1, players - 1);
      const y = (height: number) => 1 - (height - low) / (high - low || 1);
      const points = found.map((at) => `${x(at).toFixed(4)} ${y(all.values[at] as number).toFixed(4)}`);
      line.setAttribute("d", `M${points.join("L")}`);
      dot.style.left = `${100 * x(frame.subset.size)}%`;
      dot.style.top = `${100 * y(value)}%`;
      graph.update(frame);
    },
  };
}
