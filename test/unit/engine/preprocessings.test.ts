/** Preprocessing tried in place of what the files say: honoured, compared, looked at, saved and recorded. */
import assert from 'node:assert/strict';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { Engine } from '../../../src/engine/engine';
import { explain } from '../../../src/engine/jobs/explain';
import { inputPicture } from '../../../src/engine/jobs/inputPicture';
import { predict } from '../../../src/engine/jobs/predict';
import { preprocessings } from '../../../src/engine/jobs/preprocessings';
import { savePreprocessing } from '../../../src/engine/jobs/savePreprocessing';

const root = path.resolve(__dirname, '../../..');
const pack = (name: string): string => path.join(process.env.MODEL_LENS_SHARED ?? path.join(root, '../shared'), 'pack', name);
const context = { signal: new AbortController().signal, progress: () => undefined };
const imagenet = { kind: 'image', channels: 'RGB', range: [0, 1], mean: [0.485, 0.456, 0.406], std: [0.229, 0.224, 0.225] };

describe('preprocessing that is tried', function () {
  this.timeout(120_000);
  const engine = new Engine(path.join(root, 'src/engine/main.ts'));
  let folder = '', squeezenet = '', chelsea = '';

  before(function () {
    if (!fs.existsSync(pack('converted/imagenet_squeezenet_fp32.onnx'))) {
      console.log(`      skipped: there is no ${pack('')} (set MODEL_LENS_SHARED)`);
      this.skip();
    }
    folder = fs.mkdtempSync(path.join(os.tmpdir(), 'lens-preprocessing-'));
    const copy = (from: string, to: string): string => {
      fs.copyFileSync(pack(from), path.join(folder, to));
      return path.join(folder, to);
    };
    squeezenet = copy('converted/imagenet_squeezenet_fp32.onnx', 'squeezenet.onnx');
    chelsea = copy('images/chelsea.png', 'chelsea.png');
    for (const name of ['coffee.png', 'flower.jpg', 'rocket.jpg']) copy(`images/${name}`, name);
  });
  after(async () => {
    await engine.close();
    if (folder) fs.rmSync(folder, { recursive: true, force: true });
  });

  const subject = () => ({ model: squeezenet, inputs: { '': chelsea }, device: 'cpu' as const });
  const tried = () => ({ ...subject(), preprocessing: { data_0: imagenet } });

  it('wins over every other source, and says that it is not saved', async () => {
    const usual = await predict(engine, subject(), context), other = await predict(engine, tried(), context);
    assert.equal(usual.prediction.top[0]!.label, 'Egyptian cat');
    assert.equal(other.prediction.top[0]!.label, 'mosquito net');
    assert.equal(other.preprocessing[0]!.source, 'tried here, not saved');
    // What a note says of itself is the same preparation again.
    const same = await predict(engine, { ...subject(), preprocessing: { data_0: usual.preprocessing[0]!.entry } }, context);
    assert.deepEqual(same.prediction, usual.prediction);
    assert.deepEqual(same.preprocessing[0]!.entry, usual.preprocessing[0]!.entry);
  });

  it('what is left out is as it would be without', async () => {
    const { preprocessing } = await predict(engine, { ...subject(), preprocessing: { data_0: { kind: 'image', resize: { shorterSide: 256, crop: 224 } } } }, context);
    assert.equal(preprocessing[0]!.words, 'BGR, 0…255, minus [103.939, 116.779, 123.68], shorter side 256, middle 224×224 (bilinear)');
  });

  it('is recorded, so that the explanation can be repeated', async () => {
    const { result } = await explain(engine, { ...tried(), method: 'saliency' }, context), { record } = result;
    assert.deepEqual(record.tried, { data_0: imagenet });
    const again = await explain(engine, { ...subject(), method: 'saliency', preprocessing: record.tried! }, context);
    assert.deepEqual(again.result.map!.values, result.map!.values);
    const usual = await explain(engine, { ...subject(), method: 'saliency' }, context);
    assert.equal(usual.result.record.tried, undefined);
    assert.notDeepEqual(usual.result.map!.values, result.map!.values);
  });

  it('errors name the field, what was found and what was expected', async () => {
    const wrong = (entry: unknown, input = 'data_0') => predict(engine, { ...subject(), preprocessing: { [input]: entry } }, context);
    await assert.rejects(wrong({ kind: 'image', range: [1, 0] }), /^DataError: preprocessing: inputs\.data_0\.range: found "1, 0", expected the smaller number first/);
    await assert.rejects(wrong({ kind: 'image', channels: 'grey' }), /preprocessing: inputs\.data_0\.channels: found grey, expected 3 channels/);
    await assert.rejects(wrong(imagenet, 'data'), /preprocessing: inputs\.data: the model has no such input; it has data_0/);
    await assert.rejects(wrong(7), /preprocessing: inputs\.data_0: found 7, expected an object/);
  });

  it('the common ones: several pictures tell that the wrong one is wrong, and which fits', async () => {
    const wrong = await preprocessings(engine, tried(), context);
    assert.equal(wrong.trials[0]!.current, true);
    assert.equal(wrong.trials[0]!.top.label, 'mosquito net');
    assert.equal(wrong.verdict.kind, 'other');
    assert.equal(wrong.verdict.trial, 'caffe');
    const caffe = wrong.trials.find(({ id }) => id === 'caffe')!;
    assert.equal(caffe.top.label, 'Egyptian cat');
    assert.equal(caffe.same, false);
    assert.ok(caffe.evidence!.information > 3 * wrong.trials[0]!.evidence!.information);
    const right = await preprocessings(engine, subject(), context);
    assert.equal(right.verdict.kind, 'currentFits');
    assert.ok(!right.trials.some(({ id }) => id === 'caffe'), 'the current one is not listed twice');
    // Each trial is what predicting with its entry gives.
    const { prediction } = await predict(engine, { ...subject(), preprocessing: { data_0: caffe.entry } }, context);
    assert.equal(prediction.top[0]!.index, caffe.top.index);
    assert.ok(Math.abs(prediction.top[0]!.probability! - caffe.top.probability!) < 1e-4);
  });

  it('one picture alone is at most a hint', async () => {
    const { verdict } = await preprocessings(engine, { ...tried(), others: 0 }, context);
    assert.equal(verdict.pictures, 1);
    assert.ok(['hint', 'unclear'].includes(verdict.kind), verdict.kind);
  });

  it('a model trained on bytes that is fed 0…1 or −1…1: always the same answer is no evidence', async function () {
    const resnet8 = path.join(folder, 'resnet8.h5');
    fs.copyFileSync(pack('keras/cifar10_resnet8.h5'), resnet8);
    const { trials, verdict } = await preprocessings(engine, { model: resnet8, inputs: { '': chelsea }, device: 'cpu', others: 3 }, context);
    assert.equal(verdict.kind, 'other');
    assert.match(trials.find(({ id }) => id === verdict.trial)!.words, /0…255/);
  });

  it('what the model sees: the picture again, the numbers, their figures, and a draft before it is anybody’s', async () => {
    const seen = await inputPicture(engine, subject(), context);
    assert.deepEqual(seen.dims, [1, 3, 224, 224]);
    assert.deepEqual(seen.fixed, { height: 224, width: 224, channels: 3 });
    assert.deepEqual(seen.channels.map(({ name }) => name), ['blue', 'green', 'red']);
    for (const { minimum, mean, maximum } of seen.channels) assert.ok(-124 < minimum && minimum < mean && mean < maximum && maximum < 152);
    assert.ok(seen.picture!.bytes.length > 1000 && seen.numbers.bytes.length > 1000);
    assert.equal(seen.prediction!.top[0]!.label, 'Egyptian cat');
    const draft = await inputPicture(engine, { ...subject(), draft: { data_0: imagenet } }, context);
    assert.deepEqual(draft.channels.map(({ name }) => name), ['red', 'green', 'blue']);
    assert.ok(draft.channels.every(({ minimum, maximum }) => minimum > -3 && maximum < 3));
    assert.equal(draft.prediction!.top[0]!.label, 'mosquito net');
  });

  it('is saved beside the model and used from then on; a damaged file is left alone', async () => {
    const sidecar = path.join(folder, 'squeezenet.lens.json');
    await assert.rejects(savePreprocessing(engine, { model: squeezenet, save: { data_0: { kind: 'image', channels: 'grey' } } }), /expected 3 channels/);
    assert.ok(!fs.existsSync(sidecar), 'what does not fit is not written');
    assert.deepEqual(await savePreprocessing(engine, { model: squeezenet, save: { data_0: imagenet } }), { file: sidecar, created: true });
    const { prediction, preprocessing } = await predict(engine, subject(), context);
    assert.equal(prediction.top[0]!.label, 'mosquito net');
    assert.equal(preprocessing[0]!.source, 'squeezenet.lens.json');
    // The kept sample of the last question is not taken for the new one.
    assert.equal((await inputPicture(engine, subject(), context)).prediction!.top[0]!.label, 'mosquito net');
    fs.writeFileSync(sidecar, '{ "inputs": ');
    await assert.rejects(savePreprocessing(engine, { model: squeezenet, save: { data_0: imagenet } }), /squeezenet\.lens\.json was left as it is, because it cannot be understood/);
    assert.equal(fs.readFileSync(sidecar, 'utf8'), '{ "inputs": ');
    fs.rmSync(sidecar);
  });
});
