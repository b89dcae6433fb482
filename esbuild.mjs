// Builds everything that ships into dist/: the extension, the engine, the command line, and one bundle per webview.
//   node esbuild.mjs [--production] [--watch] [--tests]
// --tests also bundles the suite that runs inside VS Code (test/vscode/host) into out/.
import { context, build } from 'esbuild';
import fs from 'node:fs';
import path from 'node:path';

const production = process.argv.includes('--production');
const watch = process.argv.includes('--watch');
const tests = process.argv.includes('--tests');
const version = JSON.parse(fs.readFileSync('package.json', 'utf8')).version;

/** @type {import('esbuild').BuildOptions} */
const common = {
  bundle: true, sourcemap: production ? false : 'linked', minify: production, logLevel: 'info', legalComments: 'none',
  define: { MODEL_LENS_VERSION: JSON.stringify(version) },
};
/** @type {import('esbuild').BuildOptions} */
const node = { ...common, platform: 'node', target: 'node20', format: 'cjs' };
// Native packages stay packages: their binaries are found relative to their own folders.
const native = ['onnxruntime-node', 'sharp', 'h5wasm', '@tensorflow/tfjs-node'];

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
  { ...node, entryPoints: ['src/engine/main.ts'], outfile: 'dist/engine.cjs', external: native },
  { ...node, entryPoints: ['src/cli/main.ts'], outfile: 'dist/cli.cjs', external: native, banner: { js: '#!/usr/bin/env node' } },
  {
    ...common, platform: 'browser', target: 'chrome132', format: 'iife', outdir: 'dist/webview',
    entryPoints: ['src/webview/modelEditor.ts', 'src/webview/explainPanel.ts'],
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
if (watch) {
  for (const options of bundles) await (await context(options)).watch();
} else {
  await Promise.all(bundles.map((options) => build(options)));
  fs.chmodSync('dist/cli.cjs', 0o755);
}
