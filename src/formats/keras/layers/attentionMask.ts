/** Masks of attention layers. */
import type { Emitter } from '../../translate/emitter';

/** What Keras adds to a score that must not count. */
export function largeNegative(e: Emitter): string {
  return e.constant(-1e9, 'float32');
}

/** Positions 0, 1, 2, … along an axis of `value`, int64. */
function positions(e: Emitter, value: string, axis: number): string {
  const size = e.storedDims(value)?.at(axis);
  const count = typeof size === 'number' ? e.constant(size, 'int64')
    : e.op('Gather', [e.op('Shape', [value]), e.constant(axis, 'int64')], { axis: 0 });
  return e.op('Range', [e.constant(0, 'int64'), count, e.constant(1, 'int64')]);
}

/** bool [queries, keys] for scores [..., queries, keys]: no key after its query. */
export function causalMask(e: Emitter, scores: string): string {
  return e.op('GreaterOrEqual', [e.unsqueeze(positions(e, scores, -2), [1]), positions(e, scores, -1)]);
}

/** bool [queries, keys]: keys less than `window` away from their query. */
export function slidingWindowMask(e: Emitter, scores: string, window: number): string {
  const distance = e.op('Abs', [e.op('Sub', [e.unsqueeze(positions(e, scores, -2), [1]), positions(e, scores, -1)])]);
  return e.op('Less', [distance, e.constant(window, 'int64')]);
}

/** All of several masks, which broadcast; undefined for none. */
export function allOf(e: Emitter, masks: readonly string[]): string | undefined {
  return masks.length === 0 ? undefined : masks.reduce((both, mask) => e.op('And', [both, mask]));
}
