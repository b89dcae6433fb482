/** What flows back from a target, and its score: one element of every row, a weighted sum of rows, a cosine, a product. */
import type { GraphBuilder } from '../graph/builder';
import type { DType } from '../tensor/dtype';
import { noteOneChannel } from './rules/oneChannel';
import type { ResolvedTarget } from './targets';

/**
 * How the rows [N, C] of a target's value become one score a sample, and what the target input holds:
 * `element` int64 [N]: the element of every row; `weighted` float32 [1, C]: the weights of Σ w·row (differences, sums,
 * means, regions); `cosine` float32 [1, C]: the vector whose cosine with the row is taken (its length does not matter);
 * `product` float32 [1, C]: the exponents of Π row^e, 0 for elements that do not count.
 */
export type TargetForm = 'element' | 'weighted' | 'cosine' | 'product';

export interface SeedAndScore {
  /** Cotangent of the target in its own dims and type. */
  readonly seed: string;
  /** The target's rows [N, C]. */
  readonly rows: string;
  /** The score [N], float32, of a value that has the target's dims. */
  scoreOf(value: string): string;
}

type Types = Map<string, { dtype: DType; dims: readonly number[] }>;

/** Dims of the target input. */
export function targetInputType(form: TargetForm, { batch, classes }: ResolvedTarget): { dtype: DType; dims: readonly number[] } {
  return form === 'element' ? { dtype: 'int64', dims: [batch] } : { dtype: 'float32', dims: [1, classes] };
}

/** Adds seed and score of `target` to the graph; `input` is the name of the target input. */
export function seedAndScore(b: GraphBuilder, target: ResolvedTarget, input: string, form: TargetForm): SeedAndScore {
  const flat = [target.batch, target.classes], isFlat = sameList(target.dims, flat);
  const rowsOf = (value: string): string => (isFlat ? value : b.reshape(value, flat));
  const rows = rowsOf(target.value);
  const own = (value: string): string => (value === target.value ? rows : rowsOf(value));
  const typed = (seed: string): string => {
    const cast = target.dtype === 'float32' ? seed : b.cast(seed, target.dtype);
    return isFlat ? cast : b.reshape(cast, target.dims);
  };
  const real = (value: string): string => (target.dtype === 'float32' ? value : b.cast(value, 'float32'));
  if (form === 'element') {
    const oneHot = b.op('OneHot', [input, b.int64s([target.classes]), b.constant([0, 1], 'float32', [2])], { axis: 1 });
    const seed = typed(oneHot), tail = target.dims.slice(2);
    if (target.dims[0] === target.batch && target.dims[1] === target.classes && tail.every((dim) => dim === 1)) {
      const ones = b.constant(new Array<number>(target.batch).fill(1), target.dtype, [target.batch, 1, ...tail]);
      noteOneChannel(b, seed, { index: input, value: ones });
    }
    return {
      seed, rows,
      scoreOf: (value) => {
        const picked = b.reshape(b.op('GatherElements', [own(value), b.unsqueeze(input, [1])], { axis: 1 }), [target.batch]);
        return target.dtype === 'float32' ? b.op('Identity', [picked]) : b.cast(picked, 'float32');
      },
    };
  }
  return {
    seed: typed(b.expand(input, flat)), rows,
    // Sums of half floats overflow, so the rows are made float32 first.
    scoreOf: (value) => b.reduce('ReduceSum', b.op('Mul', [real(own(value)), input]), [1], false),
  };
}

/**
 * cos(row, reference) = Σ row·reference / (‖row‖·‖reference‖) as a value [N, 1] of its own, so that the rules of any
 * method go through it. A row of zeros has cosine 0.
 */
export function appendCosine(b: GraphBuilder, types: Types, target: ResolvedTarget, reference: string): ResolvedTarget {
  const { batch, classes } = target, rows = [batch, classes], one = [batch, 1];
  const made = (name: string, dims: readonly number[]): string => {
    types.set(name, { dtype: 'float32', dims });
    return name;
  };
  types.set(reference, { dtype: 'float32', dims: [1, classes] });
  const real = target.dtype === 'float32' ? target.value : made(b.cast(target.value, 'float32'), target.dims);
  const x = sameList(target.dims, rows) ? real : made(b.reshape(real, rows), rows);
  const sum = (value: string, dims: readonly number[]): string => made(b.reduce('ReduceSum', value, [1]), dims);
  const dot = sum(made(b.op('Mul', [x, reference]), rows), one);
  const square = sum(made(b.op('Mul', [x, x]), rows), one);
  const length = made(b.op('Sqrt', [made(b.op('Add', [square, b.constant(1e-24, 'float32')]), one)]), one);
  const other = made(b.op('Sqrt', [sum(made(b.op('Mul', [reference, reference]), [1, classes]), [1, 1])]), [1, 1]);
  const value = made(b.op('Div', [dot, made(b.op('Mul', [length, other]), one)]), one);
  return { value, dtype: 'float32', dims: one, batch, classes: 1 };
}

/** Least value whose logarithm is taken. */
const tiny = 1e-30;

/**
 * Π row^e = exp(Σ e·log row) as a value [N, 1] of its own. Elements count as at least 1e-30: products are of
 * probabilities, and whatever is below zero has exponent 0.
 */
export function appendProduct(b: GraphBuilder, types: Types, target: ResolvedTarget, exponents: string): ResolvedTarget {
  const { batch, classes } = target, rows = [batch, classes], one = [batch, 1];
  const made = (name: string, dims: readonly number[]): string => {
    types.set(name, { dtype: 'float32', dims });
    return name;
  };
  types.set(exponents, { dtype: 'float32', dims: [1, classes] });
  const real = target.dtype === 'float32' ? target.value : made(b.cast(target.value, 'float32'), target.dims);
  const x = sameList(target.dims, rows) ? real : made(b.reshape(real, rows), rows);
  const logarithms = made(b.op('Log', [made(b.op('Max', [x, b.constant(tiny, 'float32')]), rows)]), rows);
  const sum = made(b.reduce('ReduceSum', made(b.op('Mul', [logarithms, exponents]), rows), [1]), one);
  return { value: made(b.op('Exp', [sum]), one), dtype: 'float32', dims: one, batch, classes: 1 };
}

export function sameList(a: readonly number[], b: readonly number[]): boolean {
  return a.length === b.length && a.every((item, index) => item === b[index]);
}
