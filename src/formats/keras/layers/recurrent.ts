/**
 * SimpleRNN, LSTM, GRU, their CuDNN forms, and RNN around cells.
 *
 * One description of a recurrent layer (`RecurrentLayer`) serves the layers themselves and Bidirectional, which runs
 * two of them.
 */
import type { Flow } from '../../translate/emitter';
import { BadModelFile, shown } from '../../badModelFile';
import { field, type Config } from '../config';
import { dimsOf, knownDim, NotTranslatable, type KerasTensor, type LayerContext, type LayerTable, type LayerWeights } from '../layer';
import { snakeCase } from '../weights';
import { tensorsIn } from './recurrentArguments';
import { convLstmCell, isConvLstm } from './convLstm';
import { gruCell, lstmCell, simpleCell, stackedCell, type Activate, type Cell } from './recurrentCells';
import { nativeActivation, type NativeForm } from './recurrentNative';
import { emitRecurrence } from './recurrentSteps';
import { readCudnnWeights, readGateWeights, type CellShape } from './recurrentWeights';

/** How a recurrent layer is run, beyond its own config. */
export interface RecurrentCall {
  readonly sequence: KerasTensor;
  readonly initial: readonly Flow[];
  readonly mask?: Flow;
  /** Instead of the config's go_backwards. */
  readonly backwards?: boolean;
  /** Outputs at the place of their inputs, although it runs backwards. */
  readonly inPlace?: boolean;
  readonly zeroOutputForMask?: boolean;
}

export interface RecurrentResult {
  /** The sequence of outputs if the layer returns sequences, else the last one; natural storage. */
  readonly output: Flow;
  readonly states: readonly Flow[];
}

/** Runs a recurrent layer given by type and config with its weights. */
export function runRecurrent(layer: LayerContext, type: string, config: Config, weights: LayerWeights, call: RecurrentCall): RecurrentResult {
  const { e } = layer;
  const rank = dimsOf(layer, call.sequence).length;
  const timeFirst = config.bool('time_major', false);
  const swap = [1, 0, ...Array.from({ length: Math.max(0, rank - 2) }, (_, axis) => axis + 2)];
  const turned = (value: string, perm: readonly number[]): string => (timeFirst ? value : e.transpose(value, perm));
  const cell = layerCell(layer, type, config, weights, call.sequence);
  if (call.initial.length > 0 && call.initial.length !== cell.states.length) {
    throw new NotTranslatable(`gets ${call.initial.length} initial states, but its cell has ${cell.states.length}`);
  }
  if (config.bool('stateful', false)) layer.warn('it is stateful: in Keras it keeps its state from call to call, here every run starts from zeros');

  const backwards = call.backwards ?? config.bool('go_backwards', false);
  const wantsSequence = config.bool('return_sequences', false);
  const x = isConvLstm(type) ? cellInput(layer, config, call.sequence, rank) : e.natural(call.sequence);
  const { sequence, last, states } = emitRecurrence(e, cell, {
    x: turned(x, swap),
    initial: call.initial.map((state) => stateIn(layer, type, config, state)),
    mask: call.mask && turned(e.natural(call.mask), [1, 0]),
    backwards,
    sequence: wantsSequence,
    zeroOutputForMask: call.zeroOutputForMask ?? config.bool('zero_output_for_mask', false),
  });
  const flipped = (value: string): string => (backwards && !call.inPlace ? e.slice(value, [-1], [Number.MIN_SAFE_INTEGER], [0], [-1]) : value);
  const output = wantsSequence ? turned(flipped(sequence!), swap) : last;
  return {
    output: stateOut(layer, type, config, output, wantsSequence),
    states: states.map((state) => stateOut(layer, type, config, state, false)),
  };
}

// --- storage of ConvLSTM ------------------------------------------------------------------------------------------

/** ConvLSTM's cell works on [batch, steps, channels, …], whatever the layer's data format. */
function cellInput(layer: LayerContext, config: Config, sequence: KerasTensor, rank: number): string {
  const { e } = layer;
  if (channelsFirst(layer, config)) return e.natural(sequence);
  return e.transpose(e.natural(sequence), [0, 1, rank - 1, ...Array.from({ length: rank - 3 }, (_, axis) => axis + 2)]);
}

