/** Keras' layers for sequences: embeddings, recurrent layers, wrappers, attention. */
import { anyLead, dimAt, int, isShape, known, rank, shape, withDim, type Output, type Shape } from './shape';
import type { Sym} from './symbolic';
import { Unknown } from './symbolic';
import { asSym, type Arguments, type LayerRule, type LayerValue } from './values';

const sequence = (): Shape => shape('N', 'L', 'features');

function channels(inputs: readonly Shape[] | undefined): Sym {
  if (!inputs?.[0]) throw new Unknown('The number of input features is not known before the layer is used.');
  return known(dimAt(inputs[0], -1), 'The number of input features');
}

/** What a recurrent layer gives back: the last output or all, then its states. */
function recurrent(config: Arguments, input: Shape, units: Sym, states: number): Output {
  const [batch, time] = rank(input, 3, 'A recurrent layer');
  const last: Shape = { dims: [batch!, units] };
  const result: Shape = config.flag('return_sequences', false) ? { dims: [batch!, time!, units] } : last;
  return config.flag('return_state', false) ? [result, ...Array.from({ length: states }, () => last)] : result;
}

/** gates · (units · (features + units) + units). */
function gated(gates: number, states: number): LayerRule {
  return {
    args: ['units', 'activation', ...(gates === 1 ? [] : ['recurrent_activation']), 'use_bias'],
    hint: sequence,
    output: (config, [input]) => recurrent(config, input!, config.int('units'), states),
    parameters(config, inputs) {
      const units = config.int('units');
      // Since Keras 2.3, and not in TensorFlow.js, a GRU has separate biases for its input and its state.
      const biases = config.flag('use_bias', true) ? (gates === 3 && config.flag('reset_after', true) ? 2 : 1) : 0;
      return channels(inputs).plus(units).times(units).times(gates).plus(units.times(gates * biases));
    },
  };
}

const layerOf = (config: Arguments, name: string): LayerValue => {
  const value = config.get(name);
  if (value?.t !== 'layer') throw new Unknown('The wrapped layer is not known here.');
  return value;
};

/** A cell is a layer for one step. */
const cell = (gates: number): LayerRule => ({ ...gated(gates, gates === 4 ? 2 : 1), hint: undefined });
const cellsOf = (config: Arguments): LayerValue[] => {
  const value = config.get('cell', 'cells');
  const cells = value && (value.t === 'list' || value.t === 'tuple') ? value.items : value ? [value] : [];
  const layers = cells.flatMap((item) => (item.t === 'layer' ? (item.config.has('cells') ? cellsOf(item.config) : [item]) : []));
  if (!layers.length || cells.some(({ t }) => t !== 'layer')) throw new Unknown('The cell is not known here.');
  return layers;
};
const rnn: LayerRule = {
  args: ['cell'],
  hint: sequence,
  output(config, [input]) {
    const cells = cellsOf(config);
    return recurrent(config, input!, cells.at(-1)!.config.int('units'), cells.reduce((states, { type }) => states + (/lstm/i.test(type) ? 2 : 1), 0));
  },
  parameters(config, inputs) {
    let size = int(0);
    let input = inputs;
    for (const { rule, config: own } of cellsOf(config)) {
      size = size.plus(rule.parameters!(own, input));
      input = [anyLead(own.int('units'))];
    }
    return size;
  },
};

const mergeOf = (config: Arguments): string => {
  const value = config.values.get('merge_mode');
  return value?.t === 'none' ? 'none' : config.text('merge_mode', 'concat');
};
const bidirectional: LayerRule = {
  args: ['layer', 'merge_mode'],
  hint: sequence,
  output(config, inputs) {
    const inner = layerOf(config, 'layer');
    const one = inner.rule.output(inner.config, inputs);
    const [result, ...states] = (one && !isShape(one) ? one : [one]) as (Shape | undefined)[];
    const mode = mergeOf(config);
    if (!result) return undefined;
    const last = dimAt(result, -1);
    const merged: Output[] = mode === 'none' ? [result, result] : [mode === 'concat' ? withDim(result, -1, last && last.times(2)) : result];
    const all = [...merged, ...states, ...states];
    return all.length === 1 ? all[0] : all;
  },
  parameters(config, inputs) {
    const inner = layerOf(config, 'layer');
    return (inner.rule.parameters?.(inner.config, inputs) ?? int(0)).times(2);
  },
};

