/**
 * Weights of recurrent cells, brought to one form whatever wrote them: kernel [features, gates·units], recurrent
 * [units, gates·units], biases [gates·units], gates in Keras' order (LSTM: i, f, c, o; GRU: z, r, h). What must be
 * rearranged is rearranged by nodes on constants, which the runtime folds: the weights stay in their file.
 */
import type { Emitter } from '../../translate/emitter';
import type { Config } from '../config';
import type { LayerContext, LayerWeights } from '../layer';

export interface GateWeights {
  readonly kernel: string;
  readonly recurrent: string;
  readonly inputBias?: string;
  readonly recurrentBias?: string;
}

export interface CellShape {
  readonly features: number;
  readonly units: number;
  readonly gates: number;
}

/** Keras 1 keeps an array for each gate. In the order of the files, and their places in Keras' later order. */
const keras1Gates: Readonly<Record<number, { readonly names: readonly string[]; readonly order: readonly number[] }>> = {
  4: { names: ['i', 'c', 'f', 'o'], order: [0, 2, 1, 3] },
  3: { names: ['z', 'r', 'h'], order: [0, 1, 2] },
};

/** Kernel, recurrent kernel and bias [gates·units], or [2, gates·units] where `biases` is 2. */
export function readGateWeights(layer: LayerContext, config: Config, weights: LayerWeights, shape: CellShape, biases: 1 | 2): GateWeights {
  const { e } = layer, { features, units, gates } = shape, width = gates * units;
  if (isSplitByGate(layer, config, weights, gates)) return readSplitGates(layer, weights, shape);
  const kernel = layer.weight(['kernel', 'W'], [features, width], weights);
  const recurrent = layer.weight(['recurrent_kernel', 'U'], [units, width], weights);
  if (!config.bool('use_bias', true)) return { kernel, recurrent };
  if (biases === 1) return { kernel, recurrent, inputBias: layer.weight(['bias', 'b'], [width], weights) };
  const both = layer.weight('bias', [2, width], weights);
  const [inputBias, recurrentBias] = e.split(both, 0, [1, 1]).map((row) => e.reshape(row, [width]));
  return { kernel, recurrent, inputBias, recurrentBias };
}

function isSplitByGate(layer: LayerContext, config: Config, weights: LayerWeights, gates: number): boolean {
  const split = keras1Gates[gates];
  if (!split) return false;
  const last = `U_${split.names[0]!}`;
  return weights.all.some(({ name }) => name === last || name.endsWith(`_${last}`) || name.endsWith(`/${last}`))
    || (layer.age === 1 && config.raw('consume_less') !== 'gpu');
}

/** 12 arrays of an LSTM, 9 of a GRU: W, U and b of each gate in turn. */
function readSplitGates(layer: LayerContext, weights: LayerWeights, { features, units, gates }: CellShape): GateWeights {
  const { names, order } = keras1Gates[gates]!, { e } = layer;
  const read = names.map((gate) => ({
    kernel: layer.weight(`W_${gate}`, [features, units], weights),
    recurrent: layer.weight(`U_${gate}`, [units, units], weights),
    bias: layer.weight(`b_${gate}`, [units], weights),
  }));
  const ordered = order.map((place) => read[place]!);
  return {
    kernel: e.concat(ordered.map(({ kernel }) => kernel), 1),
    recurrent: e.concat(ordered.map(({ recurrent }) => recurrent), 1),
    inputBias: e.concat(ordered.map(({ bias }) => bias), 0),
  };
}

/**
 * Weights of the CuDNN layers: each gate's block holds the bytes of its transpose [units, features], and there are two
 * biases, the inputs' before the recurrent ones.
 */
export function readCudnnWeights(layer: LayerContext, weights: LayerWeights, { features, units, gates }: CellShape): GateWeights {
  const { e } = layer, width = gates * units;
  const kernel = layer.weight('kernel', [features, width], weights);
  const recurrent = layer.weight('recurrent_kernel', [units, width], weights);
  const [inputBias, recurrentBias] = e.split(layer.weight('bias', [2 * width], weights), 0, [width, width]);
  return { kernel: transposedGates(e, kernel, features, units, gates), recurrent: transposedGates(e, recurrent, units, units, gates), inputBias, recurrentBias };
}

function transposedGates(e: Emitter, kernel: string, rows: number, units: number, gates: number): string {
  const blocks = e.split(kernel, 1, new Array<number>(gates).fill(units));
  return e.concat(blocks.map((block) => e.transpose(e.reshape(block, [units, rows]), [1, 0])), 1);
}