function stateIn(layer: LayerContext, type: string, config: Config, state: Flow): string {
  const { e } = layer;
  return !isConvLstm(type) || channelsFirst(layer, config) ? e.natural(state) : e.channelsFirst(state);
}

/** A ConvLSTM output [batch, (steps,) channels, …] as the layer's data format has it. */
function stateOut(layer: LayerContext, type: string, config: Config, value: string, sequence: boolean): Flow {
  if (!isConvLstm(type) || channelsFirst(layer, config)) return { value, stored: 'natural' };
  if (!sequence) return { value, stored: 'channelsFirst' };
  const rank = layer.e.storedDims(value)!.length;
  return { value: layer.e.transpose(value, [0, 1, ...Array.from({ length: rank - 3 }, (_, axis) => axis + 3), 2]), stored: 'natural' };
}

function channelsFirst(layer: LayerContext, config: Config): boolean {
  const format = config.raw(['data_format', 'dim_ordering']);
  if (format === undefined) return layer.dataFormat === 'channels_first';
  return format === 'channels_first' || format === 'th';
}

// --- cells --------------------------------------------------------------------------------------------------------

function layerCell(layer: LayerContext, type: string, config: Config, weights: LayerWeights, sequence: KerasTensor): Cell {
  const own = weights.child(['cell']);
  if (isConvLstm(type)) return convLstmCell(layer, type, config, own, sequence, channelsFirst(layer, config));
  const features = knownDim(layer, sequence, -1);
  if (type !== 'RNN') return cellOf(layer, type, config, own, features);
  const cell = config.raw('cell');
  if (cell === undefined) throw new BadModelFile(`layer '${shown(layer.name)}' (RNN) has no cell`);
  const { type: cellType, config: cellConfig } = layer.inner(cell);
  return cellOf(layer, cellType, cellConfig, namedChild(weights, cellConfig, 'cell'), features);
}

/** By the cell's own name or the attribute that holds it, whichever the file keeps. */
function namedChild(weights: LayerWeights, config: Config, attribute: string): LayerWeights {
  const name = config.raw('name');
  return weights.child(typeof name === 'string' ? [attribute, name] : [attribute]);
}

/** The cell of a class: 'LSTM' and 'LSTMCell' alike. */
function cellOf(layer: LayerContext, type: string, config: Config, weights: LayerWeights, features: number): Cell {
  const { e, age } = layer;
  if (type === 'StackedRNNCells') return stackedCells(layer, config, weights, features);
  const activate = (spec: unknown): Activate => (value) => e.natural(layer.activation({ value, stored: 'natural' }, spec));
  const units = config.int(['units', 'output_dim']);
  const activation = setting(config, ['activation'], 'tanh');
  const recurrent = setting(config, ['recurrent_activation', 'inner_activation'], age === 3 ? 'sigmoid' : 'hard_sigmoid');
  const activations = { activation: activate(activation), recurrent: activate(recurrent) };
  const [native, nativeRecurrent] = [nativeActivation(activation, age), nativeActivation(recurrent, age)];
  const shape = (gates: number): CellShape => ({ features, units, gates });
  switch (type) {
    case 'SimpleRNN': case 'SimpleRNNCell': {
      const read = readGateWeights(layer, config, weights, shape(1), 1);
      const form: NativeForm | undefined = native && { opType: 'RNN', weights: read, features, units, activations: [native] };
      return simpleCell(e, read, units, activations, form);
    }
    case 'LSTM': case 'LSTMCell': {
      const read = readGateWeights(layer, config, weights, shape(4), 1);
      const form: NativeForm | undefined = native && nativeRecurrent && { opType: 'LSTM', weights: read, features, units, activations: [nativeRecurrent, native, native] };
      return lstmCell(e, read, units, activations, form);
    }
    case 'GRU': case 'GRUCell': {
      const resetAfter = config.bool('reset_after', false);
      const read = readGateWeights(layer, config, weights, shape(3), resetAfter ? 2 : 1);
      const form: NativeForm | undefined = native && nativeRecurrent && { opType: 'GRU', weights: read, features, units, activations: [nativeRecurrent, native], resetAfter };
      return gruCell(e, read, units, resetAfter, activations, form);
    }
    case 'CuDNNLSTM': {
      const read = readCudnnWeights(layer, weights, shape(4));
      return lstmCell(e, read, units, { activation: activate('tanh'), recurrent: activate('sigmoid') }, {
        opType: 'LSTM', weights: read, features, units, activations: [{ name: 'Sigmoid' }, { name: 'Tanh' }, { name: 'Tanh' }],
      });
    }
    case 'CuDNNGRU': {
      const read = readCudnnWeights(layer, weights, shape(3));
      return gruCell(e, read, units, true, { activation: activate('tanh'), recurrent: activate('sigmoid') }, {
        opType: 'GRU', weights: read, features, units, activations: [{ name: 'Sigmoid' }, { name: 'Tanh' }], resetAfter: true,
      });
    }
    default: throw new NotTranslatable(`has a cell of class '${shown(type)}', whose computation is not in the file`);
  }
}

