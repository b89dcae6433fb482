import assert from 'node:assert/strict';
import { growTree, leafOf, leaves } from '../../../../src/methods/table/cart';
import { tableMethodById } from '../../../../src/methods/table/registry';
import { as, contextOf, formulaModel, near, rowsOf, runTable, uniformRows } from './tables';

const data = uniformRows(600, 4);
/** 'yes' where x0 > 0.3 and x2 ≤ 0.6. */
const rule = formulaModel((x) => (x[0]! > 0.3 && x[2]! <= 0.6 ? 0.9 : 0.1), 4, 'classification');

describe('trees', () => {
  it('cut where the impurity falls most, halfway between values', () => {
    const tree = growTree({ rows: 6, features: 2, values: Float64Array.of(1, 5, 2, 3, 3, 4, 7, 5, 8, 3, 9, 4), targets: Float64Array.of(0, 0, 0, 1, 1, 1), classes: 2 }, { maxDepth: 3, minLeaf: 1 });
    assert.deepEqual([tree.feature, tree.threshold, tree.rows, tree.impurity, tree.value], [0, 5, 6, 0.5, [0.5, 0.5]]);
    assert.deepEqual([tree.left!.value, tree.right!.value, tree.left!.left], [[1, 0], [0, 1], undefined]);
  });

  it('of values cut by variance; leaves hold means and at least minLeaf rows', () => {
    const grown = (minLeaf: number) => growTree({ rows: 5, features: 1, values: Float64Array.of(1, 2, 3, 4, 5), targets: Float64Array.of(1, 1, 1, 1, 11), classes: 0 }, { maxDepth: 1, minLeaf });
    assert.deepEqual([grown(1).threshold, grown(1).left!.value, grown(1).right!.value], [4.5, [1], [11]]);
    near([grown(1).impurity], [16], 1e-12);
    assert.equal(grown(2).right!.rows, 2);
    assert.equal(grown(3).left, undefined);
  });

  it('send missing values right, and stop at constant columns, equal rows and pure nodes', () => {
    const gaps = growTree({ rows: 4, features: 1, values: Float64Array.of(1, 2, NaN, NaN), targets: Float64Array.of(0, 0, 1, 1), classes: 2 }, { maxDepth: 2, minLeaf: 1 });
    assert.equal(leafOf(gaps, Float64Array.of(NaN)).value[1], 1);
    assert.equal(leafOf(gaps, Float64Array.of(2)).value[1], 0);
    const constant = growTree({ rows: 4, features: 1, values: Float64Array.of(3, 3, 3, 3), targets: Float64Array.of(0, 1, 0, 1), classes: 2 }, { maxDepth: 4, minLeaf: 1 });
    assert.equal(leaves(constant), 1);
    const pure = growTree({ rows: 3, features: 1, values: Float64Array.of(1, 2, 3), targets: Float64Array.of(1, 1, 1), classes: 2 }, { maxDepth: 4, minLeaf: 1 });
    assert.deepEqual([leaves(pure), pure.impurity], [1, 0]);
  });
});

describe('distillation', () => {
  it('finds an axis-aligned rule exactly', async () => {
    const even = rowsOf(Array.from({ length: 800 }, (_, i) => [(i % 20) / 20, i % 7, (Math.floor(i / 20) % 20) / 20, i % 3]));
    const { finding, checks, progress } = await runTable('distil', rule, even), { tree, fidelity } = as(finding, 'surrogate');
    assert.deepEqual(new Set([tree!.feature, (tree!.left!.left ? tree!.left! : tree!.right!).feature]), new Set([0, 2]));
    assert.deepEqual([fidelity.at(-1)!.size, fidelity.at(-1)!.train, fidelity.at(-1)!.leaves], [2, 1, 3]);
    assert.ok(fidelity.at(-1)!.heldOut > 0.97 && fidelity[0]!.heldOut < fidelity[1]!.heldOut && checks[0]!.ok && progress.length === 3);
    assert.deepEqual((await runTable('distil', rule, even)).finding, finding, 'the same seed gives the same tree');
  });

  it('uses only the features that are asked about', async () => {
    const { tree } = as((await runTable('distil', rule, data, { features: [1, 2] })).finding, 'surrogate');
    const used = (node = tree!): number[] => (node.left && node.right ? [node.feature!, ...used(node.left), ...used(node.right)] : []);
    assert.ok(used().length > 0 && used().every((feature) => feature === 1 || feature === 2));
  });

  it('gives a sum of few features for a linear model, in the order in which they matter', async () => {
    const model = formulaModel((x) => 5 * x[2]! - 2 * x[0]! + 0.5 * x[1]! + 7, 4), { linear, fidelity } = as((await runTable('distil', model, data, { preset: 'linear' })).finding, 'surrogate');
    near(linear!.coefficients[0]!, [-2, 0.5, 5, 0], 1e-9);
    near(linear!.intercept, [7], 1e-9);
    assert.ok(fidelity[0]!.heldOut < fidelity[1]!.heldOut);
    near([fidelity[2]!.heldOut], [1], 1e-12);
    const short = as((await runTable('distil', model, data, { parameters: { surrogate: 'linear', maxFeatures: 1 } })).finding, 'surrogate');
    assert.deepEqual([short.fidelity.length, short.linear!.coefficients[0]!.filter((value) => value !== 0).length, short.linear!.coefficients[0]![2]! > 4], [1, 1, true]);
  });

  it('agrees on classes by a sum of a linear classifier', async () => {
    const model = formulaModel((x) => 0.5 + 0.4 * (x[0]! - x[1]!), 4, 'classification');
    const { fidelity, linear } = as((await runTable('distil', model, data, { preset: 'linear' })).finding, 'surrogate');
    assert.equal(linear!.coefficients.length, 2);
    assert.equal(fidelity[1]!.heldOut, 1);
  });

  it('takes tiny tables, missing values, and answers that are no numbers', async () => {
    const few = rowsOf([[0, 1], [1, NaN], [2, 0], [3, 1], [4, 1], [5, NaN]]), half = formulaModel((x) => (x[0]! > 2 ? 1 : 0), 2, 'classification');
    assert.ok(as((await runTable('distil', half, few)).finding, 'surrogate').fidelity.length >= 1);
    const holes = formulaModel((x) => x[1]! + x[0]!, 2), { checks } = await runTable('distil', holes, few);
    assert.equal(checks.find(({ id }) => id === 'finite')!.value, 2);
    assert.match(tableMethodById('distil').applies(contextOf('distil', half, rowsOf([[1, 2]]))).reason!, /at least 4 rows to learn from and be judged by, found 1/);
    await assert.rejects(runTable('distil', formulaModel(() => NaN, 2), few), /answers none of \d rows with a number/);
    await assert.rejects(runTable('distil', half, few, { signal: AbortSignal.abort(new Error('stopped')) }), /stopped/);
  });
});
