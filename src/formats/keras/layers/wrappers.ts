/** Bidirectional and TimeDistributed. */
import type { Flow } from '../../translate/emitter';
import { BadModelFile, shown } from '../../badModelFile';
import { field, isObject, type Config } from '../config';
import { dimsOf, NotTranslatable, onlyInput, type KerasTensor, type LayerContext, type LayerTable, type LayerWeights } from '../layer';
import { recurrentArguments, recurrentLayers, runRecurrent, type RecurrentResult } from './recurrent';
import { foldSteps, unfoldSteps } from './wrappersFold';

/** A layer that runs over its sequence in both directions, and how the two results are brought together. */
function bidirectional(layer: LayerContext): readonly KerasTensor[] {
  const { config, e } = layer;
  const spec = config.raw('layer');
  const forward = layer.inner(spec);
  const backward = config.has('backward_layer') ? layer.inner(config.raw('backward_layer')) : forward;
  for (const { type } of [forward, backward]) {
    if (!Object.hasOwn(recurrentLayers, type)) throw new NotTranslatable(`wraps a layer of class '${shown(type)}', which is not recurrent`);
  }
  const { sequence, initial, mask } = recurrentArguments(layer);
  const half = initial.length / 2;
  if (!Number.isInteger(half)) throw new NotTranslatable(`gets ${initial.length} initial states for two directions`);
  const goesBackwards = forward.config.bool('go_backwards', false);
  const returnsSequences = forward.config.bool('return_sequences', false);
  const zeroOutputForMask = returnsSequences && zeroesMaskedOutputs(layer, forward.config);
  const run = (inner: { type: string; config: Config }, weights: LayerWeights, states: readonly Flow[], backwards: boolean, inPlace: boolean): RecurrentResult =>
    e.within(backwards ? 'backward' : 'forward', () => runRecurrent(layer, inner.type, inner.config, weights, {
      sequence, initial: states, mask, backwards, inPlace,
      ...(zeroOutputForMask ? { zeroOutputForMask } : {}),
    }));

  // The second direction's sequence is turned round again, whichever way it ran.
  const secondBackwards = config.has('backward_layer') ? backward.config.bool('go_backwards', false) : !goesBackwards;
  const first = run(forward, childOf(layer, forward.config, 'forward'), initial.slice(0, half), goesBackwards, false);
  const second = run(backward, childOf(layer, backward.config, 'backward'), initial.slice(half), secondBackwards, secondBackwards);
  const secondOutput = returnsSequences && !secondBackwards ? flipped(layer, second.output) : second.output;

  const merged = merge(layer, first.output, secondOutput);
  const marked = merged.map((output): KerasTensor => (mask && returnsSequences ? { ...output, mask } : output));
  return forward.config.bool('return_state', false) ? [...marked, ...first.states, ...second.states] : marked;
}

/** By Keras' attribute, or the names Keras gives the copies it makes of the wrapped layer. */
function childOf(layer: LayerContext, config: Config, direction: 'forward' | 'backward'): LayerWeights {
  const name = config.string('name', '');
  return layer.weights.child([`${direction}_layer`, `${direction}_${name}`, `${direction}_${name.replace(`${direction}_`, '')}`]);
}

/**
 * tf.keras and Keras 3 output zeros for masked steps of both directions; Keras 1 and 2 themselves repeat the output
 * before. tf.keras is told by a field that only it writes.
 */
function zeroesMaskedOutputs(layer: LayerContext, inner: Config): boolean {
  return layer.age === 3 || field(inner.json, 'time_major') !== undefined;
}

function flipped(layer: LayerContext, sequence: Flow): Flow {
  return { value: layer.e.slice(layer.e.natural(sequence), [-1], [Number.MIN_SAFE_INTEGER], [1], [-1]), stored: 'natural' };
}

function merge(layer: LayerContext, first: Flow, second: Flow): Flow[] {
  const { e, config } = layer;
  // Absent means 'concat'; null means that both are returned.
  const mode = field(config.json, 'merge_mode');
  if (mode === null) return [first, second];
  const { values, stored } = e.align([first, second]);
  const elementwise = (opType: string): Flow => ({ value: e.op(opType, values), stored });
  switch (mode) {
    case undefined: case 'concat': return [{ value: e.concat(values, e.storedAxis({ value: values[0]!, stored }, -1)), stored }];
    case 'sum': return [elementwise('Add')];
    case 'mul': return [elementwise('Mul')];
    case 'ave': return [e.elementwise('Mul', elementwise('Add'), {}, e.constant(0.5, 'float32'))];
    default: throw new BadModelFile(`layer '${shown(layer.name)}' (Bidirectional): 'merge_mode' is ${shown(JSON.stringify(mode))}, expected one of sum, mul, concat, ave, null`);
  }
}

/** Applies a layer or model to every step alike: steps become part of the batch. */
function timeDistributed(layer: LayerContext): readonly KerasTensor[] {
  const input = onlyInput(layer);
  const spec = layer.config.raw('layer');
  if (!isObject(spec)) throw new BadModelFile(`layer '${shown(layer.name)}' (TimeDistributed) wraps no layer`);
  if (dimsOf(layer, input).length < 3) throw new NotTranslatable('needs an input with steps and at least one more axis');
  const folded = layer.inputs.map((tensor) => foldSteps(layer, tensor));
  const outputs = layer.nested(spec, folded, layer.weights.child(['layer']));
  return outputs.map((output): KerasTensor => {
    const whole = unfoldSteps(layer, output, input);
    const mask = output.mask ? anyStep(layer, unfoldSteps(layer, output.mask, input)) : input.mask;
    return mask ? { ...whole, mask } : whole;
  });
}

/** A mask [batch, steps, …] as [batch, steps]: a step counts if anything in it does. */
function anyStep(layer: LayerContext, mask: Flow): Flow {
  const { e } = layer, rank = dimsOf(layer, mask).length;
  if (rank === 2) return mask;
  const axes = Array.from({ length: rank - 2 }, (_, axis) => axis + 2);
  const any = e.reduce('ReduceMax', e.cast(e.natural(mask), 'int32'), axes, false);
  return { value: e.cast(any, 'bool'), stored: 'natural' };
}

export const wrapperLayers: LayerTable = { Bidirectional: bidirectional, TimeDistributed: timeDistributed };