/** A field of the config; null where the file says null, `fallback` where it says nothing. */
function setting(config: Config, names: readonly string[], fallback: string): unknown {
  for (const name of names) {
    const value = field(config.json, name);
    if (value !== undefined) return value;
  }
  return fallback;
}

const maxCells = 256;

function stackedCells(layer: LayerContext, config: Config, weights: LayerWeights, features: number): Cell {
  const cells = config.raw('cells');
  if (!Array.isArray(cells) || cells.length === 0 || cells.length > maxCells) throw new BadModelFile(`layer '${shown(layer.name)}': StackedRNNCells needs a list of 1 to ${maxCells} cells`);
  const list = weights.child(['cells']);
  const counts = new Map<string, number>();
  let width = features;
  return stackedCell(cells.map((item) => {
    const { type, config: own } = layer.inner(item);
    const key = snakeCase(type), count = counts.get(key) ?? 0;
    counts.set(key, count + 1);
    const cell = cellOf(layer, type, own, namedChild(list, own, count === 0 ? key : `${key}_${count}`), width);
    width = cell.states[cell.output]!.features;
    return cell;
  }));
}

// --- the layers ---------------------------------------------------------------------------------------------------

/** Initial states and mask of a call: states come as further inputs or by name. */
export function recurrentArguments(layer: LayerContext): { sequence: KerasTensor; initial: KerasTensor[]; mask?: Flow } {
  const [sequence, ...more] = layer.inputs;
  if (!sequence) throw new NotTranslatable('has no input');
  const named = tensorsIn(layer.kwargs.get('initial_state'));
  const constants = layer.config.raw('num_constants') ?? field(layer.config.json, '_num_constants');
  if (typeof constants === 'number' && constants > 0) throw new NotTranslatable('hands constants to its cell, which no cell of Keras itself takes');
  return { sequence, initial: more.length > 0 ? more : named, mask: tensorsIn(layer.kwargs.get('mask'))[0] ?? sequence.mask };
}

export function recurrentLayer(layer: LayerContext): readonly KerasTensor[] {
  const { config } = layer;
  const { sequence, initial, mask } = recurrentArguments(layer);
  const { output, states } = runRecurrent(layer, layer.type, config, layer.weights, { sequence, initial, mask });
  const first: KerasTensor = mask && config.bool('return_sequences', false) ? { ...output, mask } : output;
  return config.bool('return_state', false) ? [first, ...states] : [first];
}

export const recurrentLayers: LayerTable = {
  SimpleRNN: recurrentLayer, LSTM: recurrentLayer, GRU: recurrentLayer, RNN: recurrentLayer,
  CuDNNLSTM: recurrentLayer, CuDNNGRU: recurrentLayer,
  ConvLSTM1D: recurrentLayer, ConvLSTM2D: recurrentLayer, ConvLSTM3D: recurrentLayer,
};
