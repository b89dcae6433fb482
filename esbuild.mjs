// Builds everything that ships into dist/: the extension, the engine, the command line, and one bundle per webview.
//   node esbuild.mjs [--production] [--watch] [--tests]
// --tests also bundles the suite that runs inside VS Code (test/vscode/host) into out/.
import { context, build } from 'esbuild';
import fs from 'node:fs';
import path from 'node:path';
import { brotliCompressSync, constants } from 'node:zlib';

const production = process.argv.includes('--production');
const watch = process.argv.includes('--watch');
const tests = process.argv.includes('--tests');
const version = JSON.parse(fs.readFileSync('package.json', 'utf8')).version;

/** @type {import('esbuild').BuildOptions} */
const common = {
  bundle: true, sourcemap: production ? false : 'linked', minify: production, logLevel: 'info', legalComments: 'none', metafile: true,
  define: { MODEL_LENS_VERSION: JSON.stringify(version) },
};
/** @type {import('esbuild').BuildOptions} */
const node = { ...common, platform: 'node', target: 'node20', format: 'cjs' };
// Native packages stay packages: their binaries are found relative to their own folders.
const native = ['onnxruntime-node', 'sharp', '@tensorflow/tfjs-node'];

/**
 * `import source from 'worker:./file'`: the bundled text of a worker. A webview starts it from a blob, the only source its
 * policy allows.
 * @type {import('esbuild').Plugin}
 */
const workers = {
  name: 'workers',
  setup(builder) {
    builder.onResolve({ filter: /^worker:/ }, ({ path: name, resolveDir }) => ({ path: path.resolve(resolveDir, `${name.slice('worker:'.length)}.ts`), namespace: 'worker' }));
    builder.onLoad({ filter: /./, namespace: 'worker' }, async ({ path: file }) => {
      const { outputFiles, metafile } = await build({ ...common, sourcemap: false, minify: true, logLevel: 'warning', platform: 'browser', target: 'chrome132', format: 'iife', entryPoints: [file], write: false, metafile: true });
      return { contents: outputFiles[0].text, loader: 'text', watchFiles: Object.keys(metafile.inputs).map((name) => path.resolve(name)) };
    });
  },
};

const bundles = [
  { ...node, entryPoints: ['src/extension/main.ts'], outfile: 'dist/extension.cjs', external: ['vscode'] },
  // Engine and command line, which share nearly everything; dist/engine.cjs and dist/cli.cjs start it in either way.
  { ...node, entryPoints: ['src/cli/core.ts'], outfile: 'dist/core.cjs', external: native },
  // Loaded on demand, by src/engine/tfjs/load.ts. Its packages deny having side effects, but backends register themselves.
  { ...node, entryPoints: ['src/engine/tfjs/library.ts'], outfile: 'dist/tfjs.cjs', minify: true, sourcemap: false, ignoreAnnotations: true },
  // Likewise, by src/data/tables/columnar/load.ts, where somebody opens a Parquet or Arrow file.
  { ...node, entryPoints: ['src/data/tables/columnar/library.ts'], outfile: 'dist/columnar.cjs', minify: true, sourcemap: false },
  {
    ...common, platform: 'browser', target: 'chrome132', format: 'iife', outdir: 'dist/webview',
    entryPoints: ['src/webview/modelEditor.ts', 'src/webview/explainPanel.ts', 'src/webview/comparePanel.ts', 'src/webview/manyPanel.ts', 'src/webview/pairPanel.ts', 'src/webview/tablePanel.ts'],
    plugins: [workers],
    loader: { '.ttf': 'dataurl', '.woff': 'dataurl', '.svg': 'text' },
  },
];
if (tests) {
  const suites = fs.readdirSync('test/vscode/host').filter((name) => name.endsWith('.test.ts'));
  if (!suites.length) throw new Error('test/vscode/host holds no *.test.ts');
  bundles.push({ ...node, entryPoints: ['test/vscode/host/index.ts', ...suites.map((name) => `test/vscode/host/${name}`)], outdir: 'out/vscode', external: ['vscode', 'mocha', ...native] });
}

fs.rmSync('dist', { recursive: true, force: true });
// The parser of src/code/parser.ts, with the grammars it names (TypeScript's with JSX reads JavaScript too): 2.1 MB, packed 0.4.
const wasm = 'node_modules/@vscode/tree-sitter-wasm/wasm';
fs.cpSync(path.join(wasm, 'tree-sitter.wasm'), 'dist/tree-sitter.wasm');
for (const file of ['tree-sitter-python.wasm', 'tree-sitter-tsx.wasm']) fs.writeFileSync(`dist/${file}.br`, brotliCompressSync(fs.readFileSync(path.join(wasm, file)), { params: { [constants.BROTLI_PARAM_QUALITY]: production ? 11 : 5 } }));
for (const [file, text] of [['engine', "require('./core.cjs').startEngine(__filename);\n"], ['cli', "#!/usr/bin/env node\nrequire('./core.cjs').startCli(__filename);\n"]]) fs.writeFileSync(`dist/${file}.cjs`, text, { mode: 0o755 });
if (watch) {
  for (const options of bundles) await (await context(options)).watch();
} else {
  const results = await Promise.all(bundles.map((options) => build(options)));
  fs.writeFileSync('dist/THIRD_PARTY_NOTICES.txt', notices(results.flatMap(({ metafile }) => Object.keys(metafile.inputs))));
}

/** Name and licence text of every package whose code is in a bundle, as their licences ask. */
function notices(inputs) {
  const folders = new Set(inputs.map((file) => /^(?:.*\/)?node_modules\/(?:@[^/]+\/)?[^/]+/.exec(file.replaceAll('\\', '/'))?.[0]).filter(Boolean));
  return [...folders].sort().map((folder) => {
    const { name, version, license } = JSON.parse(fs.readFileSync(path.join(folder, 'package.json'), 'utf8'));
    const file = fs.readdirSync(folder).find((entry) => /^(licen[cs]e|copying)(\.|$)/i.test(entry));
    return `${name} ${version} (${license})\n\n${file ? fs.readFileSync(path.join(folder, file), 'utf8').trim() : ''}\n`;
  }).join(`\n${'-'.repeat(80)}\n\n`);
}
