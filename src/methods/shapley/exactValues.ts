/** Shapley values over all coalitions. */
import type { Coalition } from '../features/coalitions';
import type { CoalitionGame, ShapleyRun } from './game';

/** Plays all 2^n coalitions, in Gray code order (each differs from the one before by one player). */
export async function* exactValues(game: CoalitionGame): ShapleyRun {
  const { count: n } = game, total = 2 ** n, values = new Float64Array(total);
  values[0] = game.nothing;
  values[total - 1] = game.whole;
  for (let start = 0; start < total; start += game.batch) {
    const codes = Array.from({ length: Math.min(game.batch, total - start) }, (_, k) => (start + k) ^ ((start + k) >> 1)).filter((code) => code !== 0 && code !== total - 1);
    const found = await game.of(codes.map((code) => coalitionOf(code, n)), false);
    codes.forEach((code, k) => { values[code] = found[k]!; });
    yield { done: Math.min(start + game.batch, total), total };
  }
  return { values: shapleyValues(values, n), standardError: 0, checks: [], chosen: {} };
}

function coalitionOf(code: number, n: number): Coalition {
  return Uint8Array.from({ length: n }, (_, feature) => (code >> feature) & 1);
}

/** @param values v(S) by the bits of S, [2^n]. */
export function shapleyValues(values: ArrayLike<number>, n: number): Float64Array {
  // |S|! (n − |S| − 1)! / n! = 1 / (n · C(n − 1, |S|)).
  const weights = new Float64Array(n);
  for (let size = 0, count = 1; size < n; size++) {
    weights[size] = 1 / (n * count);
    count = (count * (n - 1 - size)) / (size + 1);
  }
  const shapley = new Float64Array(n), sizes = new Uint8Array(2 ** n);
  for (let code = 1; code < 2 ** n; code++) sizes[code] = sizes[code >> 1]! + (code & 1);
  for (let feature = 0; feature < n; feature++) {
    const bit = 1 << feature;
    let sum = 0;
    for (let code = 0; code < 2 ** n; code++) if (!(code & bit)) sum += weights[sizes[code]!]! * (values[code | bit]! - values[code]!);
    shapley[feature] = sum;
  }
  return shapley;
}
