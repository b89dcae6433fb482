/** Weights as values of the graph: as stored, and behind them what turns the stored numbers into the real ones. */
import type { Emitter } from '../translate/emitter';
import { initializerType, type Initializer } from '../../graph/graph';
import { encodeNumbers } from '../../graph/builder';
import { tensorFromBytes, toFloat64 } from '../../tensor/convert';
import type { TfjsWeight } from './weights';

/** Adds a weight to the graph. Quantised ones are multiplied back by nodes, which a runtime folds when it loads them. */
export function weightValue(e: Emitter, weight: TfjsWeight): string {
  const small = computed(weight);
  if (small) return e.weight(weight.name, small);
  const { dtype: stored } = initializerType(weight.stored);
  const value = e.weight(weight.name, weight.stored);
  if (stored === weight.dtype && !weight.affine) return value;
  return e.within(weight.name, () => {
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