const step = (input: Shape): Shape => {
  if (input.lead || input.dims.length < 3) throw new Unknown('A sequence with at least three dimensions is expected.');
  return { dims: [input.dims[0]!, ...input.dims.slice(2)] };
};
const timeDistributed: LayerRule = {
  args: ['layer'],
  output(config, [input]) {
    const inner = layerOf(config, 'layer');
    const one = inner.rule.output(inner.config, [step(input!)]);
    if (!isShape(one)) throw new Unknown('What the wrapped layer gives is not known here.');
    return { dims: [one.dims[0]!, input!.dims[1]!, ...one.dims.slice(1)] };
  },
  parameters(config, inputs) {
    const inner = layerOf(config, 'layer');
    if (!inputs?.[0]) throw new Unknown('The input is not known before the layer is used.');
    return inner.rule.parameters?.(inner.config, [step(inputs[0])]) ?? int(0);
  },
};

const outputWidth = (config: Arguments): Sym[] | undefined => {
  const value = config.get('output_shape');
  if (!value) return undefined;
  const items = value.t === 'list' || value.t === 'tuple' ? value.items : [value];
  return items.map((item) => {
    const sym = asSym(item);
    if (!sym) throw new Unknown('output_shape is not known here.');
    return sym;
  });
};

/** Keras' multi-head attention: three projections to heads · key_dim (or value_dim), one back. */
const multiHeadAttention: LayerRule = {
  args: ['num_heads', 'key_dim', 'value_dim', 'dropout', 'use_bias', 'output_shape'],
  output(config, [query, value, key]) {
    const width = outputWidth(config);
    const result: Shape = width ? { ...query!, dims: [...query!.dims.slice(0, -1), ...width] } : query!;
    if (!config.has('return_attention_scores')) return result;
    return [result, { dims: [dimAt(query!, 0), config.int('num_heads'), dimAt(query!, -2), dimAt(key ?? value ?? query!, -2)] }];
  },
  parameters(config, inputs) {
    const [query, value, key] = inputs ?? [];
    const wide = (input: Shape | undefined): Sym => channels(input && [input]);
    const heads = config.int('num_heads');
    const keys = heads.times(config.int('key_dim'));
    const values = config.get('value_dim') ? heads.times(config.int('value_dim')) : keys;
    const out = (outputWidth(config) ?? [wide(query)]).reduce((a, b) => a.times(b));
    const weights = wide(query).times(keys).plus(wide(key ?? value ?? query).times(keys)).plus(wide(value ?? query).times(values)).plus(values.times(out));
    return config.flag('use_bias', true) ? weights.plus(keys.times(2)).plus(values).plus(out) : weights;
  },
};

/** [query, value] or [query, value, key]. */
const attention = (scale: (config: Arguments, inputs: readonly Shape[] | undefined) => Sym): LayerRule => ({
  args: ['use_scale'],
  output: (_config, [query, value]) => withDim(query!, -1, dimAt(value ?? query!, -1)),
  parameters: scale,
});

export const kerasSequenceRules: Readonly<Record<string, LayerRule>> = {
  Embedding: {
    args: ['input_dim', 'output_dim'],
    hint: () => anyLead(),
    output: (config, [input]) => ({ ...input!, dims: [...input!.dims, config.int('output_dim')] }),
    parameters: (config) => config.int('input_dim').times(config.int('output_dim')),
  },
  LSTM: gated(4, 2), GRU: gated(3, 1), SimpleRNN: gated(1, 1),
  LSTMCell: cell(4), GRUCell: cell(3), SimpleRNNCell: cell(1),
  StackedRNNCells: { args: ['cells'], output: () => undefined },
  RNN: rnn,
  Bidirectional: bidirectional,
  TimeDistributed: timeDistributed,
  MultiHeadAttention: multiHeadAttention,
  Attention: attention((config) => int(config.flag('use_scale', false) ? 1 : 0)),
  AdditiveAttention: attention((config, inputs) => (config.flag('use_scale', true) ? channels(inputs) : int(0))),
  Lambda: { args: ['function', 'output_shape'], output: () => { throw new Unknown('What a Lambda gives is only known when it runs.'); } },
  TextVectorization: {
    args: ['max_tokens', 'standardize', 'split', 'ngrams', 'output_mode', 'output_sequence_length'],
    output(config, [input]) {
      const length = config.get('output_sequence_length');
      return { dims: [dimAt(input!, 0), length ? config.int('output_sequence_length') : null] };
    },
  },
  StringLookup: { args: ['max_tokens'], output: (_config, [input]) => input },
  IntegerLookup: { args: ['max_tokens'], output: (_config, [input]) => input },
};
