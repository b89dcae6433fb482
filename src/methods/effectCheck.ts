/** The self-check of methods that hide parts: whether hiding any of them did anything. */
import type { SelfCheck } from './method';

/** Effects smaller than this, beside the score, are rounding. */
const rounding = 1e-6;

/**
 * The largest change of the score, and whether it is more than rounding.
 * @param effects score − score without the part; parts that were not tried are NaN.
 * @param part what one part is called.
 */
export function effectCheck(effects: ArrayLike<number>, score: number, part: string): SelfCheck {
  let largest = 0, positive = 0, tried = 0;
  for (let i = 0; i < effects.length; i++) {
    const effect = effects[i]!;
    if (Number.isNaN(effect)) continue;
    tried++;
    if (effect > 0) positive++;
    largest = Math.max(largest, Math.abs(effect));
  }
  const id = 'largestEffect', ok = largest > rounding * Math.max(1, Math.abs(score)), figure = largest.toPrecision(3), whole = score.toPrecision(3);
  const message = ok
    ? `The most any ${part} changes the score (${whole}) is ${figure}; hiding it lowers the score for ${positive} of ${tried}.`
    : `Hiding any ${part} leaves the score (${whole}) as it is (the most is ${figure}): the map says nothing. Larger parts, or a different fill, may.`;
  return { id, value: largest, ok, message };
}
