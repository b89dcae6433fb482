/** Steps of a sequence as part of the batch, and back. */
import type { Dim } from '../../../graph/graph';
import type { Flow } from '../../translate/emitter';
import { dimsOf, type KerasTensor, type LayerContext } from '../layer';

/** [batch, steps, …] → [batch · steps, …], with its mask if that has steps of its own. */
export function foldSteps(layer: LayerContext, tensor: KerasTensor): KerasTensor {
  const { e } = layer;
  const fold = (flow: Flow): Flow => {
    const dims = dimsOf(layer, flow), value = e.natural(flow);
    const rest = dims.slice(2);
    const shape = rest.every(isNumber) ? e.int64s([-1, ...(rest as number[])]) : e.concat([e.int64s([-1]), e.op('Shape', [value], { start: 2 })], 0);
    return { value: e.op('Reshape', [value, shape]), stored: 'natural' };
  };
  const inner = tensor.mask && dimsOf(layer, tensor.mask).length > 2 ? tensor.mask : undefined;
  return inner ? { ...fold(tensor), mask: fold(inner) } : fold(tensor);
}

/** [batch · steps, …] → [batch, steps, …] with the steps of `like`. */
export function unfoldSteps(layer: LayerContext, flow: Flow, like: Flow): Flow {
  const { e } = layer;
  const value = e.natural(flow), rest = dimsOf(layer, flow).slice(1);
  const [batch, steps] = dimsOf(layer, like);
  // One dim may be left for the runtime to find.
  const lead = isNumber(steps) ? [isNumber(batch) ? batch : -1, steps] : undefined;
  const shape = lead && rest.every(isNumber)
    ? e.int64s([...lead, ...(rest as number[])])
    : e.concat([e.op('Shape', [e.natural(like)], { start: 0, end: 2 }), e.op('Shape', [value], { start: 1 })], 0);
  return { value: e.op('Reshape', [value, shape]), stored: 'natural' };
}

function isNumber(dim: Dim | undefined): dim is number {
  return typeof dim === 'number';
}
