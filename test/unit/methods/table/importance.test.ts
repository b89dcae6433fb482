import assert from 'node:assert/strict';
import { tableMethodById } from '../../../../src/methods/table/registry';
import { as, contextOf, formulaModel, near, rowsOf, runTable, uniformRows } from './tables';

const data = uniformRows(300, 3), linear = formulaModel((x) => 2 * x[0]! - x[1]!, 3);
const labels = Float64Array.from({ length: 300 }, (_, i) => 2 * data.values[3 * i]! - data.values[3 * i + 1]!);
const importances = async (...args: Parameters<typeof runTable>) => as((await runTable(...args)).finding, 'importance');

describe('permutation importance', () => {
  it('is 0 for a feature that is not used, and twice the share of the variance for R² of a linear model', async () => {
    const { unit, features } = await importances('permutation-importance', linear, data, { labels, parameters: { nRepeats: 30 } });
    assert.equal(unit, 'R²');
    assert.deepEqual([features[2]!.mean, features[2]!.spread], [0, 0]);
    // Shuffling makes 2·Var(βx) of squared error: 2·4/5 and 2·1/5.
    near([features[0]!.mean, features[1]!.mean], [1.6, 0.4], 0.1);
    assert.equal(features[0]!.repeats.length, 30);
  });

  it('counts classes, areas and losses by labels', async () => {
    const classifier = formulaModel((x) => (x[0]! > 0.5 ? 0.9 : 0.1), 3, 'classification'), classes = Float64Array.from({ length: 300 }, (_, i) => (data.values[3 * i]! > 0.5 ? 1 : 0));
    for (const [scoring, expected] of [['accuracy', 0.5], ['auc', 0.5], ['log-loss', 0.5 * Math.log(9)]] as const) {
      const { result, features } = await runTable('permutation-importance', classifier, data, { labels: classes, parameters: { scoring } }).then((run) => ({ result: run, features: as(run.finding, 'importance').features }));
      near([features[0]!.mean, features[1]!.mean], [expected, 0], 0.08);
      near([result.checks.find(({ id }) => id === 'baselineScore')!.value], [scoring === 'log-loss' ? -Math.log(0.9) : 1], 1e-9);
    }
  });

  it('is E f(x) − E f(x shuffled) or the mean change where there are no labels', async () => {
    const difference = await importances('permutation-importance', linear, data, { parameters: { scoring: 'prediction-difference' } });
    near(difference.features.map(({ mean }) => mean), [0, 0, 0], 1e-12);
    const product = formulaModel((x) => x[0]! * x[1]!, 2), twins = rowsOf(Array.from({ length: 200 }, (_, i) => [i / 199, i / 199]));
    // E x² − (E x)² = 1/12.
    near([(await importances('permutation-importance', product, twins, { parameters: { scoring: 'prediction-difference', nRepeats: 20 } })).features[0]!.mean], [1 / 12], 0.02);
    const change = await importances('permutation-importance', linear, data);
    near(change.features.map(({ mean }) => mean), [2 / 3, 1 / 3, 0], 0.06);
  });

  it('is the same for the same seed, goes without rows that have no label, and says what it needs', async () => {
    const one = await importances('permutation-importance', linear, data, { labels, seed: 5 }), again = await importances('permutation-importance', linear, data, { labels, seed: 5 }), other = await importances('permutation-importance', linear, data, { labels, seed: 6 });
    assert.deepEqual(one, again);
    assert.notDeepEqual(one, other);
    const gaps = await runTable('permutation-importance', linear, data, { labels: labels.map((value, i) => (i < 100 ? NaN : value)), preset: 'dalex' });
    assert.equal(gaps.chosen!.rows, 200);
    assert.equal(gaps.chosen!.scoring, 'rmse');
    assert.match(tableMethodById('permutation-importance').applies(contextOf('permutation-importance', linear, data, { parameters: { scoring: 'r2' } })).reason!, /needs labels/);
    await assert.rejects(runTable('permutation-importance', linear, data, { labels, parameters: { scoring: 'accuracy' } }), /'accuracy' does not go with regression, expected one of r2, rmse/);
    assert.equal(tableMethodById('permutation-importance').applies(contextOf('permutation-importance', linear, rowsOf([[1, 2, 3]]))).applies, false);
    const constant = rowsOf(Array.from({ length: 20 }, (_, i) => [3, i, 0]));
    assert.equal((await importances('permutation-importance', linear, constant)).features[0]!.mean, 0);
  });

  it('has an estimate of every feature before the second round, and stops when it is cancelled', async () => {
    const { progress } = await runTable('permutation-importance', linear, data);
    assert.deepEqual([progress.length, progress[2]!.done, progress.at(-1)!.total], [15, 3, 15]);
    assert.ok(progress.at(-1)!.standardError! < 0.1 && progress[0]!.standardError === undefined);
    const controller = new AbortController(), run = tableMethodById('permutation-importance').explain(contextOf('permutation-importance', linear, data, { signal: controller.signal }));
    await run.next();
    controller.abort(new Error('stopped'));
    await assert.rejects(run.next(), /stopped/);
  });
});

