/** Configs from strangers: whatever stands in them, an answer or one line comes soon, and nothing else is thrown. */
import assert from 'node:assert/strict';
import fc from 'fast-check';
import { FileSource } from '../../../../src/formats/bytes';
import { Hdf5File } from '../../../../src/formats/keras/hdf5/file';
import { translateKeras } from '../../../../src/formats/keras/translate';
import { NamedWeights } from '../../../../src/formats/keras/weights';
import { shared } from '../support';
import { randomVariable } from './recurrentSupport';

const odd: readonly unknown[] = [null, -1, 0, 1.5, 1e300, 2 ** 31, 2 ** 40, true, '', 'x', '__proto__', 'Dense', [], {}, [[]], [null], [1, [2, [3]]], { class_name: 'Dense' }, { class_name: '__keras_tensor__', config: { keras_history: ['x', -1, 2 ** 40] } }, ['input_1', 0, 0], ['input_1', -5, 7, {}], 'constructor'];

/** Replaces or removes the `pick`-th value of a JSON tree. */
function damaged(json: unknown, pick: number, value: unknown): unknown {
  let count = 0;
  const visit = (item: unknown): unknown => {
    if (count++ === pick) return value;
    if (Array.isArray(item)) return item.map(visit);
    if (typeof item === 'object' && item !== null) return Object.fromEntries(Object.entries(item).map(([name, inner]) => [name, visit(inner)]));
    return item;
  };
  return visit(json);
}

function nodes(json: unknown): number {
  return 1 + (typeof json === 'object' && json !== null ? Object.values(json).reduce<number>((sum, item) => sum + nodes(item), 0) : 0);
}

describe('damaged Keras configs', () => {
  for (const name of ['keras/cifar10_resnet8.h5', 'keras_dl4j/12net.h5', 'keras_dl4j/convlstm2d_0.h5', 'keras_dl4j/keras-attention.h5', 'keras_dl4j/model.h5', 'keras_dl4j/cnn3d_16.h5', 'keras_dl4j/bidirectional_lstm_tensorflow_2.h5']) {
    it(`${name} with any one value changed`, function () {
      const source = new FileSource(shared(this, `pack/${name}`));
      const json = JSON.parse(new Hdf5File(source).root.attribute('model_config') as string) as unknown;
      source.close();
      const weights = new NamedWeights([randomVariable('dense/kernel', [3, 4], 1), randomVariable('conv2d/kernel', [3, 3, 3, 4], 2)]);
      fc.assert(fc.property(fc.nat(nodes(json) - 1), fc.constantFrom(...odd), fc.constantFrom(1 as const, 2 as const, 3 as const), (pick, value, age) => {
        const start = Date.now();
        try {
          const { layers, graph, notRunnable } = translateKeras(damaged(json, pick, value), weights, { age });
          assert.ok(layers.length > 0 && graph.outputs.length > 0);
          assert.doesNotMatch(notRunnable ?? '', /\n/);
        } catch (error) {
          assert.equal((error as Error).name, 'BadModelFile', (error as Error).stack);
          assert.doesNotMatch((error as Error).message, /\n/);
        }
        assert.ok(Date.now() - start < 1000);
      }), { numRuns: 150 });
    });
  }
});
