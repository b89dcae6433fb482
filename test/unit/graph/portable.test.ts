/**
 * Nodes that GPU providers get wrong or leave to the CPU, written otherwise: the same values. Here on the CPU; the GPU suite
 * (tools/gpu.mjs) runs what was rewritten on its device.
 */
import assert from 'node:assert/strict';
import { portable } from '../../../src/graph/portable';
import type { ModelFile } from '../../../src/graph/graph';
import { Random } from '../autodiff/random';
import { count, openSession, runSession, type Values } from '../autodiff/runGraph';
import { init, randomInit, tiny, type NodeLine } from '../autodiff/tinyModel';

interface Case {
  readonly what: string;
  readonly x: readonly number[];
  readonly w: readonly number[];
  readonly bias?: number;
  readonly node: NodeLine;
  readonly gone: (node: ModelFile['graph']['nodes'][number]) => boolean;
}

const cases: readonly Case[] = [
  { what: 'a bias written as absent', x: [1, 2, 6, 5], w: [3, 2, 2, 2], node: ['Conv', ['x', 'w', ''], ['y']], gone: ({ inputs }) => inputs.includes('') },
  { what: 'a bias written as absent, transposed', x: [1, 2, 6, 5], w: [2, 3, 2, 2], node: ['ConvTranspose', ['x', 'w', ''], ['y'], { strides: [2, 1] }], gone: ({ inputs }) => inputs.includes('') },
  { what: '1×1, padded behind', x: [2, 3, 6, 5], w: [4, 3, 1, 1], bias: 4, node: ['Conv', ['x', 'w', 'b'], ['y'], { pads: [0, 0, 2, 1] }], gone: ({ attributes }) => padsOf(attributes).slice(0, 2).every((pad) => pad === 0n) },
  { what: '1×1, padded behind, strides', x: [1, 3, 7, 8], w: [4, 3, 1, 1], bias: 4, node: ['Conv', ['x', 'w', 'b'], ['y'], { pads: [0, 0, 1, 3], strides: [2, 3], kernel_shape: [1, 1] }], gone: ({ attributes }) => padsOf(attributes).slice(0, 2).every((pad) => pad === 0n) },
  { what: '1 wide, padded behind', x: [1, 3, 7], w: [4, 3, 1], node: ['Conv', ['x', 'w'], ['y'], { pads: [0, 2] }], gone: ({ attributes }) => padsOf(attributes)[0] === 0n },
  { what: '1×1, padded behind, in groups', x: [1, 6, 7, 8], w: [12, 3, 1, 1], bias: 12, node: ['Conv', ['x', 'w', 'b'], ['y'], { pads: [0, 0, 1, 3], group: 2 }], gone: ({ attributes }) => attributes.has('group') || padsOf(attributes).slice(0, 2).every((pad) => pad === 0n) },
  { what: 'a kernel as large as the picture, padded behind', x: [1, 3, 3, 2], w: [4, 3, 3, 2], node: ['Conv', ['x', 'w'], ['y'], { pads: [0, 0, 1, 1] }], gone: ({ attributes }) => padsOf(attributes).slice(0, 2).every((pad) => pad === 0n) },
  { what: 'transposed in groups of several channels', x: [1, 6, 4, 5], w: [6, 2, 3, 2], bias: 6, node: ['ConvTranspose', ['x', 'w', 'b'], ['y'], { group: 3, strides: [2, 1], pads: [1, 0, 0, 1], output_padding: [1, 0] }], gone: ({ attributes }) => attributes.has('group') },
  { what: 'in groups of several channels, to six each', x: [2, 4, 6, 5], w: [12, 2, 3, 3], bias: 12, node: ['Conv', ['x', 'w', 'b'], ['y'], { group: 2, pads: [0, 0, 1, 1] }], gone: ({ attributes }) => attributes.has('group') },
  { what: 'in groups of one channel, to five each', x: [2, 2, 6, 5], w: [10, 1, 3, 3], node: ['Conv', ['x', 'w'], ['y'], { group: 2 }], gone: ({ attributes }) => attributes.has('group') },
  { what: 'three axes in groups', x: [1, 4, 4, 5, 4], w: [6, 2, 2, 3, 1], bias: 6, node: ['Conv', ['x', 'w', 'b'], ['y'], { group: 2, strides: [1, 2, 1] }], gone: ({ attributes }) => attributes.has('group') },
];

