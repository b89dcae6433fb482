// npm run package: packs dist/ and this platform's native binaries into .cache/model-lens-PLATFORM.vsix (or --out FILE).
import fs from 'node:fs';
import path from 'node:path';
import { install, must, root, say } from './steps.mjs';

const target = `${process.platform}-${process.arch}`;
const at = process.argv.indexOf('--out');
const out = path.resolve(at > 0 ? process.argv[at + 1] : path.join(root, `.cache/model-lens-${target}.vsix`));
fs.mkdirSync(path.dirname(out), { recursive: true });

await install();
const list = path.join(path.dirname(out), 'vscodeignore');
fs.writeFileSync(list, `${fs.readFileSync(path.join(root, '.vscodeignore'), 'utf8')}
!node_modules/onnxruntime-node/bin/napi-v6/${process.platform}/${process.arch}/**
!node_modules/@img/sharp-*${target}/**
`);
say(`Packing for ${target}`);
await must('npx', ['vsce', 'package', '--target', target, '--allow-missing-repository', '--no-rewrite-relative-links', '--no-git-tag-version', '--ignoreFile', list, '--out', out], { stdio: ['ignore', 'ignore', 'inherit'] });
console.log(`${path.relative(process.cwd(), out)}: ${(fs.statSync(out).size / 1e6).toFixed(1)} MB`);
