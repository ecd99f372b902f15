// Writes the committed bundle. `node build.mjs FOLDER` writes it elsewhere, for comparison.
import { readFile, writeFile } from "node:fs/promises";
import { fileURLToPath } from "node:url";
import { build } from "esbuild";
import { minify } from "terser";

const here = (path) => fileURLToPath(new URL(path, import.meta.url));

const outdir = process.argv[2] ?? here("../fixlip_widget/widget/static");

await build({
  absWorkingDir: here("."),
  entryPoints: [
    { in: "src/index.ts", out: "widget" },
    { in: "src/styles.css", out: "widget" },
    { in: "src/notebook.ts", out: "notebook" },
    { in: "src/scene-editor/index.ts", out: "scene-editor" },
    { in: "src/scene-editor/style.css", out: "scene-editor" },
  ],
  outdir,
  bundle: true,
  minify: true,
  format: "esm",
  target: "es2022",
  charset: "utf8",
  legalComments: "none",
});

// Names that only the front end itself uses: no trait, file, attribute or browser interface has them. Short, they save
// 5 kB.
const INTERNAL_NAMES = `
  addTriples alignment attribution blank changeSettings columns container controller count cropBox
  current definitions digits dispatch effect element enlarged estimates example explain explanation
  extent firstOrder forget future gains getFrame groups highlight hover isJoint isUncertain kind
  label labels linkExtent links means members minStrength mirrored modalityScale nImage
  nPatches nPlayers names objective order overlay past patchAspect peers pixelRatio position preview
  range rectangle rows secondOrder selectedSet settings shape stderr stepHistory subscribers subset
  subsets surrogate takeCommonFacts taken textExtent thumbnail toJoint toOwn triples unit update
  updateState updateText widthMm wordDisplay words
`;

// A second pass: terser inlines what esbuild keeps.
const script = `${outdir}/widget.js`;
const options = {
  module: true,
  ecma: 2022,
  compress: { passes: 3, pure_getters: true, unsafe_arrows: true, hoist_funs: true, unsafe: true },
  mangle: {
    properties: { builtins: true, regex: new RegExp(`^(${INTERNAL_NAMES.trim().split(/\s+/).join("|")})$`) },
  },
};
const { code } = await minify(await readFile(script, "utf8"), options);
await writeFile(script, code);
