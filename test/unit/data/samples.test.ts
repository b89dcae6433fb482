/** The sample workspace keeps its promises: the ONNX file is right about the pictures, by its own sidecar. */
import assert from 'node:assert/strict';
import fs from 'node:fs';
import path from 'node:path';
import * as ort from 'onnxruntime-node';
import { decodePicture } from '../../../src/data/image/decode';
import { pictureToTensor } from '../../../src/data/image/toTensor';
import { resolvePreprocessing } from '../../../src/data/preprocessing';
import { scanOnnx } from '../../../src/formats/onnx/scan';

const samples = path.join(__dirname, '../../../samples');
const pictures = fs.readdirSync(path.join(samples, 'pictures'));
const masks = fs.readdirSync(path.join(samples, 'masks'));

describe('samples', () => {
  it('nothing about the model is assumed', async () => {
    const { inputs, outputs, warnings } = await resolvePreprocessing(await scanOnnx(path.join(samples, 'models', 'scenes.onnx')));
    assert.deepEqual(inputs.map(({ note }) => note), [{ input: 'image', source: 'scenes.onnx.lens.json', assumed: false, words: 'RGB, -1…1, resized to 64×64 (bilinear)', assumptions: [] }]);
    assert.equal(outputs[0]?.kind, 'probabilities');
    assert.deepEqual(outputs[0].labels, { names: ['balloon', 'boat', 'car', 'fish', 'house', 'tree'], source: 'labels.txt', assumed: false });
    assert.deepEqual(warnings, []);
  });

  it('every picture with one object is recognised, and a pair comes out on top together', async () => {
    const file = path.join(samples, 'models', 'scenes.onnx');
    const { inputs, outputs } = await resolvePreprocessing(await scanOnnx(file));
    const session = await ort.InferenceSession.create(file, { intraOpNumThreads: 1 });
    const spec = inputs[0]!.spec;
    assert.ok(spec.kind === 'image' && pictures.length >= 12);
    for (const name of pictures) {
      const { tensor } = pictureToTensor(await decodePicture(path.join(samples, 'pictures', name)), spec);
      const scores = (await session.run({ image: new ort.Tensor('float32', tensor.data, [...tensor.dims]) })).probabilities!.data as Float32Array;
      const ranked = [...scores.keys()].sort((a, b) => scores[b]! - scores[a]!).map((i) => outputs[0]!.labels!.names[i]!);
      const objects = name.replace(/(_\d+)?\.png$/, '').split('_and_');
      assert.deepEqual(ranked.slice(0, objects.length).sort(), objects.sort(), name);
    }
    await session.release();
  });

  it('every object of a picture has a mask of the picture\'s size', async () => {
    for (const name of pictures) {
      const stem = name.replace('.png', '');
      const own = masks.filter((mask) => mask === name || mask.startsWith(`${stem}.`));
      assert.equal(own.length, stem.includes('_and_') ? 2 : 1, name);
      const picture = await decodePicture(path.join(samples, 'pictures', name));
      for (const mask of own) {
        const { width, height, channels, data } = await decodePicture(path.join(samples, 'masks', mask));
        assert.deepEqual([width, height, channels], [picture.width, picture.height, 1]);
        const covered = data.filter((value) => value > 127).length / data.length;
        assert.ok(covered > 0.02 && covered < 0.6, `${mask} covers ${covered}`);
      }
    }
  });

  it('is small', () => {
    const sizes = fs.readdirSync(samples, { recursive: true, encoding: 'utf8' }).map((name) => fs.statSync(path.join(samples, name))).filter((stat) => stat.isFile());
    assert.ok(sizes.reduce((sum, { size }) => sum + size, 0) < 3e6);
  });
});
