/** Many variants of one sample through the model, in the batches it wants. Shared by every method that perturbs or integrates. */
import { elementCount, type FloatTensor, type Tensor, type TensorData } from '../tensor/tensor';
import type { MethodContext } from './method';
import type { Feeds, GradientResult } from './model';

/** The explained input's one sample. */
export function explainedInput(context: Pick<MethodContext, 'feeds' | 'input'>): FloatTensor {
  const tensor = context.feeds[context.input];
  if (tensor === undefined) throw new Error(`input '${context.input}' is to be explained, but the feeds are ${Object.keys(context.feeds).join(', ') || 'empty'}`);
  if (tensor.dtype !== 'float32' || !(tensor.data instanceof Float32Array)) throw new Error(`input '${context.input}' is ${tensor.dtype}; only float32 inputs can be explained`);
  return tensor as FloatTensor;
}

/** `tensor` with its one sample `count` times along dim 0; tensors without a batch dim of 1 are returned as they are. */
export function repeatSample(tensor: Tensor, count: number): Tensor {
  if (count === 1 || tensor.dims.length === 0 || tensor.dims[0] !== 1) return tensor;
  const dims = [count, ...tensor.dims.slice(1)];
  if (!ArrayBuffer.isView(tensor.data)) return { dtype: tensor.dtype, dims, data: Array.from({ length: count }, () => tensor.data as readonly string[]).flat() };
  const size = tensor.data.length;
  const data = new (tensor.data.constructor as new (length: number) => Exclude<TensorData, readonly string[]>)(size * count);
  for (let i = 0; i < count; i++) (data as Float32Array).set(tensor.data as Float32Array, i * size);
  return { dtype: tensor.dtype, dims, data };
}

/**
 * Samples one forward run may take. An explained input without a batch of 1 (a list, the steps of one sequence) holds
 * one sample whatever its dims; another input of several dims that starts with more than 1 (the state of a recurrent
 * network) has its batch elsewhere and cannot be repeated.
 */
export function forwardBatch({ model, feeds, input }: Pick<MethodContext, 'model' | 'feeds' | 'input'>): number {
  const stacks = Object.entries(feeds).every(([name, { dims }]) => dims[0] === 1 || (name !== input && dims.length < 2));
  return stacks ? Math.max(1, model.batchFor('forward')) : 1;
}

/** Variants of the explained input; `write` fills one sample's elements. */
export interface Variants {
  readonly count: number;
  write(index: number, into: Float32Array): void;
}

/** Feeds for the variants [start, end): the explained input is stacked, all other inputs repeat their sample. */
export function feedsFor(context: Pick<MethodContext, 'feeds' | 'input'>, variants: Variants, start: number, end: number): Feeds {
  const sample = explainedInput(context), size = elementCount(sample.dims), count = end - start;
  const data = new Float32Array(size * count);
  for (let i = 0; i < count; i++) variants.write(start + i, data.subarray(i * size, (i + 1) * size));
  const feeds: Record<string, Tensor> = {};
  for (const [name, tensor] of Object.entries(context.feeds)) {
    feeds[name] = name === context.input ? { dtype: 'float32', dims: count === 1 ? sample.dims : [count * (sample.dims[0] ?? 1), ...sample.dims.slice(1)], data } : repeatSample(tensor, count);
  }
  return feeds;
}

export interface GradientBatch extends GradientResult {
  /** Index of the batch's first variant, and how many it has; the result may hold more samples than that. */
  readonly start: number;
  readonly count: number;
}

/**
 * Target and gradient at every variant, batch by batch, in order. All batches are run at one size, the last one filled
 * up with repetitions that are dropped, because each size is a session of its own. Throws the signal's reason between
 * batches once the explanation is cancelled.
 * @param options.wrt values to differentiate to; default: the explained input.
 * @param options.batch samples a run, if fewer than the model would take.
 */
export async function* gradientsAt(
  context: Pick<MethodContext, 'model' | 'feeds' | 'input' | 'target' | 'signal'>,
  variants: Variants,
  options: { readonly wrt?: readonly string[]; readonly fetch?: readonly string[]; readonly batch?: number } = {},
): AsyncGenerator<GradientBatch, void, void> {
  const { wrt = [context.input], fetch, batch = Infinity } = options;
  const { count } = variants;
  // An input without a batch of 1 (one number, a list, the steps of one sequence) holds one sample whatever its dims.
  const stacks = explainedInput(context).dims[0] === 1;
  const most = stacks ? Math.max(1, Math.min(context.model.batchFor('gradient'), batch)) : 1;
  const size = stacks && batch <= most ? batch : Math.ceil(count / Math.ceil(count / most));
  const filled: Variants = { count, write: (index, into) => variants.write(Math.min(index, count - 1), into) };
  for (let start = 0; start < count; start += size) {
    context.signal.throwIfAborted();
    const result = await context.model.gradients({ feeds: feedsFor(context, filled, start, start + size), target: context.target, wrt, ...(fetch && { fetch }) });
    yield { ...result, start, count: Math.min(size, count - start) };
  }
  context.signal.throwIfAborted();
}
