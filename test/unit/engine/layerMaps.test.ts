import assert from 'node:assert/strict';
import path from 'node:path';
import { Engine } from '../../../src/engine/engine';
import { explain } from '../../../src/engine/jobs/explain';
import { layerMaps } from '../../../src/engine/jobs/layerMaps';
import type { ExplainParams } from '../../../src/protocol/engine';
import type { LayerMap, LayerMapRequests } from '../../../src/protocol/layerMaps';

const root = path.resolve(__dirname, '../../..');

function closeTo(actual: Float32Array, expected: Float32Array): void {
  const scale = Math.max(...expected.map(Math.abs));
  assert.equal(actual.length, expected.length);
  actual.forEach((value, at) => assert.ok(Math.abs(value - expected[at]!) <= 1e-4 * scale, `cell ${at}: ${value} and ${expected[at]}`));
}

describe('small maps of all layers', () => {
  const engine = new Engine(path.join(root, 'src/engine/main.ts'));
  const params: ExplainParams = { model: path.join(root, 'samples/models/scenes.onnx'), inputs: { '': path.join(root, 'samples/pictures/car_1.png') }, method: 'grad-cam', preset: 'captum', device: 'cpu' };

  after(() => engine.close());

  async function all(over: Partial<LayerMapRequests['layerMaps']['params']> = {}): Promise<{ maps: readonly LayerMap[]; layers: number }> {
    const maps: LayerMap[] = [], { model, inputs, device } = params;
    const { layers } = await layerMaps(engine, { model, inputs, device, ...over }, { signal: new AbortController().signal, progress: (value) => { maps.push(...value.maps); } });
    return { maps, layers };
  }

  it('are Grad-CAM at each layer, the last first, no larger than a thumbnail', async () => {
    const { maps, layers } = await all();
    assert.equal(maps.length, layers);
    assert.ok(layers >= 4, `${layers} layers`);
    for (const { map, width, height, kind } of maps) {
      assert.equal(map.length, width * height);
      assert.ok(Math.max(width, height) <= 56 && map.every(Number.isFinite));
      assert.equal(kind, 'grad-cam');
    }
    for (const { value, map, gridWidth } of [maps[0]!, maps[2]!]) {
      const { attribution } = await explain(engine, { ...params, layer: value }, { signal: new AbortController().signal, progress: () => undefined });
      assert.equal(attribution.cam!.dims[3], gridWidth);
      closeTo(map, attribution.cam!.data);
    }
  });

  it('follow the target', async () => {
    const [cat, dog, difference] = await Promise.all([0, 1, '0-1'].map((name) => all({ target: { class: name } })));
    const last = (list: typeof cat): Float32Array => list!.maps[0]!.map;
    closeTo(last(difference), last(cat).map((value, at) => value - last(dog)[at]!));
  });

  it('can be cancelled', async () => {
    const ending = new AbortController(), { model, inputs, device } = params;
    ending.abort();
    await assert.rejects(layerMaps(engine, { model, inputs, device }, { signal: ending.signal, progress: () => assert.fail('no map was wanted') }));
  });
});
