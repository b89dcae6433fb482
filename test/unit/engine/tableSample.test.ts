/** The sample table, of which it is known what decides: explanations must say so. */
import assert from 'node:assert/strict';
import path from 'node:path';
import { Engine } from '../../../src/engine/engine';
import { explainTable, openTable } from '../../../src/engine/jobs/table';
import type { ExplainTableParams } from '../../../src/protocol/table';

const folder = path.resolve(__dirname, '../../../samples/tables'), source = { model: path.join(folder, 'bicycles.onnx'), file: path.join(folder, 'bicycles.csv') };
const context = { signal: new AbortController().signal, progress: () => undefined };

describe('the sample table', function () {
  this.timeout(60_000);
  let engine: Engine;
  before(() => { engine = new Engine(__filename); });
  after(() => engine.close());

  const explain = (params: Omit<ExplainTableParams, 'model' | 'file'>) => explainTable(engine, { ...source, ...params }, context);

  it('is read without an assumption about its columns, and the model fits it', async () => {
    const { reading, count } = await openTable(engine, source, context);
    assert.equal(count, 3000);
    assert.deepEqual(reading!.outputs, ['bicycles left', 'all out']);
    assert.deepEqual(reading!.mapping.features.map(({ feature }) => feature.kind === 'category'), [false, false, false, false, false, false, true, true, true]);
    assert.ok(reading!.fit!.value > 0.85 && reading!.fit!.chance! < 0.8, JSON.stringify(reading!.fit));
  });

  it('depends on hour and temperature, and not on the dock', async () => {
    const { finding, record } = await explain({ method: 'permutation-importance' });
    assert.ok(finding.kind === 'importance');
    const mean = (name: string): number => finding.features[record.reading.mapping.features.findIndex(({ feature }) => feature.name === name)]!.mean;
    assert.ok(mean('hour') > 0.05 && mean('temperature') > 0.05, `${mean('hour')} ${mean('temperature')}`);
    assert.ok(Math.abs(mean('dock')) < 0.006, String(mean('dock')));
    assert.match(record.checks.map(({ message }) => message).join(' '), /'temperature' and 'felt' move together/);
  });

  it('is busier the warmer it is, by partial dependence and by accumulated effects', async () => {
    for (const method of ['pdp', 'ale']) {
      const { finding } = await explain({ method, features: ['temperature'] });
      assert.ok(finding.kind === 'curves');
      const { values } = finding.curves[0]!;
      assert.ok(values.at(-1)! - values[0]! > 0.1, `${method}: ${values.join(' ')}`);
    }
  });
});
