/** The area under the ROC curve: how often a row of the class gets a higher score than one that is not of it. */
import { ranks } from '../../tensor/statistics';

export interface Area {
  readonly value: number;
  /** What each row adds to it, as `byInfluence` takes it. */
  readonly influences: Float64Array;
}

/**
 * Mann and Whitney's U, ties counting half: (Σ ranks of the m positives − m (m + 1) / 2) / (m n). A row's influence
 * comes from its placement among those of the other kind (DeLong, DeLong and Clarke-Pearson 1988; Sun and Xu 2014).
 * @param positive 1 for rows of the class, [rows]. @throws Error unless there are both kinds.
 */
export function areaUnderRoc(scores: Float64Array, positive: Uint8Array): Area {
  const among = ranks(scores), places = [indicesOf(positive, 0), indicesOf(positive, 1)] as const, [negatives, positives] = places;
  const m = positives.length, n = negatives.length;
  if (m === 0 || n === 0) throw new Error('a ROC curve needs rows of the class and rows of others');
  const own = places.map((indices) => ranks(indices.map((row) => scores[row]!)));
  const influences = new Float64Array(scores.length);
  let above = 0;
  positives.forEach((row, at) => { above += influences[row] = (among[row]! - own[1]![at]!) / n; });
  const value = above / m;
  positives.forEach((row) => { influences[row] = (influences[row]! - value) / m; });
  negatives.forEach((row, at) => { influences[row] = (1 - (among[row]! - own[0]![at]!) / m - value) / n; });
  return { value, influences };
}

function indicesOf(kinds: Uint8Array, kind: number): number[] {
  const found: number[] = [];
  kinds.forEach((one, row) => { if (one === kind) found.push(row); });
  return found;
}
