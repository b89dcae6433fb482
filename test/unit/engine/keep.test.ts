import assert from 'node:assert/strict';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { Engine } from '../../../src/engine/engine';
import { again, compareRecords } from '../../../src/engine/jobs/again';
import { explain } from '../../../src/engine/jobs/explain';
import { keep, kept } from '../../../src/engine/jobs/keep';
import { explanationReport } from '../../../src/engine/keep/report';
import { paramsOf, readRecord } from '../../../src/engine/keep/record';
import type { ExplainParams, ExplanationRecord } from '../../../src/protocol/engine';

const root = path.resolve(__dirname, '../../..');
const context = { signal: new AbortController().signal, progress: () => undefined };
const base: ExplainParams = { model: path.join(root, 'samples/models/scenes.onnx'), inputs: { '': path.join(root, 'samples/pictures/car_1.png') }, method: 'smoothgrad', seed: 7, device: 'cpu' };

describe('Kept explanations', () => {
  let engine: Engine, folder: string;
  before(() => {
    engine = new Engine(path.join(root, 'src/engine/main.ts'));
    folder = fs.mkdtempSync(path.join(os.tmpdir(), 'model-lens-keep-'));
  });
  after(async () => {
    await engine.close();
    fs.rmSync(folder, { recursive: true, force: true });
  });

  it('are made again from the report and from explanation.json, bit for bit', async () => {
    const html = path.join(folder, 'car.html');
    await keep(engine, { explanation: base, form: 'html', to: html }, context);
    const { files } = await keep(engine, { explanation: base, form: 'folder', to: path.join(folder, 'car') }, context);
    assert.deepEqual(files.map((file) => path.basename(file)), ['explanation.json', 'attributions.npy', 'overlay.png']);
    for (const file of [html, files[0]!]) {
      const { verdict, explained } = await again(engine, { file }, context);
      assert.deepEqual(verdict, { equal: true, changed: [] });
      assert.equal(explained.result.record.seed, 7);
    }
  });

  it('say what has changed since, and that the numbers differ', async () => {
    const file = path.join(folder, 'other.json');
    const { result } = await explain(engine, base, context);
    fs.writeFileSync(file, JSON.stringify({ ...result.record, seed: 8, model: { ...result.record.model, sha256: 'other' } }));
    const { verdict } = await again(engine, { file }, context);
    assert.equal(verdict.equal, false);
    assert.match(verdict.changed.join(), /model file has changed/);
    const elsewhere = { ...result.record, device: { ...result.record.device, detail: 'another processor' }, versions: { ...result.record.versions, node: '1.0.0' } };
    assert.equal(compareRecords(elsewhere, result.record).changed.length, 2);
  });

  it('ask for every form of target, layer and parameter again', async () => {
    const asked: ExplainParams = { ...base, method: 'integrated-gradients', parameters: { nSteps: 8, baseline: 'blur' }, target: { class: 'car - tree', space: 'logit' } };
    const { result } = await explain(engine, asked, context);
    const params = await paramsOf(result.record, folder);
    assert.equal(params.target?.class, 'car - tree');
    assert.equal(params.parameters?.nSteps, 8);
    assert.equal((await explain(engine, params, context)).result.record.attributions!.sha256, result.record.attributions!.sha256);
  });

  it('hold no markup and no script of a file that was explained', async () => {
    const { result, attribution } = await explain(engine, base, context);
    const evil = '</script><img src=x onerror=alert(1)>';
    const record: ExplanationRecord = { ...result.record, warnings: [evil], target: { ...result.record.target, label: evil } };
    const html = await explanationReport({ result: { ...result, record }, attribution });
    assert.ok(!html.includes('<img src=x'));
    assert.equal(html.match(/<script/g)!.length, 1, 'only the record, which is JSON');
    assert.match(html, /default-src 'none'/);
    const file = path.join(folder, 'evil.html');
    fs.writeFileSync(file, html);
    assert.equal((await readRecord(file)).target.label, evil);
  });

  it('name what is wrong with files that are none', async () => {
    const write = (name: string, content: string): string => { fs.writeFileSync(path.join(folder, name), content); return path.join(folder, name); };
    await assert.rejects(kept(path.join(folder, 'none.json')), /no such file/);
    await assert.rejects(kept(write('page.html', '<html></html>')), /no report of Model Lens/);
    await assert.rejects(kept(write('broken.json', '{')), /no readable explanation record/);
    await assert.rejects(kept(write('list.json', '[]')), /the record is missing or of another kind/);
    await assert.rejects(kept(write('half.json', '{"method":"saliency"}')), /preset is missing/);
    const { result } = await explain(engine, base, context);
    await assert.rejects(kept(write('gone.json', JSON.stringify({ ...result.record, model: { ...result.record.model, file: '/nowhere/gone.onnx' } }))), /gone\.onnx: no such file any more/);
  });

  it('are pictures with the map as a layer of its own', async () => {
    const file = path.join(folder, 'car.svg');
    await keep(engine, { explanation: base, form: 'svg', to: file, colors: { opacity: 0.5 } }, context);
    const svg = fs.readFileSync(file, 'utf8');
    assert.match(svg, /<image id="picture"/);
    assert.match(svg, /<image id="map" x="0" y="0" width="\d+" height="\d+" preserveAspectRatio="none" opacity="0.5"/);
  });
});
