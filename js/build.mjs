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
  ],
  outdir,
  bundle: true,
  minify: true,
  format: "esm",
  target: "es2022",
  charset: "utf8",
  legalComments: "none",
});

// A second pass: terser inlines what esbuild keeps.
const script = `${outdir}/widget.js`;
const options = {
  module: true,
  ecma: 2022,
  compress: { passes: 3, pure_getters: true, unsafe_arrows: true },
};
const { code } = await minify(await readFile(script, "utf8"), options);
await writeFile(script, code);
