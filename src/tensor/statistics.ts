/** Summary figures of lists of numbers, summed in double precision. */

/** Smallest and largest value; throws for an empty list. NaN is ignored unless there is nothing else. */
export function range(values: ArrayLike<number>): { minimum: number; maximum: number } {
  if (values.length === 0) throw new Error('the range of an empty list was asked for');
  let minimum = Infinity, maximum = -Infinity;
  for (let i = 0; i < values.length; i++) {
    const value = values[i]!;
    if (value < minimum) minimum = value;
    if (value > maximum) maximum = value;
  }
  return minimum <= maximum ? { minimum, maximum } : { minimum: NaN, maximum: NaN };
}

/** Largest absolute value; 0 for an empty list. */
export function maxAbs(values: ArrayLike<number>): number {
  let largest = 0;
  for (let i = 0; i < values.length; i++) {
    const value = Math.abs(values[i]!);
    if (value > largest) largest = value;
  }
  return largest;
}

export function sum(values: ArrayLike<number>): number {
  let total = 0;
  for (let i = 0; i < values.length; i++) total += values[i]!;
  return total;
}

/** Arithmetic mean; NaN for an empty list. */
export function mean(values: ArrayLike<number>): number {
  return sum(values) / values.length;
}

/**
 * The `q`-quantile (0 ≤ q ≤ 1), linearly interpolated between order statistics as NumPy's default does.
 * Throws for an empty list or a `q` outside 0…1.
 */
export function quantile(values: ArrayLike<number>, q: number): number {
  if (values.length === 0) throw new Error('a quantile of an empty list was asked for');
  if (!(q >= 0 && q <= 1)) throw new Error(`a quantile is between 0 and 1, found ${q}`);
  const at = q * (values.length - 1), low = Math.floor(at), below = nthSmallest(values, low);
  return at === low ? below : below + (nthSmallest(values, low + 1) - below) * (at - low);
}

/**
 * The `n`-th smallest value (0: the smallest), without sorting all (Hoare's selection on a copy). NaN counts as largest.
 * Throws for an `n` outside the list.
 */
export function nthSmallest(values: ArrayLike<number>, n: number): number {
  if (!(n >= 0 && n < values.length)) throw new Error(`the value number ${n} of a list of ${values.length} was asked for`);
  const work = new Float64Array(values);
  for (let i = 0; i < work.length; i++) if (Number.isNaN(work[i]!)) work[i] = Infinity;
  for (let low = 0, high = work.length - 1; low < high;) {
    const pivot = work[(low + high) >> 1]!;
    let i = low, j = high;
    while (i <= j) {
      while (work[i]! < pivot) i++;
      while (work[j]! > pivot) j--;
      if (i <= j) {
        const held = work[i]!;
        work[i++] = work[j]!;
        work[j--] = held;
      }
    }
    if (n <= j) high = j;
    else if (n >= i) low = i;
    else break;
  }
  return work[n]!;
}

/**
 * Pearson's correlation of two lists of equal length, −1…1. NaN if either list is constant (or shorter than two).
 * Throws if the lengths differ.
 */
export function pearson(a: ArrayLike<number>, b: ArrayLike<number>): number {
  if (a.length !== b.length) throw new Error(`a correlation needs lists of equal length, found ${a.length} and ${b.length}`);
  const meanA = mean(a), meanB = mean(b);
  let ab = 0, aa = 0, bb = 0;
  for (let i = 0; i < a.length; i++) {
    const da = a[i]! - meanA, db = b[i]! - meanB;
    ab += da * db;
    aa += da * da;
    bb += db * db;
  }
  return aa > 0 && bb > 0 ? Math.max(-1, Math.min(1, ab / Math.sqrt(aa * bb))) : NaN;
}

/** Rank of each value, 1-based; equal values share the mean of their ranks. */
export function ranks(values: ArrayLike<number>): Float64Array {
  const order = Uint32Array.from({ length: values.length }, (_, index) => index).sort((i, j) => values[i]! - values[j]!);
  const out = new Float64Array(values.length);
  for (let start = 0; start < order.length;) {
    let end = start + 1;
    while (end < order.length && values[order[end]!] === values[order[start]!]) end++;
    for (let i = start; i < end; i++) out[order[i]!] = (start + 1 + end) / 2;
    start = end;
  }
  return out;
}

/** Spearman's rank correlation (ties share their mean rank); NaN and errors as `pearson`. */
export function spearman(a: ArrayLike<number>, b: ArrayLike<number>): number {
  return pearson(ranks(a), ranks(b));
}
