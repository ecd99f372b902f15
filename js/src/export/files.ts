// The files a reader can take along.
import { type Explanation, pairCount } from "../deserialize.js";
import type { Model, Traits } from "../model.js";
import { svgOf } from "./svg.js";

export const FORMATS = ["PNG", "SVG", "HTML", "JSON"] as const;
export type Format = (typeof FORMATS)[number];

/** Pixels of a still for each of the page. */
const DENSITY = 2;

export interface Source {
  readonly model: Model;
  readonly explanation: Explanation;
  readonly body: HTMLElement;
}

export async function save(format: Format, source: Source): Promise<void> {
  const file = await MAKERS[format](source);
  const url = URL.createObjectURL(file);
  const link = document.createElement("a");
  link.href = url;
  link.download = `explanation.${format.toLowerCase()}`;
  link.click();
  URL.revokeObjectURL(url);
}

const MAKERS: Record<Format, (source: Source) => Blob | Promise<Blob>> = {
  JSON: ({ explanation, model }) =>
    text(JSON.stringify(numbersOf(explanation, model), null, 1), "application/json"),
  HTML: async ({ model }) => text(pageOf(model, await moduleOf(model)), "text/html"),
  SVG: ({ body }) => text(new XMLSerializer().serializeToString(svgOf(body)), "image/svg+xml"),
  PNG: ({ body }) => raster(svgOf(body)),
};

function text(content: string, type: string): Blob {
  return new Blob([content], { type: `${type};charset=utf-8` });
}

function numbersOf({ meta, patches, players, ...orders }: Explanation, model: Model): object {
  const { first, pairs, triples, errors } = orders;
  const byImage = pairCount(patches) * (players - patches);
  const known = (values: Float32Array | undefined) =>
    values?.length ? Array.from(values, (value) => (Number.isNaN(value) ? null : value)) : null;
  return {
    ...meta,
    selected: model.get("selected"),
    hidden: model.get("hidden"),
    first_order: known(first),
    second_order_upper_triangle: known(pairs),
    third_image: known(triples.subarray(0, byImage)),
    third_text: known(triples.subarray(byImage)),
    stderr_first_order: known(errors?.first),
    stderr_second_upper_triangle: known(errors?.pairs),
    stderr_third_image: known(errors?.triples.subarray(0, byImage)),
    stderr_third_text: known(errors?.triples.subarray(byImage)),
  };
}

const KEPT = ["meta", "picture", "selected", "hidden", "measured", "mode"] as const;

/** This module's own text; where the model does not carry it, as in marimo, from where it was loaded. */
async function moduleOf(model: Model): Promise<string> {
  return model.get("_esm") ?? (await (await fetch(import.meta.url)).text());
}

/** The page that Python writes, from the same template. */
function pageOf(model: Model, module: string): string {
  const { buffer, byteOffset, byteLength } = model.get("values");
  const bytes = new Uint8Array(buffer, byteOffset, byteLength);
  const kept: Partial<Traits> = Object.fromEntries(KEPT.map((name) => [name, model.get(name)]));
  const template = model.get("_page") ?? "";
  const state = {
    ...kept,
    values: btoa(Array.from(bytes, (byte) => String.fromCharCode(byte)).join("")),
    status: "ready",
    progress: 0,
    module,
    page: template,
  };
  const parts: Record<string, string> = {
    title: model.get("meta").caption.replace(/[&<>"]/g, (letter) => `&#${letter.charCodeAt(0)};`),
    css: model.get("_css") ?? "",
    width: "880",
    state: JSON.stringify(state).replaceAll("<", "\\u003c"),
  };
  return template.replace(/%(title|css|width|state)%/g, (_, name: string) => parts[name] ?? "");
}

async function raster(drawing: SVGElement): Promise<Blob> {
  const [width, height] = ["width", "height"].map((side) => Number(drawing.getAttribute(side))) as [
    number,
    number,
  ];
  const picture = new Image(width * DENSITY, height * DENSITY);
  // Half a letter is no text that can be encoded.
  const written = new XMLSerializer().serializeToString(drawing).replace(/\p{Surrogate}/gu, "\ufffd");
  // A data URL, as the page's policy admits no other.
  picture.src = `data:image/svg+xml;charset=utf-8,${encodeURIComponent(written)}`;
  await picture.decode();
  const canvas = document.createElement("canvas");
  [canvas.width, canvas.height] = [picture.width, picture.height];
  canvas.getContext("2d")?.drawImage(picture, 0, 0, picture.width, picture.height);
  return await new Promise((resolve, reject) => {
    canvas.toBlob((blob) =>
      blob ? resolve(blob) : reject(new Error("The picture is too large to be drawn.")),
    );
  });
}
