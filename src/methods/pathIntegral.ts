/**
 * The mean gradient along the straight line from a baseline to an input, which is what path methods integrate, by a
 * fixed rule as the reference implementations have it. (refinedPath.ts: by a rule that looks where the path needs it.)
 */
import type { MethodContext } from './method';
import { spreadOrder, type Quadrature } from './quadrature';
import { gradientsAt, type Variants } from './samples';

export interface PathEstimate {
  /** Mean gradient over the path so far, one value an element of the input. */
  readonly gradient: Float64Array;
  /** Gradients computed so far, and how many there will be as far as is known. */
  readonly done: number;
  readonly total: number;
  /** Target at the path's two ends; NaN until known. */
  readonly scoreStart: number;
  readonly scoreEnd: number;
}

/** Scores and gradients of variants of what is explained, in order, in batches of at most `batch`. */
export type GradientsAlong = (variants: Variants, batch?: number) => AsyncGenerator<{
  /** Number of the first variant, and how many there are. */
  readonly start: number;
  readonly count: number;
  readonly scores: ArrayLike<number>;
  /** One row a variant, as long as what is explained. */
  readonly gradients: Float32Array | Float64Array;
}, void, void>;

/** Variants of an input, through its model. */
export function alongInput(context: Pick<MethodContext, 'model' | 'feeds' | 'input' | 'target' | 'signal'>): GradientsAlong {
  return async function* (variants, batch) {
    for await (const { start, count, scores, gradients } of gradientsAt(context, variants, batch === undefined ? {} : { batch })) yield { start, count, scores, gradients: gradients[context.input]!.data };
  };
}

/** (1 − α)·from + α·to, element by element, as captum computes it: from + α·(to − from). */
export function along(from: Float32Array, to: Float32Array, alpha: number, into: Float32Array): void {
  if (alpha === 1) return into.set(to);
  for (let i = 0; i < into.length; i++) into[i] = from[i]! + alpha * (to[i]! - from[i]!);
}

/**
 * A fixed rule. Nodes are visited spread over the path, and each partial estimate is scaled by the share of the rule's
 * weight already seen, so that it estimates the whole. The ends of the path are evaluated too, for the completeness
 * check, unless the rule has them.
 */
export async function* fixedPath(gradients: GradientsAlong, from: Float32Array, to: Float32Array, rule: Quadrature): AsyncGenerator<PathEstimate, PathEstimate, void> {
  const nodes = spreadOrder(rule.alphas.length).map((k) => ({ alpha: rule.alphas[k]!, weight: rule.weights[k]! }));
  for (const end of [0, 1]) if (!rule.alphas.includes(end)) nodes.push({ alpha: end, weight: 0 });
  const wholeWeight = rule.weights.reduce((a, b) => a + b, 0);
  const sum = new Float64Array(to.length);
  let seenWeight = 0, scoreStart = NaN, scoreEnd = NaN, done = 0;
  const estimate = (): PathEstimate => ({ gradient: scaled(sum, done < nodes.length ? wholeWeight / seenWeight : 1), done, total: nodes.length, scoreStart, scoreEnd });
  for await (const batch of gradients({ count: nodes.length, write: (index, into) => along(from, to, nodes[index]!.alpha, into) })) {
    for (let sample = 0; sample < batch.count; sample++) {
      const { alpha, weight } = nodes[batch.start + sample]!;
      if (alpha === 0) scoreStart = batch.scores[sample]!;
      if (alpha === 1) scoreEnd = batch.scores[sample]!;
      if (weight === 0) continue;
      for (let i = 0, at = sample * to.length; i < to.length; i++, at++) sum[i]! += weight * batch.gradients[at]!;
      seenWeight += weight;
    }
    done += batch.count;
    if (seenWeight > 0) yield estimate();
  }
  return estimate();
}

function scaled(values: Float64Array, factor: number): Float64Array {
  const out = new Float64Array(values.length);
  for (let i = 0; i < values.length; i++) out[i] = values[i]! * factor;
  return out;
}
