// Export to the clipboard: the picture, the values shown as a table, and the paper to cite.
import type { Frame } from "../view/frame.js";
import { rasterize } from "./files.js";
import { renderSvg } from "./svg.js";

export const COPIES = ["picture", "values", "citation"] as const;
export type Copy = (typeof COPIES)[number];

const CITATION = `@inproceedings{baniecki2025fixlip,
  title = {Explaining Similarity in Vision-Language Encoders with Weighted Banzhaf Interactions},
  author = {Baniecki, Hubert and Muschalik, Maximilian and Fumagalli, Fabian and Hammer, Barbara and
    H{\\"u}llermeier, Eyke and Biecek, Przemyslaw},
  booktitle = {NeurIPS},
  year = {2025},
  eprint = {2508.05430},
  archivePrefix = {arXiv}
}
`;

export async function copy(what: Copy, frame: Frame, body: HTMLElement): Promise<void> {
  const { clipboard } = navigator;
  if (!clipboard)
    throw new Error("this page has no access to the clipboard; open it from a file or over https.");
  if (what === "picture")
    await clipboard.write([new ClipboardItem({ "image/png": rasterize(renderSvg(body)) })]);
  else await clipboard.writeText(what === "values" ? table(frame) : CITATION);
}

/** The values shown, tab-separated: one row for each token, or in links mode for each link. */
export function table({ mode, links, values, stderr, explanation }: Frame): string {
  const { labels, fields } = explanation;
  const number = (value: number) => (Number.isNaN(value) ? "" : String(value));
  const rows =
    mode === "links"
      ? links.map(({ from, to, value }) => [labels[from], labels[to], number(value)])
      : labels.map((label, player) => [
          label,
          number(values[player] as number),
          number(stderr[player] as number),
        ]);
  const header =
    mode === "links" ? ["token", "other token", fields.units] : ["token", fields.units, "standard error"];
  return [header, ...rows].map((row) => `${row.join("\t")}\n`).join("");
}
