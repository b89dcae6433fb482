/**
 * MultiHeadAttention and GroupQueryAttention. Projections are products with [features, heads · size]; attention runs on
 * [batch, …, heads, positions, size], whichever axes of the input are attended over.
 */
import type { Emitter, Flow } from '../../translate/emitter';
import { dimsOf, knownDim, NotTranslatable, TensorArgument, type KerasTensor, type LayerContext, type LayerTable, type LayerWeights } from '../layer';
import { allOf, causalMask, largeNegative, slidingWindowMask } from './attentionMask';
import { tensorsIn } from './recurrentArguments';

/** What differs between the layers. */
interface Heads {
  readonly query: number;
  /** Heads of keys and values; each serves query / keyValue heads of queries. */
  readonly keyValue: number;
  readonly keySize: number;
  readonly valueSize: number;
}

function multiHead(layer: LayerContext): readonly KerasTensor[] {
  const { config } = layer;
  const heads = config.int('num_heads'), keySize = config.int('key_dim');
  return attention(layer, { query: heads, keyValue: heads, keySize, valueSize: config.int('value_dim', keySize) || keySize });
}

function groupQuery(layer: LayerContext): readonly KerasTensor[] {
  const { config } = layer;
  const size = config.int('head_dim'), query = config.int('num_query_heads'), keyValue = config.int('num_key_value_heads');
  if (keyValue < 1 || query % keyValue !== 0) throw new NotTranslatable(`has ${query} query heads for ${keyValue} key heads, which must divide them`);
  return attention(layer, { query, keyValue, keySize: size, valueSize: size });
}

function attention(layer: LayerContext, heads: Heads): readonly KerasTensor[] {
  const { e, config } = layer;
  const { query, value, key } = operands(layer);
  const rank = dimsOf(layer, query).length;
  const axes = attentionAxes(layer, rank);
  const names = (attribute: string, name: string): LayerWeights => layer.weights.child([`${attribute}_dense`, `_${attribute}_dense`, name]);
  const dense = (input: KerasTensor, attribute: string, count: number, size: number): string =>
    projection(layer, names(attribute, attribute), e.natural(input), rank, knownDim(layer, input, -1), count, size);

  const q = dense(query, 'query', heads.query, heads.keySize);
  const k = repeated(e, dense(key, 'key', heads.keyValue, heads.keySize), rank, heads, heads.keySize);
  const gate = config.bool('use_gate', false) ? e.op('Sigmoid', [dense(query, 'gate', heads.query, heads.valueSize)]) : undefined;
  const v = repeated(e, dense(value, 'value', heads.keyValue, heads.valueSize), rank, heads, heads.valueSize);

  const places = arrange(rank, axes);
  const queries = e.transpose(q, places.perm);
  const scaled = e.op('Mul', [positionsMerged(e, queries, places, heads.keySize), e.constant(1 / Math.sqrt(heads.keySize), 'float32')]);
  const scores = e.op('MatMul', [scaled, keysLast(e, k, places)]);
  const mask = scoreMask(layer, { query, value, key }, scores, axes.length);
  const masked = mask === undefined ? scores : e.op('Where', [mask, scores, e.op('Add', [scores, largeNegative(e)])]);
  const weights = e.op('Softmax', [masked], { axis: -1 });
  const attended = e.op('MatMul', [weights, positionsMerged(e, e.transpose(v, places.perm), places, heads.valueSize)]);
  const apart = axes.length === 1 ? attended
    : e.op('Reshape', [attended, e.concat([e.op('Shape', [queries], { start: 0, end: -1 }), e.int64s([heads.valueSize])], 0)]);
  let perPosition = e.transpose(apart, places.inverse);
  if (gate !== undefined) perPosition = e.op('Mul', [perPosition, gate]);
  const output = outputProjection(layer, layer.weights.child(['output_dense', '_output_dense', 'attention_output']), perPosition, rank, heads, query);
  const result: KerasTensor = { value: output, stored: 'natural', ...(query.mask ? { mask: query.mask } : {}) };
  if (layer.kwargs.get('return_attention_scores') !== true) return [result];
  if (axes.length > 1) throw new NotTranslatable('returns scores over several attention axes');
  return [result, { value: weights, stored: 'natural' }];
}

