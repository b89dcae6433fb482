import assert from 'node:assert/strict';
import { withRealInputs } from '../../../src/graph/realInputs';
import type { ModelFile } from '../../../src/graph/graph';
import { openSession, runSession } from '../autodiff/runGraph';
import { init, tiny, type NodeLine } from '../autodiff/tinyModel';
import type { DType } from '../../../src/tensor/dtype';

const dims = [1, 2, 2, 3], data = Array.from({ length: 12 }, (_, index) => index * 20);

function picture(dtype: DType, nodes: readonly NodeLine[]): ModelFile {
  return tiny({ inputs: { x: [dtype, dims] }, outputs: { y: 'float32' }, initializers: { s: init([], [0.5]), z: init([], [100], 'uint8') }, nodes });
}

describe('pictures of whole numbers as inputs of real ones', () => {
  const forms: Readonly<Record<string, readonly NodeLine[]>> = {
    'cast to floats': [['Cast', ['x'], ['f'], { to: 1 }], ['Mul', ['f', 's'], ['y']]],
    'moved, then dequantised': [['Transpose', ['x'], ['t'], { perm: [0, 3, 1, 2] }], ['DequantizeLinear', ['t', 's', 'z'], ['y']]],
    'read as whole numbers besides': [['Cast', ['x'], ['f'], { to: 1 }], ['MaxPool', ['x'], ['p'], { kernel_shape: [1, 1] }], ['Cast', ['p'], ['g'], { to: 1 }], ['Add', ['f', 'g'], ['y']]],
  };
  for (const [what, nodes] of Object.entries(forms)) {
    it(what, async () => {
      const before = picture('uint8', nodes), after = withRealInputs(before);
      const port = after.graph.inputs[0]!.type;
      assert.ok(port.kind === 'tensor' && port.dtype === 'float32');
      const [whole, real] = [await openSession(before), await openSession(after)];
      const expected = (await runSession(whole, { x: { dtype: 'uint8', dims, data } })).y!, found = (await runSession(real, { x: { dtype: 'float32', dims, data } })).y!;
      assert.deepEqual(found, expected);
      await whole.release();
      await real.release();
    });
  }
  it('tokens and counts stay whole', () => {
    const words = tiny({ inputs: { x: ['int64', [1, 4]] }, outputs: { y: 'float32' }, initializers: { e: init([5, 2], new Array<number>(10).fill(1)) }, nodes: [['Gather', ['e', 'x'], ['y']]] });
    assert.equal(withRealInputs(words), words);
    const handedThrough = tiny({ inputs: { x: ['uint8', dims] }, outputs: { x: 'uint8' }, nodes: [] });
    assert.equal(withRealInputs(handedThrough).graph, handedThrough.graph);
  });
});
