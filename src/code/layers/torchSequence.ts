/** PyTorch's modules for sequences: embeddings, recurrent networks, attention, transformers. */
import { anyLead, dimAt, int, rank, shape, type Output, type Shape } from './shape';
import { type Sym, Unknown } from './symbolic';
import { asSym, type Arguments, type LayerRule, type LayerValue } from './values';

const batchFirst = (config: Arguments): boolean => config.flag('batch_first', false);
const sequence = (config: Arguments, width: Sym): Shape => (batchFirst(config) ? shape('N', 'L', width) : shape('L', 'N', width));

/** For each layer and direction: gates · h · (in + h) weights and two bias vectors. */
function recurrent(gates: number): LayerRule {
  const directions = (config: Arguments): number => (config.flag('bidirectional', false) ? 2 : 1);
  const width = (config: Arguments): Sym => {
    const projected = config.int('proj_size', 0);
    return projected.constant === 0 ? config.int('hidden_size') : projected;
  };
  return {
    args: gates === 1 ? ['input_size', 'hidden_size', 'num_layers', 'nonlinearity', 'bias', 'batch_first', 'dropout', 'bidirectional'] : ['input_size', 'hidden_size', 'num_layers', 'bias', 'batch_first', 'dropout', 'bidirectional', 'proj_size'],
    hint: (config) => sequence(config, config.int('input_size')),
    output(config, [input]): Output {
      if (!input!.lead && input!.dims.length === 2) return [{ dims: [input!.dims[0]!, width(config).times(directions(config))] }, undefined];
      const [a, b] = rank(input!, 3, 'A recurrent network');
      const states: Shape = { dims: [config.int('num_layers', 1).times(directions(config)), batchFirst(config) ? a! : b!, width(config)] };
      const cell: Shape = { dims: [states.dims[0]!, states.dims[1]!, config.int('hidden_size')] };
      return [{ dims: [a!, b!, width(config).times(directions(config))] }, gates === 4 ? [states, cell] : states];
    },
    parameters(config) {
      const hidden = config.int('hidden_size');
      const layers = config.int('num_layers', 1);
      const ways = directions(config);
      const [biases, projected] = [config.flag('bias', true) ? 2 : 0, config.int('proj_size', 0)];
      const one = (input: Sym): Sym => input.plus(width(config)).plus(biases).times(hidden).times(gates).plus(projected.times(hidden));
      // All layers after the first are alike.
      return one(config.int('input_size')).plus(one(width(config).times(ways)).times(layers.minus(1))).times(ways);
    },
    note(config, [input]) {
      const [expected, found] = [config.int('input_size'), dimAt(input!, -1)];
      return found && expected.differs(found) ? `It expects ${expected.print()} features, gets ${found.print()}.` : undefined;
    },
  };
}

function recurrentCell(gates: number): LayerRule {
  return {
    args: ['input_size', 'hidden_size', 'bias'],
    hint: (config) => shape('N', config.int('input_size')),
    output(config, [input]) {
      const state: Shape = { ...input!, dims: [...input!.dims.slice(0, -1), config.int('hidden_size')] };
      return gates === 4 ? [state, state] : state;
    },
    parameters: (config) => config.int('input_size').plus(config.int('hidden_size')).plus(config.flag('bias', true) ? 2 : 0).times(config.int('hidden_size')).times(gates),
  };
}

/** Three projections of the width to itself, and one back. */
function attentionParameters(width: Sym, bias: boolean, keys = width, values = width): Sym {
  return width.times(width).times(2).plus(width.times(keys)).plus(width.times(values)).plus(bias ? width.times(4) : 0);
}

const attention: LayerRule = {
  args: ['embed_dim', 'num_heads', 'dropout', 'bias', 'add_bias_kv', 'add_zero_attn', 'kdim', 'vdim', 'batch_first'],
  hint: (config) => sequence(config, config.int('embed_dim')),
  output(config, [query, key]): Output {
    if (query!.lead || query!.dims.length !== 3) return [query, undefined];
    const first = batchFirst(config);
    const at = (input: Shape | undefined, index: number): Sym | null => (input ? dimAt(input, index) : null);
    return [query, { dims: first ? [at(query, 0), at(query, 1), at(key, 1)] : [at(query, 1), at(query, 0), at(key, 0)] }];
  },
  parameters(config) {
    const width = config.int('embed_dim');
    const extra = config.flag('add_bias_kv', false) ? width.times(2) : int(0);
    return attentionParameters(width, config.flag('bias', true), config.get('kdim') ? config.int('kdim') : width, config.get('vdim') ? config.int('vdim') : width).plus(extra);
  },
};

