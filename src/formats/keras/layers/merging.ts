/** Layers that join several inputs. */
import type { Flow } from '../../translate/emitter';
import { NotTranslatable, dimsOf, type KerasTensor, type LayerContext, type LayerTable, type LayerTranslator } from '../layer';
import { unit } from './normalization';

/** Several inputs of one rank and storage; those of lower rank get axes of size 1 behind the batch, as Keras does. */
function aligned(layer: LayerContext): { values: string[]; stored: Flow['stored'] } {
  const { e, inputs } = layer;
  if (inputs.length === 0) throw new NotTranslatable('has no inputs');
  const ranks = inputs.map((input) => dimsOf(layer, input).length), rank = Math.max(...ranks);
  if (ranks.every((item) => item === rank)) return e.align(inputs);
  const values = inputs.map((input, index) => {
    const missing = rank - ranks[index]!;
    return missing === 0 ? e.natural(input) : e.unsqueeze(e.natural(input), Array.from({ length: missing }, (_, axis) => axis + 1));
  });
  return { values, stored: 'natural' };
}

/** An element counts where it counts in every input. */
function commonMask(layer: LayerContext): Flow | undefined {
  const masks = layer.inputs.flatMap(({ mask }) => (mask ? [mask] : []));
  return masks.reduce<Flow | undefined>((all, mask) => (all && all.value !== mask.value ? { value: layer.e.op('And', [layer.e.natural(all), layer.e.natural(mask)]), stored: 'natural' } : mask), undefined);
}

function merging(combine: (layer: LayerContext, values: readonly string[]) => string): LayerTranslator {
  return (layer) => {
    const { values, stored } = aligned(layer);
    return [{ value: combine(layer, values), stored, mask: commonMask(layer) }];
  };
}

const chain = (opType: string) => (layer: LayerContext, [first, ...rest]: readonly string[]): string => rest.reduce((all, value) => layer.e.op(opType, [all, value]), first!);

const average = (layer: LayerContext, values: readonly string[]): string => layer.e.op('Mul', [chain('Add')(layer, values), layer.e.constant(1 / values.length, 'float32')]);

function subtract(layer: LayerContext, values: readonly string[]): string {
  if (values.length !== 2) throw new NotTranslatable(`subtracts ${values.length} inputs, where two were expected`);
  return layer.e.op('Sub', values);
}

function concatenate(layer: LayerContext, axis: number): KerasTensor[] {
  const { e, inputs } = layer;
  const rank = Math.max(...inputs.map((input) => dimsOf(layer, input).length));
  const masks = inputs.map(({ mask }) => mask);
  const { values, stored } = e.align(inputs);
  const at = e.storedAxis({ value: values[0]!, stored }, axis);
  const positive = axis < 0 ? axis + rank : axis;
  // Along features the masks agree; along steps they are joined like the values.
  const mask = positive === rank - 1 ? commonMask(layer)
    : masks.every((item): item is Flow => item !== undefined) ? { value: e.concat(masks.map((item) => e.natural(item)), positive), stored: 'natural' as const }
    : undefined;
  return [{ value: e.concat(values, at), stored, mask }];
}

/**
 * Sums products along one axis of each of two inputs; the batch stays. [b, …, a, …] · [b, …, a, …] → what is left of
 * the first, then of the second.
 */
function dot(layer: LayerContext, axesGiven: unknown, normalize: boolean): Flow[] {
  const { e } = layer, [left, right] = layer.inputs;
  if (!left || !right || layer.inputs.length !== 2) throw new NotTranslatable(`multiplies ${layer.inputs.length} inputs, where two were expected`);
  const ranks = [dimsOf(layer, left).length, dimsOf(layer, right).length] as const;
  const flat = Array.isArray(axesGiven) ? (axesGiven as unknown[]).flat(2) : [axesGiven, axesGiven];
  const axes = flat.map((axis, index) => (typeof axis === 'number' ? (axis < 0 ? axis + ranks[index]! : axis) : NaN));
  if (axes.length !== 2 || !axes.every((axis, index) => axis > 0 && axis < ranks[index]!)) throw new NotTranslatable(`contracts axes ${JSON.stringify(axesGiven)}, which its inputs do not have`);
  const [a, b] = axes as [number, number];
  const prepared = [left, right].map((flow, index) => (normalize ? unit(layer, e.natural(flow), [axes[index]!]) : e.natural(flow)));
  const letters = 'cdefghijklmnopqrst';
  const first = Array.from({ length: ranks[0] }, (_, axis) => (axis === 0 ? 'b' : axis === a ? 'a' : letters[axis]!)).join('');
  const second = Array.from({ length: ranks[1] }, (_, axis) => (axis === 0 ? 'b' : axis === b ? 'a' : letters[axis]!.toUpperCase())).join('');
  if (ranks[0] === 2 && ranks[1] === 2) return [{ value: e.reduce('ReduceSum', e.op('Mul', prepared), [1]), stored: 'natural' }];
  if (ranks[0] <= 3 && ranks[1] <= 3) {
    // [b, rows, a] × [b, a, columns]; a vector is a matrix of one row or column.
    const [x, y] = prepared as [string, string];
    const rows = ranks[0] === 2 ? e.unsqueeze(x, [1]) : a === 2 ? x : e.transpose(x, [0, 2, 1]);
    const columns = ranks[1] === 2 ? e.unsqueeze(y, [2]) : b === 1 ? y : e.transpose(y, [0, 2, 1]);
    const product = e.op('MatMul', [rows, columns]);
    return [{ value: ranks[0] === 2 ? e.squeeze(product, [1]) : ranks[1] === 2 ? e.squeeze(product, [2]) : product, stored: 'natural' }];
  }
  const rest = (first + second).replace(/[ab]/g, '');
  return [{ value: e.op('Einsum', prepared, { equation: `${first},${second}->b${rest}` }), stored: 'natural' }];
}

/** Keras 1's Merge layer: one class, the operation in `mode`. */
function merge(layer: LayerContext): readonly KerasTensor[] {
  const { config } = layer, mode = config.raw('mode');
  if (mode === 'concat') return concatenate(layer, config.int('concat_axis', -1));
  if (mode === 'dot' || mode === 'cos') return dot(layer, config.raw('dot_axes') ?? 1, mode === 'cos');
  const combine = typeof mode === 'string' ? modes.get(mode) : undefined;
  if (!combine) throw new NotTranslatable('merges its inputs by Python code');
  return merging(combine)(layer);
}

const modes = new Map([['sum', chain('Add')], ['mul', chain('Mul')], ['ave', average], ['max', chain('Max')], ['min', chain('Min')]]);

export const mergings: LayerTable = {
  Add: merging(chain('Add')), Subtract: merging(subtract), Multiply: merging(chain('Mul')), Average: merging(average),
  Maximum: merging(chain('Max')), Minimum: merging(chain('Min')),
  Concatenate: (layer) => concatenate(layer, layer.config.int('axis', -1)),
  Dot: (layer) => dot(layer, layer.config.raw('axes'), layer.config.bool('normalize', false)),
  Merge: merge,
};
