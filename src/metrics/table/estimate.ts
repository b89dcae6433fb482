/** A figure of many rows and its standard error. */

export interface Estimate {
  readonly value: number;
  /** NaN where it cannot be told. */
  readonly standardError: number;
}

/**
 * A figure whose change by each row is known: its influence function (Hampel 1974), divided by the number of rows. The
 * variance of the figure is the sum of their squares; for a mean this is the usual s²/n.
 */
export function byInfluence(value: number, influences: ArrayLike<number>): Estimate {
  const n = influences.length;
  let squares = 0;
  for (let i = 0; i < n; i++) squares += influences[i]! ** 2;
  return { value, standardError: n > 1 ? Math.sqrt((squares * n) / (n - 1)) : NaN };
}

/** Mean and its standard error; NaN for an empty list. */
export function meanOf(values: ArrayLike<number>): Estimate {
  const n = values.length;
  let sum = 0;
  for (let i = 0; i < n; i++) sum += values[i]!;
  const mean = sum / n, away = new Float64Array(n);
  for (let i = 0; i < n; i++) away[i] = (values[i]! - mean) / n;
  return byInfluence(mean, away);
}

/**
 * A share k / n. Its error is Agresti and Coull's (1998), as if two rows more had been so and two not: else 3 of 3 would
 * be certain. NaN for n = 0.
 */
export function share(k: number, n: number): Estimate {
  if (n === 0) return { value: NaN, standardError: NaN };
  const near = (k + 2) / (n + 4);
  return { value: k / n, standardError: Math.sqrt((near * (1 - near)) / (n + 4)) };
}

/** √(a² + b²): the error of a difference of two independent figures. */
export function errorOfDifference(one: number, other: number): number {
  return Math.hypot(one, other);
}

/**
 * The z beyond which a standard normal number lies with probability `tail` (0 < tail < 0.5): Abramowitz and Stegun
 * 26.2.23, within 4.5e-4.
 */
export function normalTail(tail: number): number {
  if (!(tail > 0 && tail < 0.5)) throw new Error(`a tail is between 0 and 0.5, found ${tail}`);
  const s = Math.sqrt(-2 * Math.log(tail));
  return s - (2.515517 + 0.802853 * s + 0.010328 * s * s) / (1 + 1.432788 * s + 0.189269 * s * s + 0.001308 * s ** 3);
}