function padsOf(attributes: ModelFile['graph']['nodes'][number]['attributes']): readonly bigint[] {
  const pads = attributes.get('pads');
  return pads?.kind === 'ints' ? pads.value : [];
}

function modelOf({ x, w, bias, node }: Case, random: Random): ModelFile {
  return tiny({ inputs: { x: ['float32', x] }, outputs: { y: 'float32' }, initializers: { w: randomInit(random, w), ...(bias !== undefined && { b: randomInit(random, [bias]) }) }, nodes: [node] });
}

/** Both models give the same for these inputs. */
async function same(model: ModelFile, other: ModelFile, feeds: Readonly<Record<string, Values>>, tolerance: number): Promise<void> {
  const device = process.env.MODEL_LENS_RULE_DEVICE;
  const [before, after] = [await openSession(model), await openSession(other, device ? { executionProviders: [device, 'cpu'] } : {})];
  const expected = (await runSession(before, feeds)).y!, found = (await runSession(after, feeds)).y!;
  assert.deepEqual([...found.dims], [...expected.dims]);
  found.data.forEach((value, i) => assert.ok(Math.abs(value - expected.data[i]!) <= tolerance, `element ${i}: ${value}, expected ${expected.data[i]}`));
  await before.release();
  await after.release();
}

describe('what GPU providers get wrong, written otherwise', () => {
  for (const [seed, item] of cases.entries()) {
    it(item.what, async () => {
      const random = new Random(seed + 1), model = modelOf(item, random), other = portable(model);
      const convolutions = ({ graph }: ModelFile): ModelFile['graph']['nodes'] => graph.nodes.filter(({ opType }) => opType.startsWith('Conv'));
      assert.ok(convolutions(model).some(item.gone) && !convolutions(other).some(item.gone));
      const feeds = { x: { dtype: 'float32' as const, dims: item.x, data: Array.from({ length: count(item.x) }, () => random.float()) } };
      await same(model, other, feeds, 1e-5);
    });
  }

  it('groups of weights that are computed', async () => {
    const random = new Random(9), dims = [1, 4, 5, 5], initializers = { v: randomInit(random, [3, 3, 10, 2]) };
    const model = tiny({ inputs: { x: ['float32', dims] }, outputs: { y: 'float32' }, initializers, nodes: [['Transpose', ['v'], ['w'], { perm: [2, 3, 0, 1] }], ['Conv', ['x', 'w'], ['y'], { group: 2 }]] });
    const other = portable(model);
    assert.equal(other.graph.nodes.filter(({ opType }) => opType === 'Conv').length, 2);
    const feeds = { x: { dtype: 'float32' as const, dims, data: Array.from({ length: count(dims) }, () => random.float()) } };
    await same(model, other, feeds, 1e-5);
  });

  const dims = [1, 4, 6, 4], elementwise: readonly NodeLine[] = [
    ['Sum', ['x', 'x', 'k'], ['y']], ['Sum', ['x'], ['y']], ['Mean', ['x', 'k', 'x'], ['y']], ['Sign', ['x'], ['y']], ['Round', ['x'], ['y']], ['LogSoftmax', ['x'], ['y'], { axis: 1 }], ['LogSoftmax', ['x'], ['y']],
    ['Selu', ['x'], ['y']], ['Selu', ['x'], ['y'], { alpha: { float: 0.7 }, gamma: { float: 1.3 } }], ['Celu', ['x'], ['y'], { alpha: { float: 0.6 } }], ['Softsign', ['x'], ['y']], ['Dropout', ['x'], ['y']], ['SpaceToDepth', ['x'], ['y'], { blocksize: 2 }],
  ];
  for (const node of elementwise) {
    it(`${node[0]}(${node[1].join(', ')})${node[3] ? ` ${JSON.stringify(node[3])}` : ''}`, async () => {
      const random = new Random(3), model = tiny({ inputs: { x: ['float32', dims] }, outputs: { y: 'float32' }, initializers: { k: randomInit(random, [4, 1, 1]) }, nodes: [node] }), other = portable(model);
      assert.ok(!other.graph.nodes.some(({ opType }) => opType === node[0]));
      // Zeros and halves too.
      await same(model, other, { x: { dtype: 'float32', dims, data: Array.from({ length: count(dims) }, (_, i) => (i % 3 === 0 ? random.int(-7, 7) / 2 : random.float(-3, 3))) } }, 1e-5);
    });
  }

  it('a Dropout whose mask nobody reads', async () => {
    const nodes: readonly NodeLine[] = [['Dropout', ['x'], ['d', 'mask']], ['Exp', ['d'], ['y']]], model = tiny({ inputs: { x: ['float32', dims] }, outputs: { y: 'float32' }, nodes }), other = portable(model);
    assert.ok(!other.graph.nodes.some(({ opType }) => opType === 'Dropout'));
    const read = tiny({ inputs: { x: ['float32', dims] }, outputs: { y: 'float32', mask: 'bool' }, nodes });
    assert.equal(portable(read), read);
  });

  it('Einsum whose operands differ along an axis', async () => {
    for (const [a, b, equation] of [[[2, 3, 3], [1, 3, 4], '...ij,...jk->...ik'], [[1, 3, 2], [4, 2, 5], '...ij,...jk->...ik'], [[2, 3, 4], [1, 5, 4], 'Aik,Ajk->Aij']] as const) {
      const random = new Random(5), model = tiny({ inputs: { a: ['float32', a], b: ['float32', b] }, outputs: { y: 'float32' }, nodes: [['Einsum', ['a', 'b'], ['y'], { equation }]] }), other = portable(model);
      assert.notEqual(other, model);
      const values = (own: readonly number[]): Values => ({ dtype: 'float32', dims: own, data: Array.from({ length: count(own) }, () => random.float()) });
      await same(model, other, { a: values(a), b: values(b) }, 1e-5);
    }
  });

  it('Or', async () => {
    const model = tiny({ inputs: { a: ['bool', [4]], b: ['bool', [4]] }, outputs: { y: 'bool' }, nodes: [['Or', ['a', 'b'], ['y']]] }), other = portable(model);
    assert.ok(!other.graph.nodes.some(({ opType }) => opType === 'Or'));
    await same(model, other, { a: { dtype: 'bool', dims: [4], data: [0, 0, 1, 1] }, b: { dtype: 'bool', dims: [4], data: [0, 1, 0, 1] } }, 0);
  });

  it('rounding to eight bits and back, with and without a zero point', async () => {
    for (const zero of [init([], [100], 'uint8'), undefined]) {
      const parameters = ['s', ...(zero ? ['z'] : [])], initializers = { s: init([], [0.05]), ...(zero && { z: zero }) };
      const model = tiny({ inputs: { x: ['float32', dims] }, outputs: { y: 'float32' }, initializers, nodes: [['QuantizeLinear', ['x', ...parameters], ['q']], ['DequantizeLinear', ['q', ...parameters], ['y']]] }), other = portable(model);
      assert.ok(!other.graph.nodes.some(({ opType }) => /Quantize/.test(opType)));
      // Beyond both ends, and halves of a step.
      await same(model, other, { x: { dtype: 'float32', dims, data: Array.from({ length: count(dims) }, (_, i) => (i - 48) * 0.225) } }, 1e-6);
    }
  });

  it('bytes that something else reads stay bytes', () => {
    const model = tiny({
      inputs: { x: ['float32', dims] }, outputs: { y: 'float32' }, initializers: { s: init([], [0.05]), z: init([], [0], 'uint8') },
      nodes: [['QuantizeLinear', ['x', 's', 'z'], ['q']], ['Transpose', ['q'], ['t']], ['DequantizeLinear', ['t', 's', 'z'], ['y']]],
    });
    assert.equal(portable(model), model);
  });

  it('an old Clip is written as a new one', async () => {
    const model = tiny({ inputs: { x: ['float32', dims] }, outputs: { y: 'float32' }, opset: 9, nodes: [['Clip', ['x'], ['y'], { min: { float: -1 }, max: { float: 1 } }]] }), other = portable(model);
    assert.equal(other.graph.nodes[0]!.attributes.size, 0);
    await same(model, other, { x: { dtype: 'float32', dims, data: Array.from({ length: count(dims) }, (_, i) => i / 20 - 2) } }, 0);
  });

  it('anything else stays as it is, the same object', () => {
    const initializers = { w: randomInit(new Random(1), [4, 1, 3, 3]), v: randomInit(new Random(2), [4, 4, 1, 1]) };
    const model = tiny({ inputs: { x: ['float32', [1, 4, 6, 6]] }, outputs: { y: 'float32' }, initializers, nodes: [['Conv', ['x', 'w'], ['a'], { group: 4, pads: [0, 0, 1, 1] }], ['Conv', ['a', 'v'], ['b'], { pads: [1, 0, 1, 0] }], ['Relu', ['b'], ['y']]] });
    assert.equal(portable(model), model);
  });
});