/** Attention once or twice, two linear layers, a normalisation after each. */
function transformerLayerParameters(width: Sym, inner: Sym, bias: boolean, decoder: boolean): Sym {
  const blocks = decoder ? 2 : 1;
  return attentionParameters(width, bias).times(blocks)
    .plus(width.times(inner).times(2)).plus(bias ? inner.plus(width) : 0)
    .plus(width.times((bias ? 2 : 1) * (blocks + 1)));
}

const transformerLayer = (decoder: boolean): LayerRule => ({
  args: ['d_model', 'nhead', 'dim_feedforward', 'dropout', 'activation', 'layer_norm_eps', 'batch_first', 'norm_first', 'bias'],
  hint: (config) => sequence(config, config.int('d_model')),
  output: (_config, [input]) => input,
  parameters: (config) => transformerLayerParameters(config.int('d_model'), config.int('dim_feedforward', 2048), config.flag('bias', true), decoder),
  note(config, [input]) {
    const [expected, found] = [config.int('d_model'), dimAt(input!, -1)];
    return found && expected.differs(found) ? `It expects ${expected.print()} features, gets ${found.print()}.` : undefined;
  },
});

const layerOf = (config: Arguments, name: string): LayerValue => {
  const value = config.get(name);
  if (value?.t !== 'layer') throw new Unknown(`${name} is not known here.`);
  return value;
};
const stack = (name: string): LayerRule => ({
  args: [name, 'num_layers', 'norm'],
  output: (_config, [input]) => input,
  parameters(config) {
    const inner = layerOf(config, name);
    const norm = config.get('norm') ? layerOf(config, 'norm') : undefined;
    return inner.rule.parameters!(inner.config, undefined).times(config.int('num_layers')).plus(norm?.rule.parameters?.(norm.config, undefined) ?? 0);
  },
});

const transformer: LayerRule = {
  args: ['d_model', 'nhead', 'num_encoder_layers', 'num_decoder_layers', 'dim_feedforward', 'dropout', 'activation', 'custom_encoder', 'custom_decoder', 'layer_norm_eps', 'batch_first', 'norm_first', 'bias'],
  output: (_config, [, target]) => target,
  parameters(config) {
    const [width, inner, bias] = [config.int('d_model', 512), config.int('dim_feedforward', 2048), config.flag('bias', true)];
    const layers = (name: string, decoder: boolean): Sym => transformerLayerParameters(width, inner, bias, decoder).times(config.int(name, 6));
    return layers('num_encoder_layers', false).plus(layers('num_decoder_layers', true)).plus(width.times(bias ? 4 : 2));
  },
};

const embedding: LayerRule = {
  args: ['num_embeddings', 'embedding_dim'],
  hint: () => anyLead(),
  output: (config, [input]) => ({ ...input!, dims: [...input!.dims, config.int('embedding_dim')] }),
  parameters: (config) => config.int('num_embeddings').times(config.int('embedding_dim')),
};

export const torchSequenceRules: Readonly<Record<string, LayerRule>> = {
  Embedding: embedding,
  EmbeddingBag: { args: embedding.args, parameters: embedding.parameters, output: (config, [input, offsets]) => {
    if (input!.lead) throw new Unknown('How many bags there are is not known here.');
    return { dims: [input!.dims.length === 2 ? input!.dims[0]! : offsets?.dims[0] ?? null, config.int('embedding_dim')] };
  } },
  RNN: recurrent(1), GRU: recurrent(3), LSTM: recurrent(4),
  RNNCell: recurrentCell(1), GRUCell: recurrentCell(3), LSTMCell: recurrentCell(4),
  MultiheadAttention: attention,
  TransformerEncoderLayer: transformerLayer(false), TransformerDecoderLayer: transformerLayer(true),
  TransformerEncoder: stack('encoder_layer'), TransformerDecoder: stack('decoder_layer'),
  Transformer: transformer,
};

/** A number or a tuple of them, as a list. */
export const sizesOf = (config: Arguments, name: string): (Sym | null)[] => {
  const value = config.get(name);
  return (value && (value.t === 'list' || value.t === 'tuple') ? value.items : [value]).map((item) => asSym(item) ?? null);
};
