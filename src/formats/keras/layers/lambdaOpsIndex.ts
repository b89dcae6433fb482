/** x[…] in Python: numbers, slices, new axes, an ellipsis, and tensors among them. */
import type { Flow } from '../../translate/emitter';
import { field, isObject } from '../config';
import { TensorArgument } from '../layer';
import type { OpCall } from './lambdaOpsCall';
import { operand } from './lambdaOpsElementwise';

/** tf.keras: {start, stop, step}; Keras 3: {class_name: '__slice__', config: {start, stop, step}}. */
function asSlice(item: unknown): { start: unknown; stop: unknown; step: unknown } | undefined {
  const slice = field(item, 'class_name') === '__slice__' || field(item, 'class_name') === 'slice' ? field(item, 'config') : item;
  if (!isObject(slice) || !['start', 'stop', 'step'].some((name) => Object.hasOwn(slice, name))) return undefined;
  return { start: field(slice, 'start') ?? undefined, stop: field(slice, 'stop') ?? undefined, step: field(slice, 'step') ?? undefined };
}

export function indexed(call: OpCall): Flow {
  const x = call.flow(operand, 0);
  const spec = call.layer.kwargs.get('slice_spec') ?? call.layer.kwargs.get('key') ?? call.layer.args[1] ?? (call.isOperation ? call.layer.config.raw('key') : undefined);
  const items: unknown[] = Array.isArray(spec) ? spec : [spec];
  if (items.length === 1 && items[0] instanceof TensorArgument && call.e.dtype(items[0].tensor) === 'bool') return call.fail('selects by a mask, whose result has no fixed size');
  const begin: unknown[] = [], end: unknown[] = [], strides: number[] = [];
  let beginMask = 0, endMask = 0, ellipsisMask = 0, newAxisMask = 0, shrinkMask = 0;
  items.forEach((item, index) => {
    const bit = 1 << index;
    const slice = asSlice(item);
    strides.push(1);
    begin.push(0);
    end.push(0);
    if (slice) {
      if (slice.start === undefined) beginMask |= bit; else begin[index] = slice.start;
      if (slice.stop === undefined) endMask |= bit; else end[index] = slice.stop;
      if (slice.step !== undefined) strides[index] = typeof slice.step === 'number' ? slice.step : call.fail('slices in steps that are computed');
    } else if (item === null || item === undefined) newAxisMask |= bit;
    else if (field(item, 'class_name') === '__ellipsis__' || item === '...') ellipsisMask |= bit;
    else if (typeof item === 'number' || (item instanceof TensorArgument && call.rank(item.tensor) === 0)) {
      begin[index] = item;
      end[index] = typeof item === 'number' ? item + 1 : item;
      shrinkMask |= bit;
    } else call.fail('takes positions that are no numbers or slices');
  });
  return call.one('StridedSlice', [x, call.asFlow(begin, 'int32'), call.asFlow(end, 'int32'), call.ints32(strides)], {
    begin_mask: { i: beginMask }, end_mask: { i: endMask }, ellipsis_mask: { i: ellipsisMask }, new_axis_mask: { i: newAxisMask }, shrink_axis_mask: { i: shrinkMask },
  });
}
