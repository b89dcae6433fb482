import assert from 'node:assert/strict';
import { growTree, leafOf } from '../../../../src/methods/table/cart';
import { treeModel } from '../../../../src/methods/table/treeOnnx';
import { asFloatTensor } from '../../../../src/tensor/convert';
import { floatTensor } from '../../../../src/tensor/tensor';
import { runtimeModel, sessions } from '../tinyModels';
import { near, uniformRows } from './tables';

describe('trees as ONNX', () => {
  after(() => sessions.releaseAll());

  it('answer as the tree does, missing values too', async () => {
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
