import assert from 'node:assert/strict';
import path from 'node:path';
import { Attributions } from '../../../src/engine/attributions';
import { Engine } from '../../../src/engine/engine';
import { explain, type Explained } from '../../../src/engine/jobs/explain';
import { Stopwatch, Warnings } from '../../../src/engine/prepare';
import { explanationKey, readyExplanation } from '../../../src/engine/readyExplanation';
import type { ExplainParams } from '../../../src/protocol/engine';
import { floatTensor } from '../../../src/tensor/tensor';

const root = path.resolve(__dirname, '../../..');
const { signal } = new AbortController();
const sized = (values: number): Explained => ({ result: {}, attribution: { values: floatTensor([values]), score: 0, checks: [] } }) as unknown as Explained;

describe('attributions kept', () => {
  it('within their bound, those asked for last', () => {
    const kept = new Attributions(3 * (1024 + 400)), [a, b, c, d] = [sized(100), sized(100), sized(100), sized(100)];
    kept.put('a', a);
    kept.put('b', b);
    kept.put('c', c);
    assert.equal(kept.get('a'), a);
    kept.put('d', d);
    assert.equal(kept.get('b'), undefined);
    assert.deepEqual([kept.get('a'), kept.get('c'), kept.get('d')], [a, c, d]);
    kept.put('a', d);
    assert.equal(kept.get('a'), d);
    assert.equal(kept.get('c'), c);
    kept.put('large', sized(10_000));
    assert.equal(kept.get('large'), undefined);
  });

  it('are found again by what their numbers depend on', async () => {
    const engine = new Engine(path.join(root, 'src/engine/main.ts'));
    const base: ExplainParams = { model: path.join(root, 'samples/models/scenes.onnx'), inputs: { '': path.join(root, 'samples/pictures/car_1.png') }, method: 'saliency', device: 'cpu' };
    const key = async (params: ExplainParams): Promise<string> => explanationKey(await readyExplanation(engine, params, signal, new Warnings(), new Stopwatch()));
    const explained = await explain(engine, base, { signal, progress: () => undefined });
    const own = await key(base);
    assert.equal(engine.attributions.get(own), explained);
    assert.equal(await key({ ...base, preset: 'captum', target: { class: 'car' } }), own, 'the same said in other words');
    const others: ExplainParams[] = [
      { ...base, method: 'input-x-gradient' }, { ...base, parameters: { abs: false } }, { ...base, target: { class: 0 } }, { ...base, seed: 1 },
      { ...base, target: { space: 'probability' } }, { ...base, inputs: { '': path.join(root, 'samples/pictures/car_2.png') } }, { ...base, model: path.join(root, 'samples/models/scenes.h5') },
    ];
    const keys = await Promise.all(others.map(key));
    assert.equal(new Set([own, ...keys]).size, others.length + 1);
    await engine.close();
  });
});
