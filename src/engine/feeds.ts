/** Tensors as a model takes them: dims are checked, element types converted. */
import type { ModelFile, ValueType } from '../graph/graph';
import type { Feeds, PortInfo } from '../methods/model';
import { LensError } from '../protocol/rpc';
import { tensorFromNumbers, toFloat32 } from '../tensor/convert';
import { isFloat, type DType } from '../tensor/dtype';
import type { Tensor } from '../tensor/tensor';

/** Types of tensors, sparse ones included. */
export type TensorType = Extract<ValueType, { readonly dtype: DType }>;

/** @param batched whether dim 0 may differ from the declared one. */
export function checkFeed(port: PortInfo, feed: Tensor, batched: boolean, single: boolean): Tensor {
  const expected = `[${port.dims.map((dim) => dim ?? '?').join(', ')}]`;
  const declared = port.dims.length > 0;
  if (declared && feed.dims.length !== port.dims.length) {
    throw new LensError('badInput', `input '${port.name}' takes ${port.dtype} ${expected}, but a tensor of dims [${feed.dims.join(', ')}] was given`);
  }
  port.dims.forEach((dim, axis) => {
    if (typeof dim !== 'number' || dim === feed.dims[axis] || (axis === 0 && batched)) return;
    throw new LensError('badInput', `input '${port.name}' takes ${port.dtype} ${expected}, but a tensor of dims [${feed.dims.join(', ')}] was given`);
  });
  return fits(feed, port.dtype, single) ? feed : convertFeed(port.name, port.dtype, feed);
}

/** An inner value as it is fed: any number of samples, otherwise the dims it has for one. */
export function checkInner(name: string, { dtype, dims }: TensorType, feed: Tensor, single: boolean): Tensor {
  if (dims && (feed.dims.length !== dims.length || dims.some((dim, axis) => axis > 0 && typeof dim === 'number' && dim !== feed.dims[axis]))) {
    throw new LensError('badInput', `value '${name}' is ${dtype} [${dims.map((dim) => dim ?? '?').join(', ')}], but a tensor of dims [${feed.dims.join(', ')}] was given for it`);
  }
  return fits(feed, dtype, single) ? feed : convertFeed(name, dtype, feed);
}

function fits(feed: Tensor, dtype: DType, single: boolean): boolean {
  return feed.dtype === dtype || (single && feed.dtype === 'float32' && dtype === 'float16');
}

/** A tensor as another element type, where that loses nothing a user would miss. */
export function convertFeed(name: string, dtype: DType, feed: Tensor): Tensor {
  if (feed.dtype === 'string' || dtype === 'string' || dtype === 'undefined') {
    throw new LensError('badInput', `input '${name}' takes ${dtype} values, but ${feed.dtype} values were given`);
  }
  return tensorFromNumbers(dtype, feed.dims, toFloat32(feed));
}

/** Feeds as the file declares its inputs: real numbers are rounded where it takes whole ones, or half floats. */
export function asDeclared(feeds: Feeds, { graph }: ModelFile): Feeds {
  return mapValues(feeds, (tensor, name) => {
    const type = graph.inputs.find((input) => input.name === name)?.type;
    return type?.kind === 'tensor' && type.dtype !== tensor.dtype && isFloat(tensor.dtype) ? tensorFromNumbers(type.dtype, tensor.dims, toFloat32(tensor)) : tensor;
  });
}

/** Every tensor of a record, changed. */
export function mapValues(record: Readonly<Record<string, Tensor>>, change: (tensor: Tensor, name: string) => Tensor): Record<string, Tensor> {
  return Object.fromEntries(Object.entries(record).map(([name, tensor]) => [name, change(tensor, name)]));
}
