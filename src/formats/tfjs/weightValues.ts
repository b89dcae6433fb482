/** Weights as values of the graph: as stored, and behind them what turns the stored numbers into the real ones. */
import type { Emitter } from '../translate/emitter';
import { initializerType, type Initializer } from '../../graph/graph';
import { encodeNumbers } from '../../graph/builder';
import { tensorFromBytes, toFloat64 } from '../../tensor/convert';
import type { TfjsWeight } from './weights';

/** Whether the stored numbers are not yet the weight's values. */
export function needsDecoding(weight: TfjsWeight): boolean {
  return weight.affine !== undefined || initializerType(weight.stored).dtype !== weight.dtype;
}

/**
 * Adds a weight to the graph under `name`. Quantised ones are multiplied back by nodes, which a runtime folds when it
 * loads them.
 */
export function weightValue(e: Emitter, weight: TfjsWeight, name = weight.name): string {
  const small = computed(weight);
  if (small) return e.weight(name, small);
  const value = e.weight(name, weight.stored);
  if (!needsDecoding(weight)) return value;
  return e.within(name, () => {
    let real = e.cast(value, 'float32');
    if (weight.affine && weight.affine.scale !== 1) real = e.op('Mul', [real, e.constant(weight.affine.scale, 'float32')]);
    if (weight.affine && weight.affine.min !== 0) real = e.op('Add', [real, e.constant(weight.affine.min, 'float32')]);
    return weight.dtype === 'float32' ? real : e.cast(e.op('Round', [real]), weight.dtype);
  });
}

/** Small quantised integers are shapes and axes: their real numbers must be known at once. */
function computed({ stored, affine, dtype, dims }: TfjsWeight): Initializer | undefined {
  if (stored.kind !== 'inline' || stored.dtype === dtype) return undefined;
  const { scale, min } = affine ?? { scale: 1, min: 0 };
  const numbers = Array.from(toFloat64(tensorFromBytes(stored.dtype, dims, stored.bytes)), (value) => Math.round(value * scale + min));
  return { kind: 'inline', dtype, dims, bytes: encodeNumbers(numbers, dtype) };
}
