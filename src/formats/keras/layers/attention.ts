/**
 * Attention and AdditiveAttention: scores of every query with every key, their softmax, and the values weighted by it.
 * The layers with heads are in attentionHeads.ts.
 */
import type { Emitter, Flow } from '../../translate/emitter';
import { knownDim, NotTranslatable, TensorArgument, type KerasTensor, type LayerContext, type LayerTable } from '../layer';
import { causalMask, largeNegative } from './attentionMask';
import { attentionHeadsLayers } from './attentionHeads';
import { tensorsIn } from './recurrentArguments';

interface Operands {
  readonly query: KerasTensor;
  readonly value: KerasTensor;
  readonly key: KerasTensor;
}

function operands(layer: LayerContext): Operands {
  const [query, value, key] = layer.inputs;
  if (!query || !value) throw new NotTranslatable(`gets ${layer.inputs.length} inputs, expected query and value`);
  return { query, value, key: key ?? value };
}

/** softmax(scores − 10⁹ where masked) · value, zero where the query is masked. */
function attend(layer: LayerContext, { query, value }: Operands, scores: string): readonly KerasTensor[] {
  const { e } = layer;
  const [queryMask, valueMask] = callMasks(layer, query, value);
  const causal = layer.kwargs.get('use_causal_mask') === true || layer.config.raw('causal') === true;
  const masks: string[] = [];
  if (valueMask) masks.push(e.unsqueeze(e.natural(valueMask), [-2]));
  if (causal) masks.push(causalMask(e, scores));
  const mask = masks.length === 2 ? e.op('And', masks) : masks[0];
  const masked = mask === undefined ? scores : e.op('Where', [mask, scores, e.op('Add', [scores, largeNegative(e)])]);
  const weights = e.op('Softmax', [masked], { axis: -1 });
  let output = e.op('MatMul', [weights, e.natural(value)]);
  if (queryMask) output = e.op('Where', [e.unsqueeze(e.natural(queryMask), [-1]), output, e.constant(0, 'float32')]);
  const result: KerasTensor = { value: output, stored: 'natural', ...(queryMask ? { mask: queryMask } : {}) };
  return layer.kwargs.get('return_attention_scores') === true ? [result, { value: weights, stored: 'natural' }] : [result];
}

/** Masks given to the call, else those the values carry. */
function callMasks(layer: LayerContext, query: KerasTensor, value: KerasTensor): (Flow | undefined)[] {
  const given = layer.kwargs.get('mask');
  if (!Array.isArray(given)) return [query.mask, value.mask];
  return given.map((item: unknown) => (item instanceof TensorArgument ? item.tensor : tensorsIn(item)[0]));
}

function dotAttention(layer: LayerContext): readonly KerasTensor[] {
  const { e, config } = layer;
  const given = operands(layer);
  const [query, key] = [e.natural(given.query), e.natural(given.key)];
  const scale = config.bool('use_scale', false) ? layer.weight('scale', []) : undefined;
  if (config.choice('score_mode', ['dot', 'concat'], 'dot') === 'concat') {
    const weight = layer.weight('concat_score_weight', []);
    return attend(layer, given, e.op('Mul', [weight, additiveScores(e, query, key, (sum) => (scale === undefined ? sum : e.op('Mul', [scale, sum])))]));
  }
  const scores = e.op('MatMul', [query, swapLast(e, key)]);
  return attend(layer, given, scale === undefined ? scores : e.op('Mul', [scores, scale]));
}

function additiveAttention(layer: LayerContext): readonly KerasTensor[] {
  const { e } = layer;
  const given = operands(layer);
  const scale = layer.config.bool('use_scale', true) ? layer.weight('scale', [knownDim(layer, given.query, -1)]) : undefined;
  const scores = additiveScores(e, e.natural(given.query), e.natural(given.key), (sum) => sum, scale);
  return attend(layer, given, scores);
}

/** Σ scale · tanh(inner(query + key)) over the features: [batch, queries, keys]. */
function additiveScores(e: Emitter, query: string, key: string, inner: (sum: string) => string, scale?: string): string {
  const sum = e.op('Add', [e.unsqueeze(query, [-2]), e.unsqueeze(key, [-3])]);
  const squashed = e.op('Tanh', [inner(sum)]);
  return e.reduce('ReduceSum', scale === undefined ? squashed : e.op('Mul', [scale, squashed]), [-1], false);
}

function swapLast(e: Emitter, value: string): string {
  const rank = e.storedDims(value)?.length;
  if (rank === undefined) throw new NotTranslatable('gets a value of unknown rank');
  const perm = Array.from({ length: rank }, (_, axis) => axis);
  return e.transpose(value, [...perm.slice(0, -2), rank - 1, rank - 2]);
}

export const attentionLayers: LayerTable = { Attention: dotAttention, AdditiveAttention: additiveAttention, ...attentionHeadsLayers };