function operands(layer: LayerContext): { query: KerasTensor; value: KerasTensor; key: KerasTensor } {
  const argument = (name: string, place: number): KerasTensor | undefined => {
    const positional = layer.args[place];
    return tensorsIn(layer.kwargs.get(name))[0] ?? (positional instanceof TensorArgument ? positional.tensor : undefined);
  };
  const query = argument('query', 0), value = argument('value', 1);
  if (!query || !value) throw new NotTranslatable('is called without a query and a value');
  return { query, value, key: argument('key', 2) ?? value };
}

function attentionAxes(layer: LayerContext, rank: number): number[] {
  if (rank < 3) throw new NotTranslatable(`gets a query of rank ${rank}, expected at least [batch, positions, features]`);
  const given = layer.config.raw('attention_axes');
  if (given === undefined) return Array.from({ length: rank - 2 }, (_, axis) => axis + 1);
  const axes = (typeof given === 'number' ? [given] : layer.config.ints('attention_axes')).map((axis) => (axis < 0 ? axis + rank : axis));
  if (axes.length === 0 || axes.some((axis) => axis < 1 || axis > rank - 2)) throw new NotTranslatable(`attends over axes [${axes.join(', ')}] of a value of rank ${rank}`);
  return axes;
}

/** x·W + b with W [features, heads, size]: [..., heads, size]. */
function projection(layer: LayerContext, weights: LayerWeights, x: string, rank: number, features: number, heads: number, size: number): string {
  const { e } = layer;
  const kernel = layer.weight('kernel', [features, heads, size], weights);
  let product = e.op('MatMul', [x, e.reshape(kernel, [features, heads * size])]);
  if (layer.config.bool('use_bias', true)) product = e.op('Add', [product, e.reshape(layer.weight('bias', [heads, size], weights), [heads * size])]);
  return e.reshape(product, [...new Array<number>(rank - 1).fill(0), heads, size]);
}

function outputProjection(layer: LayerContext, weights: LayerWeights, perPosition: string, rank: number, heads: Heads, query: KerasTensor): string {
  const { e, config } = layer;
  const declared = config.raw('output_shape');
  const shape = declared === undefined ? [knownDim(layer, query, -1)] : typeof declared === 'number' ? [declared] : config.ints('output_shape');
  const width = heads.query * heads.valueSize, features = shape.reduce((product, dim) => product * dim, 1);
  const lead = new Array<number>(rank - 1).fill(0);
  const kernel = layer.weight('kernel', [heads.query, heads.valueSize, ...shape], weights);
  let product = e.op('MatMul', [e.reshape(perPosition, [...lead, width]), e.reshape(kernel, [width, features])]);
  if (config.bool('use_bias', true)) product = e.op('Add', [product, e.reshape(layer.weight('bias', shape, weights), [features])]);
  return shape.length === 1 ? product : e.reshape(product, [...lead, ...shape]);
}

/** Keys or values [..., keyValue, size] with each head as often as it serves queries. */
function repeated(e: Emitter, x: string, rank: number, heads: Heads, size: number): string {
  const times = heads.query / heads.keyValue;
  if (times === 1) return x;
  const wide = e.expand(e.unsqueeze(x, [rank]), [...new Array<number>(rank).fill(1), times, 1]);
  return e.reshape(wide, [...new Array<number>(rank - 1).fill(0), heads.query, size]);
}

interface Places {
  /** From [batch, …positions in the input's order, heads, size] to [batch, …others, heads, …attended, size]. */
  readonly perm: readonly number[];
  readonly inverse: readonly number[];
  /** How many axes stand before the attended ones. */
  readonly lead: number;
  readonly attended: number;
}

