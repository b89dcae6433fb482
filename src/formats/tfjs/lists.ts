/**
 * TensorLists: a list whose elements have one shape is a tensor with one axis more. A list that is reserved before a
 * loop and filled in it is what the loop collects.
 */
import { isFlow, type OpTable, type TfOp, type TfValue } from './op';
import type { Flow } from '../translate/emitter';

function listOf(op: TfOp): Flow {
  const input = op.inputs[0];
  if (input !== undefined && 'list' in input) return input.list;
  if (input !== undefined && 'opaque' in input) op.flow(0);
  return op.fail('the list it works on was not filled in a form that ONNX can express');
}

/** Position as a one-element vector. */
function position(op: TfOp, index: number): string {
  return op.e.reshape(op.int64(op.flow(index)), [1]);
}

function setItem(op: TfOp): TfValue {
  const input = op.inputs[0];
  if (input !== undefined && 'reserved' in input) return { written: { list: input, index: op.flow(1), item: op.flow(2) } };
  const list = op.e.natural(listOf(op));
  const item = op.e.unsqueeze(op.natural(2), [0]);
  return { list: op.emit('ScatterND', [list, op.e.unsqueeze(position(op, 1), [0]), item]) };
}

function reserve(op: TfOp, shapeInput: number, sizeInput: number): TfValue {
  const dtype = op.attributes.dtype('element_dtype') ?? 'float32';
  const shape = op.known(shapeInput);
  const dims = op.dims(shapeInput);
  // A shape of -1 as a scalar says that not even the rank is known.
  if (dtype !== 'string' && dims?.length === 1 && shape?.every((dim) => dim >= 0)) {
    const size = op.e.reshape(op.int64(op.flow(sizeInput)), [1]);
    return { list: op.emit('Expand', [op.scalar(0, dtype), op.e.concat([size, op.e.int64s(shape)], 0)]) };
  }
  return { reserved: { size: op.flow(sizeInput), dtype } };
}

/** [elements, rows, …] → [elements · rows, …] */
function joined(op: TfOp): TfValue {
  const list = op.e.natural(listOf(op));
  const shape = op.e.op('Shape', [list]);
  return op.emit('Reshape', [list, op.e.concat([op.e.int64s([-1]), op.e.slice(shape, [2], [1000], [0])], 0)]);
}

export const lists: OpTable = {
  TensorListReserve: (op) => reserve(op, 0, 1),
  TensorListFromTensor: (op) => ({ list: op.of(op.natural(0)) }),
  TensorListGetItem: (op) => {
    const list = op.e.natural(listOf(op));
    return op.emit('Gather', [list, op.natural(1)], { axis: 0 });
  },
  TensorListSetItem: setItem,
  TensorListStack: (op) => listOf(op),
  TensorListGather: (op) => op.emit('Gather', [op.e.natural(listOf(op)), op.natural(1)], { axis: 0 }),
  TensorListLength: (op) => {
    const input = op.inputs[0];
    if (input !== undefined && !isFlow(input) && 'reserved' in input) return input.reserved.size;
    const shape = op.e.op('Shape', [op.e.natural(listOf(op))]);
    return op.int32(op.e.op('Gather', [shape, op.e.constant(0, 'int64')], { axis: 0 }));
  },
  TensorListConcat: joined, TensorListConcatV2: joined,
};
