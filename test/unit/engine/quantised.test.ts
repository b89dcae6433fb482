/** A quantised model of bytes is explained as its float twin is. */
import assert from 'node:assert/strict';
import fs from 'node:fs';
import path from 'node:path';
import { Engine } from '../../../src/engine/engine';
import { explain } from '../../../src/engine/jobs/explain';

const root = path.join(__dirname, '../../..');
const pack = path.join(process.env.MODEL_LENS_SHARED ?? path.join(root, '../shared'), 'pack');

describe('a quantised model', () => {
  const engine = new Engine(__filename);
  after(() => engine.close());

  it('has the float model\'s prediction and, but for rounding, its gradient', async function () {
    const twins = ['imagenet_mobilenet_v2_qdq_uint8.onnx', 'imagenet_mobilenet_v2_dequant_fp32.onnx'].map((name) => path.join(pack, 'converted', name));
    const picture = fs.existsSync(pack) ? fs.readdirSync(pack, { recursive: true }).map(String).find((name) => name.endsWith('chelsea.png')) : undefined;
    if (!twins.every((file) => fs.existsSync(file)) || !picture) {
      console.log('      no reference models: skipped');
      return this.skip();
    }
    const [quantised, float] = await Promise.all(twins.map((model) => explain(engine, { model, inputs: { '': path.join(pack, picture) }, method: 'saliency', parameters: { abs: false } }, { signal: new AbortController().signal, progress: () => undefined })));
    assert.equal(quantised!.result.record.prediction.top[0]!.label, 'Egyptian cat');
    assert.ok(Math.abs(quantised!.result.record.target.score - float!.result.record.target.score) < 0.1);
    const [a, b] = [quantised!.attribution.values!.data, float!.attribution.values!.data];
    let product = 0, aa = 0, bb = 0;
    a.forEach((value, index) => { product += value * b[index]!; aa += value * value; bb += b[index]! * b[index]!; });
    const cosine = product / Math.sqrt(aa * bb);
    // Rounding flips some of the ReLU6 bounds in 53 layers.
    assert.ok(cosine > 0.7, `cosine ${cosine}`);
    // Bytes against −1…1: the slope is per step of a pixel's value.
    assert.ok(Math.abs(Math.sqrt(bb / aa) / 127.5 - 1) < 0.1, `ratio of lengths ${Math.sqrt(bb / aa)}`);
  });
});
