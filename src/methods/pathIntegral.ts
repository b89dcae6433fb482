/**
 * The mean gradient along the straight line from a baseline to an input, which is what path methods integrate. Two ways:
 * a fixed rule, which reproduces the reference implementations, and a refined one, which looks where the path needs it.
 */
import type { MethodContext } from './method';
import { spreadOrder, type Quadrature } from './quadrature';
import { gradientsAt } from './samples';

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

type PathContext = Pick<MethodContext, 'model' | 'feeds' | 'input' | 'target' | 'signal'>;

/** (1 − α)·from + α·to, element by element, as captum computes it: from + α·(to − from). */
function along(from: Float32Array, to: Float32Array, alpha: number, into: Float32Array): void {
  if (alpha === 1) return into.set(to);
  for (let i = 0; i < into.length; i++) into[i] = from[i]! + alpha * (to[i]! - from[i]!);
}

/**
 * A fixed rule. Nodes are visited spread over the path, and each partial estimate is scaled by the share of the rule's
 * weight already seen, so that it estimates the whole. The ends of the path are evaluated too, for the completeness
 * check, unless the rule has them.
 */
export async function* fixedPath(context: PathContext, from: Float32Array, to: Float32Array, rule: Quadrature): AsyncGenerator<PathEstimate, PathEstimate, void> {
  const nodes = spreadOrder(rule.alphas.length).map((k) => ({ alpha: rule.alphas[k]!, weight: rule.weights[k]! }));
  for (const end of [0, 1]) if (!rule.alphas.includes(end)) nodes.push({ alpha: end, weight: 0 });
  const wholeWeight = rule.weights.reduce((a, b) => a + b, 0);
  const sum = new Float64Array(to.length);
  let seenWeight = 0, scoreStart = NaN, scoreEnd = NaN, done = 0;
  const estimate = (): PathEstimate => ({
    gradient: seenWeight > 0 && done < nodes.length ? sum.map((value) => (value * wholeWeight) / seenWeight) : sum,
    done, total: nodes.length, scoreStart, scoreEnd,
  });
  for await (const batch of gradientsAt(context, { count: nodes.length, write: (index, into) => along(from, to, nodes[index]!.alpha, into) })) {
    const gradients = batch.gradients[context.input]!.data;
    for (let sample = 0; sample < batch.count; sample++) {
      const { alpha, weight } = nodes[batch.start + sample]!;
      if (alpha === 0) scoreStart = batch.scores[sample]!;
      if (alpha === 1) scoreEnd = batch.scores[sample]!;
      if (weight === 0) continue;
      for (let i = 0, at = sample * to.length; i < to.length; i++, at++) sum[i]! += weight * gradients[at]!;
      seenWeight += weight;
    }
    done += batch.count;
    if (seenWeight > 0) yield estimate();
  }
  return estimate();
}

interface PathNode {
  readonly alpha: number;
  readonly score: number;
  readonly gradient: Float32Array;
  /** d score / d alpha. */
  readonly slope: number;
}

/**
 * A rule that refines itself. The path is cut into panels; the scores at a panel's ends say exactly what its slopes
 * should integrate to, so each panel knows its own error, and the worst panels are halved until the whole path's error
 * is below `tolerance` of the score's change, or `maxSteps` gradients are spent. (Completeness, axiom of Sundararajan
 * et al., used panel by panel.)
 */
export async function* refinedPath(
  context: PathContext, from: Float32Array, to: Float32Array, options: { readonly tolerance: number; readonly maxSteps: number },
): AsyncGenerator<PathEstimate, PathEstimate, void> {
  const size = to.length;
  // Every node's gradient is kept, because halving a panel changes the weights of its ends: at most 512 MB.
  const most = Math.max(9, Math.min(options.maxSteps, Math.floor(2 ** 29 / (4 * size))));
  let nodes: PathNode[] = [];
  let wanted = [0, 1, 0.5, 0.25, 0.75];
  for (;;) {
    const alphas = wanted;
    for await (const batch of gradientsAt(context, { count: alphas.length, write: (index, into) => along(from, to, alphas[index]!, into) })) {
      const all = batch.gradients[context.input]!.data;
      for (let sample = 0; sample < batch.count; sample++) {
        const gradient = all.slice(sample * size, (sample + 1) * size);
        let slope = 0;
        for (let i = 0; i < size; i++) slope += gradient[i]! * (to[i]! - from[i]!);
        nodes.push({ alpha: alphas[batch.start + sample]!, score: batch.scores[sample]!, gradient, slope });
      }
    }
    nodes = nodes.sort((a, b) => a.alpha - b.alpha);
    const panels = nodes.slice(1).map((right, k) => {
      const left = nodes[k]!, width = right.alpha - left.alpha;
      return { middle: (left.alpha + right.alpha) / 2, error: (width * (left.slope + right.slope)) / 2 - (right.score - left.score) };
    });
    const error = Math.abs(panels.reduce((sum, panel) => sum + panel.error, 0));
    const allowed = options.tolerance * Math.abs(nodes[nodes.length - 1]!.score - nodes[0]!.score);
    const finished = !(error > allowed) || nodes.length >= most;
    // The error of halved panels falls with the square of their number: a guess of how long it will take.
    const total = finished ? nodes.length : Math.min(most, Math.max(nodes.length + 1, Math.ceil(nodes.length * Math.sqrt(error / Math.max(allowed, 1e-30)))));
    const estimate: PathEstimate = { gradient: trapezoid(nodes, size), done: nodes.length, total, scoreStart: nodes[0]!.score, scoreEnd: nodes[nodes.length - 1]!.score };
    yield estimate;
    if (finished) return estimate;
    const worst = panels.sort((a, b) => Math.abs(b.error) - Math.abs(a.error));
    const share = Math.max(...worst.map((panel) => Math.abs(panel.error))) / 4;
    // Halved together: all panels within a quarter of the worst, since halving the worst leaves about that much.
    wanted = worst.filter((panel) => Math.abs(panel.error) >= share).slice(0, Math.max(1, most - nodes.length)).map((panel) => panel.middle);
  }
}

function trapezoid(nodes: readonly PathNode[], size: number): Float64Array {
  const sum = new Float64Array(size);
  nodes.forEach(({ alpha, gradient }, k) => {
    const weight = ((nodes[k + 1]?.alpha ?? alpha) - (nodes[k - 1]?.alpha ?? alpha)) / 2;
    for (let i = 0; i < size; i++) sum[i]! += weight * gradient[i]!;
  });
  return sum;
}
