/** Targets of every form on real models: a detector, segmentations, an embedding; as jobs answer them. */
import assert from 'node:assert/strict';
import fs from 'node:fs';
import path from 'node:path';
import { Engine } from '../../../src/engine/engine';
import { explain } from '../../../src/engine/jobs/explain';
import type { TargetChoice } from '../../../src/protocol/engine';

const root = path.resolve(__dirname, '../../..');
const pack = (name: string): string => path.join(process.env.MODEL_LENS_SHARED ?? path.join(root, '../shared'), 'pack', name);
const squeezenet = pack('converted/imagenet_squeezenet_fp32.onnx'), detector = pack('onnx/coco_fastestdet.onnx'), deeplab = pack('converted/voc_deeplabv3_mnv2_dequant_fp32.onnx');
const chelsea = pack('images/chelsea.png'), bee = pack('images/dianna_bee.jpg');

describe('engine/targets', function () {
  this.timeout(120_000);
  const engine = new Engine(path.join(root, 'src/engine/main.ts'));
  before(function () {
    if (fs.existsSync(squeezenet)) return;
    console.log(`      skipped: there is no ${pack('')} (set MODEL_LENS_SHARED)`);
    this.skip();
  });
  after(() => engine.close());

  const ask = async (model: string, input: string, target: TargetChoice, method = 'saliency', parameters = {}) => {
    const { result, attribution } = await explain(engine, { model, inputs: { '': input }, method, parameters, target, seed: 0, device: 'cpu' }, { signal: new AbortController().signal, progress: () => undefined });
    return { record: result.record, score: result.record.target.score, values: attribution.values!.data };
  };

  it('a difference: score and signed gradient are those of the classes, subtracted', async () => {
    const signed = { abs: false };
    const [cat, dog, both] = [await ask(squeezenet, chelsea, { class: 281 }, 'saliency', signed), await ask(squeezenet, chelsea, { class: 207 }, 'saliency', signed), await ask(squeezenet, chelsea, { class: 'tabby - golden retriever' }, 'saliency', signed)];
    assert.ok(Math.abs(both.score - (cat.score - dog.score)) < 1e-3);
    const scale = both.values.reduce((most, value) => Math.max(most, Math.abs(value)), 0);
    both.values.forEach((value, i) => assert.ok(Math.abs(value - (cat.values[i]! - dog.values[i]!)) < 1e-3 * scale));
    assert.deepEqual({ ...both.record.target, score: 0 }, { output: 'softmaxout_1', index: 281, label: 'tabby, tabby cat − golden retriever', space: 'logit', text: 'tabby - golden retriever', elements: 2, score: 0 });
    const again = await ask(squeezenet, chelsea, { class: both.record.target.text, output: both.record.target.output, space: 'logit' }, 'saliency', signed);
    assert.deepEqual(again.values, both.values);
  });

  it('forward-only methods take every form: Score-CAM of a difference and of a mean', async () => {
    for (const text of ['3-5', 'mean(output_0[0,:4])']) {
      const { record, values } = await ask(pack('converted/cifar10_resnet8.onnx'), chelsea, { class: text }, 'score-cam');
      assert.equal(record.target.text, text);
      assert.ok(values.some((value) => value !== 0) && values.every(Number.isFinite));
    }
  });

  it("a detector's box: one element, its gradient only where the box looks", async () => {
    const one = await ask(detector, bee, { class: '758[0,0,11,11]' }), other = await ask(detector, bee, { class: 'sum(758[:,0,11:12,11:12])' });
    assert.ok(Math.abs(one.score - other.score) < 1e-5 && one.values.some((value) => value !== 0));
    assert.equal(one.record.target.index, 11 * 22 + 11);
    await assert.rejects(ask(detector, bee, { class: '758[0,85,0,0]' }), /index 85 on axis 1 is out of bounds: '758' has dims \[1, 85, 22, 22\]/);
    await assert.rejects(ask(detector, bee, { class: '758[0,0]' }), /takes 484 elements.*wrap it in sum/);
  });

  it('a segmentation: a rectangle of a class, and where it wins now, through its ArgMax', async () => {
    const now = await ask(deeplab, chelsea, { class: 'region(ArgMax, 8)' }), part = await ask(deeplab, chelsea, { class: 'region(ArgMax, 8, 250,250,260,255)' });
    assert.ok(now.record.target.elements! > 100_000 && now.record.target.elements! < 513 * 513);
    assert.equal(part.record.target.elements, 50);
    assert.match(part.record.target.label, /cat in 50 of 513×513 cells/);
    const sum = await ask(deeplab, chelsea, { class: `sum(${part.record.target.output}[0,8,250:255,250:260])` });
    assert.ok(Math.abs(sum.score - part.score) < 1e-3 * Math.abs(part.score));
    await assert.rejects(ask(deeplab, chelsea, { class: 'region(ArgMax, 3)' }), /bird wins nowhere.*most cells go to/);
  });

  it('similarity to another input: 1 to itself, less to another, with a gradient', async () => {
    const itself = await ask(squeezenet, chelsea, { class: 'similarity(pool10_1)', reference: chelsea });
    assert.ok(Math.abs(itself.score - 1) < 1e-5);
    const other = await ask(squeezenet, chelsea, { class: 'similarity(pool10_1)', reference: bee });
    assert.ok(other.score < 0.95 && other.values.some((value) => value !== 0));
    assert.equal(other.record.target.reference!.file, bee);
    assert.match(other.record.target.reference!.sha256, /^[0-9a-f]{64}$/);
    await assert.rejects(ask(squeezenet, chelsea, { class: 'similarity(pool10_1)' }), /expected --reference FILE/);
    await assert.rejects(ask(squeezenet, chelsea, { class: 281, reference: bee }), /the target is no similarity/);
  });

  it('names that are not there are answered with those that are', async () => {
    await assert.rejects(ask(squeezenet, chelsea, { class: 'sum(pool10_2)' }), /no output or inner value 'pool10_2'; names like it are .*'pool10_1'/);
    await assert.rejects(ask(squeezenet, chelsea, { class: '281-281' }), /always 0/);
    await assert.rejects(ask(squeezenet, chelsea, { class: '281-1000' }), /class 1000 was asked for/);
  });
});
