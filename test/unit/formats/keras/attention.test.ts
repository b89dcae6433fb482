import { assertClose, assertDims, numbers, oneLayer, randomVariable, runKeras, tensorOf, type Values } from './recurrentSupport';
import type { LayerVariable } from '../../../../src/formats/keras/layer';

/** Plain arrays: a tensor as a function of its indices. */
type Tensor = { dims: readonly number[]; at: (...index: number[]) => number };

function input(dims: readonly number[], seed = 1): Values {
  return { dims, data: Float32Array.from(numbers(dims.reduce((product, dim) => product * dim, 1), seed)) };
}

function tensor({ dims, data }: { dims: readonly number[]; data: ArrayLike<number> }): Tensor {
  return { dims, at: (...index) => data[index.reduce((offset, i, axis) => offset * dims[axis]! + i, 0)]! };
}

function weight({ init }: LayerVariable): Tensor {
  if (init.kind !== 'inline') throw new Error('weights of these tests are inline');
  return tensor({ dims: init.dims, data: new Float32Array(init.bytes.buffer, init.bytes.byteOffset, init.bytes.byteLength / 4) });
}

function build(dims: readonly number[], of: (...index: number[]) => number): Values {
  const data = new Float32Array(dims.reduce((product, dim) => product * dim, 1));
  for (let flat = 0; flat < data.length; flat++) {
    const index: number[] = [];
    for (let axis = dims.length - 1, rest = flat; axis >= 0; axis--) {
      index.unshift(rest % dims[axis]!);
      rest = Math.floor(rest / dims[axis]!);
    }
    data[flat] = of(...index);
  }
  return { dims, data };
}

const sum = (count: number, of: (index: number) => number): number => Array.from({ length: count }, (_, index) => of(index)).reduce((a, b) => a + b, 0);

function softmax(scores: number[]): number[] {
  const top = Math.max(...scores), exps = scores.map((score) => Math.exp(score - top)), total = exps.reduce((a, b) => a + b, 0);
  return exps.map((value) => value / total);
}

/** softmax over the keys that `allowed` lets through, times the values. */
function attend(query: Tensor, keys: number, width: number, score: (n: number, t: number, s: number) => number, value: Tensor, allowed: (n: number, t: number, s: number) => boolean = () => true): Values {
  const [batch, queries] = query.dims as [number, number];
  const weights = Array.from({ length: batch }, (_, n) => Array.from({ length: queries }, (_, t) => softmax(Array.from({ length: keys }, (_, s) => (allowed(n, t, s) ? score(n, t, s) : -1e9)))));
  return build([batch, queries, width], (n, t, i) => sum(keys, (s) => weights[n!]![t!]![s]! * value.at(n!, s, i!)));
}