function arrange(rank: number, axes: readonly number[]): Places {
  const others = Array.from({ length: rank - 1 }, (_, axis) => axis).filter((axis) => !axes.includes(axis));
  const perm = [...others, rank - 1, ...axes, rank];
  const inverse = perm.map((_, axis) => perm.indexOf(axis));
  return { perm, inverse, lead: others.length + 1, attended: axes.length };
}

/** [..., …attended, size] → [..., positions, size] */
function positionsMerged(e: Emitter, x: string, { lead, attended }: Places, size: number): string {
  return attended === 1 ? x : e.reshape(x, [...new Array<number>(lead).fill(0), -1, size]);
}

/** Keys as [..., heads, size, positions]. */
function keysLast(e: Emitter, k: string, { perm, lead, attended }: Places): string {
  const moved = e.transpose(k, [...perm.slice(0, lead), perm.at(-1)!, ...perm.slice(lead, -1)]);
  return attended === 1 ? moved : e.reshape(moved, [...new Array<number>(lead + 1).fill(0), -1]);
}

/** bool, broadcasting with scores [batch, …, heads, queries, keys]. */
function scoreMask(layer: LayerContext, operand: { query: KerasTensor; value: KerasTensor; key: KerasTensor }, scores: string, axes: number): string | undefined {
  const { e, config } = layer;
  const rank = e.storedDims(scores)!.length;
  const given = tensorsIn(layer.kwargs.get('attention_mask'))[0];
  const masks = given ? [expanded(layer, given, scores, rank, axes)] : [];
  const sequence = (flow: Flow | undefined, axis: -1 | -2): void => {
    if (!flow || axes > 1 || dimsOf(layer, flow).length !== 2) return;
    // [batch, positions] → [batch, 1, …, positions or 1, 1 or positions]
    const inserted = Array.from({ length: rank - 3 }, (_, at) => at + 1);
    masks.push(e.unsqueeze(e.natural(flow), [...inserted, axis === -1 ? rank - 1 : rank - 2]));
  };
  const maskOf = (name: 'query' | 'value' | 'key'): Flow | undefined => tensorsIn(layer.kwargs.get(`${name}_mask`))[0] ?? operand[name].mask;
  sequence(maskOf('query'), -1);
  sequence(maskOf('value'), -2);
  if (operand.key.value !== operand.value.value) sequence(maskOf('key'), -2);
  const window = config.raw('sliding_window');
  const causal = layer.kwargs.get('use_causal_mask') === true;
  if ((causal || window !== undefined) && axes > 1) throw new NotTranslatable('has a causal mask over several attention axes');
  if (causal) masks.push(causalMask(e, scores));
  if (window !== undefined) masks.push(slidingWindowMask(e, scores, config.int('sliding_window')));
  return allOf(e, masks);
}

/** A mask given to the call, [batch, queries, keys] (axes of either may be several), as bool with the scores' rank. */
function expanded(layer: LayerContext, mask: KerasTensor, scores: string, rank: number, axes: number): string {
  const { e } = layer;
  let value = e.natural(mask), own = dimsOf(layer, mask).length;
  if (e.dtype(value) !== 'bool') value = e.cast(value, 'bool');
  if (axes > 1) {
    const lead = own - 2 * axes;
    value = e.op('Reshape', [value, e.concat([...(lead > 0 ? [e.op('Shape', [value], { start: 0, end: lead })] : []), e.op('Shape', [scores], { start: -2 })], 0)]);
    own = lead + 2;
  }
  return own >= rank ? value : e.unsqueeze(value, Array.from({ length: rank - own }, (_, axis) => Math.max(0, own - 2) + axis));
}

export const attentionHeadsLayers: LayerTable = { MultiHeadAttention: multiHead, GroupQueryAttention: groupQuery, GroupedQueryAttention: groupQuery };
