/**
 * What the model says, as a distribution: top classes, how sure, how close the runner-up. Pure functions over one
 * output's values, flattened to [C].
 */

/** exp(xᵢ/T) / Σ exp(xⱼ/T), computed without overflow, in double precision. @param temperature above 0; 1 changes nothing. */
export function softmax(logits: ArrayLike<number>, temperature = 1): Float64Array {
  if (!(temperature > 0)) throw new Error(`a softmax temperature must be above 0, found ${temperature}`);
  let largest = -Infinity;
  for (let i = 0; i < logits.length; i++) largest = Math.max(largest, logits[i]!);
  const out = new Float64Array(logits.length);
  let total = 0;
  for (let i = 0; i < logits.length; i++) total += out[i] = Math.exp((logits[i]! - largest) / temperature);
  return out.map((value) => value / total);
}

/** Whether the values are a distribution: all within 0…1 and summing to 1, within what float16 rounding leaves. */
export function isDistribution(values: ArrayLike<number>): boolean {
  if (values.length < 2) return false;
  let total = 0;
  for (let i = 0; i < values.length; i++) {
    const value = values[i]!;
    if (!(value >= -1e-6 && value <= 1 + 1e-3)) return false;
    total += value;
  }
  return Math.abs(total - 1) < 5e-3;
}

/** Shannon entropy in bits, −Σ p log2 p (0 log 0 = 0): 0 when certain, log2 C when clueless. */
export function entropyBits(probabilities: ArrayLike<number>): number {
  let bits = 0;
  for (let i = 0; i < probabilities.length; i++) {
    const p = probabilities[i]!;
    if (p > 0) bits -= p * Math.log2(p);
  }
  return Math.max(0, bits);
}

/** Difference of the two largest values; NaN for fewer than two. */
export function margin(values: ArrayLike<number>): number {
  const [first, second] = topK(values, 2);
  return first && second ? first.value - second.value : NaN;
}

/** The k largest values, largest first; of equal values the lower index first. NaN counts as smallest. */
export function topK(values: ArrayLike<number>, k: number): { index: number; value: number }[] {
  const order: number[] = [], most = Math.max(0, Math.floor(k));
  const key = (index: number) => (Number.isNaN(values[index]!) ? -Infinity : values[index]!);
  // Outputs can be maps of millions of numbers, of which few are wanted: insertion instead of sorting all.
  for (let index = 0; index < values.length && most > 0; index++) {
    const value = key(index);
    if (order.length === most && value <= key(order[most - 1]!)) continue;
    let place = order.length;
    while (place > 0 && value > key(order[place - 1]!)) place--;
    order.splice(place, 0, index);
    if (order.length > most) order.pop();
  }
  return order.map((index) => ({ index, value: values[index]! }));
}

export interface Distribution {
  /** 'probabilities': the values are a distribution, or `logits` says a softmax makes them one; 'scores': anything else. */
  readonly kind: 'probabilities' | 'scores';
  readonly probabilities: Float64Array | null;
  readonly top: readonly { readonly index: number; readonly value: number; readonly probability: number | null }[];
  /** Bits. */
  readonly entropy: number | null;
  /** Probability of the first minus that of the second. */
  readonly margin: number | null;
}

/**
 * One output's values described. @param values the output as the model returns it, [C].
 * @param options.logits the values are known to be logits: a softmax is appended.
 */
export function describePrediction(values: ArrayLike<number>, options: { readonly logits?: boolean; readonly top?: number; readonly temperature?: number } = {}): Distribution {
  const given = options.logits ? softmax(values, options.temperature) : isDistribution(values) ? Float64Array.from(values) : null;
  const top = topK(values, options.top ?? 5).map(({ index, value }) => ({ index, value, probability: given ? given[index]! : null }));
  if (!given) return { kind: 'scores', probabilities: null, top, entropy: null, margin: null };
  return { kind: 'probabilities', probabilities: given, top, entropy: entropyBits(given), margin: given.length > 1 ? margin(given) : null };
}