describe('Keras attention layers', () => {
  const q = input([2, 3, 4], 1), v = input([2, 5, 4], 2), k = input([2, 5, 4], 3);
  const [query, value, key] = [tensor(q), tensor(v), tensor(k)];
  const dims = [[null, 3, 4], [null, 5, 4], [null, 5, 4]];
  const listed = [['a', 'b', 'c'].map((name) => tensorOf(name))];
  const dot = (n: number, t: number, s: number): number => sum(4, (i) => query.at(n, t, i) * key.at(n, s, i));

  it('Attention: dot products, a scale, additive scores', async () => {
    const plain = await runKeras(oneLayer('Attention', {}, dims, { args: listed }), [], [q, v, k]);
    assertClose(plain.outputs[0]!, attend(query, 5, 4, dot, value), 1e-5, 'dot');
    assertDims(plain.graph, plain.outputs);
    const scale = randomVariable('layer/scale', [], 4), factor = weight(scale).at();
    const scaled = await runKeras(oneLayer('Attention', { use_scale: true }, dims, { args: listed }), [scale], [q, v, k]);
    assertClose(scaled.outputs[0]!, attend(query, 5, 4, (n, t, s) => factor * dot(n, t, s), value), 1e-5, 'scaled');
    const concat = randomVariable('layer/concat_score_weight', [], 9), outer = weight(concat).at();
    const additive = await runKeras(oneLayer('Attention', { use_scale: true, score_mode: 'concat' }, dims, { args: listed }), [scale, concat], [q, v, k]);
    const score = (n: number, t: number, s: number): number => outer * sum(4, (i) => Math.tanh(factor * (query.at(n, t, i) + key.at(n, s, i))));
    assertClose(additive.outputs[0]!, attend(query, 5, 4, score, value), 1e-5, 'concat');
  });

  it('Attention: causal, and with its scores', async () => {
    const { outputs } = await runKeras(oneLayer('Attention', {}, dims.slice(0, 2), { args: [[tensorOf('a'), tensorOf('b')]], kwargs: { use_causal_mask: true, return_attention_scores: true }, outputs: 2 }), [], [q, v]);
    const score = (n: number, t: number, s: number): number => sum(4, (i) => query.at(n, t, i) * value.at(n, s, i));
    assertClose(outputs[0]!, attend(query, 5, 4, score, value, (_, t, s) => s <= t), 1e-5, 'causal');
    assertClose(outputs[1]!, build([2, 3, 5], (n, t, s) => softmax(Array.from({ length: 5 }, (_, at) => (at <= t! ? score(n!, t!, at) : -1e9)))[s!]!), 1e-5, 'scores');
  });

  it('AdditiveAttention', async () => {
    const scale = randomVariable('layer/scale', [4], 4), factor = weight(scale);
    const { outputs } = await runKeras(oneLayer('AdditiveAttention', { use_scale: true }, dims, { args: listed }), [scale], [q, v, k], 2);
    assertClose(outputs[0]!, attend(query, 5, 4, (n, t, s) => sum(4, (i) => factor.at(i) * Math.tanh(query.at(n, t, i) + key.at(n, s, i))), value), 1e-5, 'additive');
  });

  it('Attention: masks of an Embedding and of a Masking layer', async () => {
    const layers = [
      { class_name: 'InputLayer', name: 'a', config: { name: 'a', batch_shape: [null, 4] }, inbound_nodes: [] },
      { class_name: 'Embedding', name: 'e', config: { name: 'e', input_dim: 6, output_dim: 3, mask_zero: true }, inbound_nodes: [{ args: [tensorOf('a')], kwargs: {} }] },
      { class_name: 'Attention', name: 'layer', config: { name: 'layer' }, inbound_nodes: [{ args: [[tensorOf('e'), tensorOf('e')]], kwargs: {} }] },
    ];
    const table = randomVariable('e/embeddings', [6, 3], 3), rows = weight(table), words = [1, 2, 0, 5];
    const { outputs } = await runKeras({ class_name: 'Functional', config: { name: 'm', layers, input_layers: [['a', 0, 0]], output_layers: [['layer', 0, 0]] } }, [table], [{ dims: [1, 4], data: Float32Array.from(words) }]);
    const embedded = tensor(build([1, 4, 3], (_, t, i) => rows.at(words[t!]!, i!)));
    const expected = attend(embedded, 4, 3, (n, t, s) => sum(3, (i) => embedded.at(n, t, i) * embedded.at(n, s, i)), embedded, (_, __, s) => words[s] !== 0);
    expected.data.fill(0, 6, 9);
    assertClose(outputs[0]!, expected, 1e-5, 'masked');
  });

  interface Heads { heads: number; kv: number; size: number; valueSize: number; out: number }

  function headWeights({ heads, kv, size, valueSize, out }: Heads, width: number): LayerVariable[] {
    return [
      randomVariable('layer/query/kernel', [width, heads, size], 1), randomVariable('layer/query/bias', [heads, size], 2),
      randomVariable('layer/key/kernel', [width, kv, size], 3), randomVariable('layer/key/bias', [kv, size], 4),
      randomVariable('layer/value/kernel', [width, kv, valueSize], 5), randomVariable('layer/value/bias', [kv, valueSize], 6),
      randomVariable('layer/attention_output/kernel', [heads, valueSize, out], 7), randomVariable('layer/attention_output/bias', [out], 8),
    ];
  }

  function multiHead(shape: Heads, weights: LayerVariable[], query: Tensor, value: Tensor, allowed: (n: number, t: number, s: number) => boolean = () => true): Values {
    const [wq, bq, wk, bk, wv, bv, wo, bo] = weights.map(weight) as [Tensor, Tensor, Tensor, Tensor, Tensor, Tensor, Tensor, Tensor];
    const { heads, kv, size, valueSize, out } = shape, width = query.dims[2]!, keys = value.dims[1]!;
    const project = (x: Tensor, w: Tensor, b: Tensor, n: number, t: number, h: number, i: number): number => b.at(h, i) + sum(width, (j) => x.at(n, t, j) * w.at(j, h, i));
    const [batch, queries] = query.dims as [number, number];
    const group = heads / kv;
    const context = tensor(build([batch, queries, heads, valueSize], (n, t, h, i) => {
      const at = Math.floor(h! / group);
      const weights = softmax(Array.from({ length: keys }, (_, s) => (allowed(n!, t!, s) ? sum(size, (j) => project(query, wq, bq, n!, t!, h!, j) * project(value, wk, bk, n!, s, at, j)) / Math.sqrt(size) : -1e9)));
      return sum(keys, (s) => weights[s]! * project(value, wv, bv, n!, s, at, i!));
    }));
    return build([batch, queries, out], (n, t, o) => bo.at(o!) + sum(heads, (h) => sum(valueSize, (i) => context.at(n!, t!, h, i) * wo.at(h, i, o!))));
  }

  it('MultiHeadAttention: value size, output size, attention_mask, causal mask; arguments by place and by name', async () => {
    const shape = { heads: 2, kv: 2, size: 3, valueSize: 5, out: 6 }, weights = headWeights(shape, 4);
    const config = { num_heads: 2, key_dim: 3, value_dim: 5, output_shape: 6 };
    const byPlace = await runKeras(oneLayer('MultiHeadAttention', config, dims.slice(0, 2)), weights, [q, v]);
    assertClose(byPlace.outputs[0]!, multiHead(shape, weights, query, value), 1e-5, 'by place');
    assertDims(byPlace.graph, byPlace.outputs);
    const mask = build([2, 3, 5], (n, t, s) => ((n! + t! + s!) % 3 === 0 ? 0 : 1));
    const byName = await runKeras(oneLayer('MultiHeadAttention', config, [...dims.slice(0, 2), [null, 3, 5]], { args: [tensorOf('a')], kwargs: { value: tensorOf('b'), attention_mask: tensorOf('c'), use_causal_mask: true } }), weights, [q, v, mask]);
    assertClose(byName.outputs[0]!, multiHead(shape, weights, query, value, (n, t, s) => (n + t + s) % 3 !== 0 && s <= t), 1e-5, 'masked');
  });

  it('GroupQueryAttention', async () => {
    const shape = { heads: 4, kv: 2, size: 3, valueSize: 3, out: 4 }, weights = headWeights(shape, 4);
    const { outputs } = await runKeras(oneLayer('GroupQueryAttention', { head_dim: 3, num_query_heads: 4, num_key_value_heads: 2 }, dims.slice(0, 2)), weights, [q, v]);
    assertClose(outputs[0]!, multiHead(shape, weights, query, value), 1e-5, 'grouped');
  });

  it('MultiHeadAttention over some axes, and over several', async () => {
    const shape = { heads: 2, kv: 2, size: 3, valueSize: 3, out: 4 }, weights = headWeights(shape, 4), config = { num_heads: 2, key_dim: 3 };
    const x = input([2, 3, 2, 4], 5), of = tensor(x);
    const run = async (axes: number[] | undefined): Promise<Values> => (await runKeras(oneLayer('MultiHeadAttention', { ...config, ...(axes ? { attention_axes: axes } : {}) }, [[null, 3, 2, 4]], { args: [tensorOf('a'), tensorOf('a')] }), weights, [x])).outputs[0]!;
    // Every other axis is one more batch axis; attended axes together are one axis of positions.
    const columns = tensor(build([4, 3, 4], (n, t, i) => of.at(Math.floor(n! / 2), t!, n! % 2, i!)));
    const byColumn = tensor(multiHead(shape, weights, columns, columns));
    assertClose(await run([1]), build([2, 3, 2, 4], (n, t, c, i) => byColumn.at(n! * 2 + c!, t!, i!)), 1e-5, 'axis 1');
    const flat = tensor({ dims: [2, 6, 4], data: x.data });
    assertClose(await run(undefined), { dims: [2, 3, 2, 4], data: multiHead(shape, weights, flat, flat).data }, 1e-5, 'axes 1 and 2');
  });
});
