import assert from 'node:assert/strict';
import { growTree, leafOf } from '../../../../src/methods/table/cart';
import { cutWords, treeModel, treeRules } from '../../../../src/methods/table/treeExport';
import { asFloatTensor } from '../../../../src/tensor/convert';
import { floatTensor } from '../../../../src/tensor/tensor';
import { runtimeModel, sessions } from '../tinyModels';
import { formulaModel, near, rowsOf, runTable, as, uniformRows } from './tables';

describe('trees taken elsewhere', () => {
  after(() => sessions.releaseAll());

  it('are rules in words, a line a leaf', async () => {
    const model = formulaModel((x) => (x[0]! > 2 ? 0.9 : 0.1), [{ name: 'rooms', kind: 'integer' }], 'classification'), table = rowsOf(Array.from({ length: 40 }, (_, i) => [i % 5]));
    const { tree } = as((await runTable('distil', model, table)).finding, 'surrogate'), rules = treeRules(tree!, model);
    assert.match(rules[0]!, /^rooms ≤ 2 → no \(100 % of \d+ rows\)$/);
    assert.match(rules[1]!, /^rooms > 2 → yes \(100 % of \d+ rows\)$/);
    assert.deepEqual(cutWords({ name: 'colour', kind: 'category', categories: ['red', 'green', 'blue'] }, 0.5), { left: 'colour = red', right: 'colour is one of green, blue' });
    assert.deepEqual(treeRules({ rows: 3, impurity: 0, value: [1.5] }, formulaModel(() => 1, 1)), ['always → 1.5 (mean of 3 rows)']);
  });

  it('are ONNX models that answer as the tree does, missing values too', async () => {
    const data = uniformRows(500, 3), values = data.values.map((value, i) => (i % 17 === 0 ? NaN : Math.fround(value))), rows = Array.from({ length: 500 }, (_, i) => values.subarray(3 * i, 3 * i + 3));
    for (const classes of [3, 0]) {
      const targets = Float64Array.from(rows, ([a, b]) => (classes ? (a! > 0.5 ? (b! > 0.3 ? 2 : 1) : 0) : (a || 0) * 3 - (b || 0)));
      const tree = growTree({ rows: 500, features: 3, values, targets, classes }, { maxDepth: 6, minLeaf: 2 });
      const outputs = classes ? ['a', 'b', 'c'] : ['y'], task = classes ? 'classification' : 'regression', features = ['x', 'y', 'z'].map((name) => ({ name, kind: 'number' as const }));
      const { file, ...rest } = treeModel(tree, { features, outputs, task }), model = runtimeModel({ ...rest, file: `${file}-${classes}` }, [1, 3]);
      const answers = await model.run({ features: floatTensor([500, 3], Float32Array.from(values)) });
      near(asFloatTensor(answers[classes ? 'probabilities' : 'value']!).data, rows.flatMap((row) => [...leafOf(tree, row).value]), 1e-5);
      if (classes) assert.deepEqual(answers.label!.data, rows.map((row) => { const { value } = leafOf(tree, row); return outputs[value.indexOf(Math.max(...value))]!; }));
    }
  });
});