describe('column ablation', () => {
  it('replaces a column by its mean: of a linear model, what the feature does to the score is lost', async () => {
    const { features } = await importances('column-ablation', linear, data, { labels });
    // R² less its shares of the variance: 4/5 and 1/5.
    near(features.map(({ mean }) => mean), [0.8, 0.2, 0], 0.06);
    assert.equal(features[0]!.repeats.length, 1);
  });

  it('of categories takes the most frequent, of whole numbers a whole one', async () => {
    const seen = new Set<number>(), model = formulaModel((x) => { seen.add(x[0]!); seen.add(x[1]!); return 0; }, [{ name: 'c', kind: 'category' }, { name: 'n', kind: 'integer' }]);
    await runTable('column-ablation', model, rowsOf([[20, 101], [20, 102], [30, 104]]));
    assert.deepEqual([...seen].sort((a, b) => a - b), [20, 30, 101, 102, 104]);
    await runTable('column-ablation', model, rowsOf([[20, 101], [20, 102], [30, 105]]));
    assert.ok(seen.has(103));
  });
});

describe('interaction strength', () => {
  it('is 0 for an additive model', async () => {
    const additive = formulaModel((x) => x[0]! ** 2 + Math.sin(3 * x[1]!) + 100 * x[2]!, 3);
    const { pairs } = as((await runTable('interaction', additive, data)).finding, 'interactions');
    assert.equal(pairs.length, 3);
    near(pairs.map(({ value }) => value), [0, 0, 0]);
  });

  it('is 1 where two features act only together, and finds the pair', async () => {
    const product = formulaModel((x) => (x[0]! - 0.5) * (x[1]! - 0.5) + 0.1 * x[2]!, 3);
    const even = rowsOf(Array.from({ length: 100 }, (_, i) => [(i % 10) / 9, Math.floor(i / 10) / 9, (i * 37 % 100) / 100]));
    const { finding, progress, checks } = await runTable('interaction', product, even), { pairs } = as(finding, 'interactions');
    assert.deepEqual(pairs[0]!.features, [0, 1]);
    near([pairs[0]!.value], [1], 1e-3);
    near([pairs[1]!.value, pairs[2]!.value], [0, 0]);
    assert.ok(progress.length === 6 && pairs[0]!.standardError! < 0.1 && checks.find(({ id }) => id === 'standardError')!.ok);
    const rms = as((await runTable('interaction', product, even, { features: [0, 1], preset: 'unnormalised' })).finding, 'interactions').pairs[0]!.value;
    near([rms], [even.values.reduce((sum, value, i) => (i % 3 === 0 ? sum + (value - 0.5) ** 2 / 100 : sum), 0)], 1e-6);
  });
});
