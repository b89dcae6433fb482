/** Layers that only Keras 1 had. */
import type { Flow } from '../../translate/emitter';
import { knownDim, onlyInput, type LayerContext, type LayerTable } from '../layer';

/** t · activation(x · W + b) + (1 − t) · x with the gate t = σ(x · Wc + bc). */
function highway(layer: LayerContext): Flow[] {
  const { e, config } = layer, input = onlyInput(layer);
  const width = knownDim(layer, input, -1), x = e.natural(input), bias = config.bool('bias', true);
  const affine = (kernel: string, offset: string): Flow => {
    const product = e.op('MatMul', [x, layer.weight(kernel, [width, width])]);
    return { value: bias ? e.op('Add', [product, layer.weight(offset, [width])]) : product, stored: 'natural' };
  };
  const carried = affine('W_carry', 'b_carry'), changed = layer.activation(affine('W', 'b'), config.raw('activation'));
  const gate = e.op('Sigmoid', [carried.value]);
  const rest = e.op('Mul', [e.op('Sub', [e.constant(1, 'float32'), gate]), x]);
  return [{ value: e.op('Add', [e.op('Mul', [changed.value, gate]), rest]), stored: 'natural' }];
}

/** The largest of several dense layers: max over k of x · W[k] + b[k]. */
function maxoutDense(layer: LayerContext): Flow[] {
  const { e, config } = layer, input = onlyInput(layer);
  const width = knownDim(layer, input, -1), pieces = config.int('nb_feature', 4), units = config.int('output_dim');
  // [batch, in] × [pieces, in, units] → [pieces, batch, units]
  let y = e.op('MatMul', [e.natural(input), layer.weight('W', [pieces, width, units])]);
  if (config.bool('bias', true)) y = e.op('Add', [y, e.unsqueeze(layer.weight('b', [pieces, units]), [1])]);
  return [{ value: e.reduce('ReduceMax', y, [0], false), stored: 'natural' }];
}

export const legacy: LayerTable = { Highway: highway, MaxoutDense: maxoutDense };
