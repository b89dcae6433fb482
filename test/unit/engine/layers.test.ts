/** Which values are layers that lie over a picture. */
import assert from 'node:assert/strict';
import { findSpatialLayers } from '../../../src/engine/layers';
import { inferShapes } from '../../../src/graph/inference/infer';
import { init, tiny, type NodeLine } from '../autodiff/tinyModel';

const shape = (...dims: number[]) => init([dims.length], dims, 'int64');

function tokenLayers(height: number, width: number, extra: number): string[] {
  const tokens = height * width, channels = 4;
  const nodes: NodeLine[] = [
    ['Conv', ['x', 'w'], ['grid']], ['Reshape', ['grid', 'rows'], ['r']], ['Transpose', ['r'], ['t'], { perm: [0, 2, 1] }],
    ...(extra ? [['Concat', ['cls', 't'], ['all'], { axis: 1 }]] as NodeLine[] : [['Identity', ['t'], ['all']]] as NodeLine[]),
    ['Add', ['all', 'one'], ['features']], ['ReduceMean', ['features'], ['m'], { axes: [2], keepdims: 1 }], ['Add', ['m', 'one'], ['statistic']], ['Div', ['features', 'statistic'], ['y']],
  ];
  const model = tiny({
    inputs: { x: ['float32', [1, 3, height, width]] }, outputs: { y: 'float32' }, nodes,
    initializers: { w: init([channels, 3, 1, 1], new Array<number>(12).fill(0.5)), rows: shape(1, channels, tokens), one: init([], [1]), cls: init([1, Math.max(extra, 1), channels], new Array<number>(channels * Math.max(extra, 1)).fill(0)) },
  });
  return findSpatialLayers(model.graph, inferShapes(model).types, ['y'], true).filter(({ layout }) => layout === 'tokens').map((layer) => `${layer.value} ${layer.height}×${layer.width} after ${layer.prefixTokens}`);
}

describe('engine/layers', () => {
  it('tokens are a grid with leading tokens where that grid was seen', () => {
    assert.deepEqual(tokenLayers(6, 6, 0), ['features 6×6 after 0']);
    assert.deepEqual(tokenLayers(6, 6, 1), ['features 6×6 after 1']);
    assert.deepEqual(tokenLayers(6, 6, 5), ['features 6×6 after 5']);
  });
  it('a row of 40 letters is no grid of 36 with 4 in front', () => {
    assert.deepEqual(tokenLayers(1, 40, 0), []);
  });
});
