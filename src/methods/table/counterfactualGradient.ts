/** Wachter's search: descent along the gradient, the wish for the answer growing until it is got. */
import { drawRandom } from '../drawing';
import type { Goal } from './counterfactualGoal';
import type { CounterfactualSpace } from './counterfactualSpace';
import { makeRows } from './rows';
import type { TableContext } from './tableMethod';

const stepSize = 0.1;

/**
 * From the row (and from shaken copies of it), Adam on λ · (score towards the goal) + mean |change|, everything in the
 * features' scales; λ doubles while the goal is missed and halves where it is reached. Returns every row on the way that
 * reached it and is nearer than the one before, and the ends. Categories stay as they are.
 */
export async function gradientCandidates(context: TableContext, space: CounterfactualSpace, goal: Goal, options: { readonly restarts: number; readonly steps: number }): Promise<Float64Array[]> {
  const { model, row, seed, signal } = context, width = model.features.length, { restarts, steps } = options, moving = space.axes.map(({ free, feature }, i) => free && feature.kind !== 'category' && !Number.isNaN(row![i]!));
  if (!moving.some(Boolean) || !model.gradients) return [];
  const at = Array.from({ length: restarts }, (_, r) => {
    const random = drawRandom(seed, r);
    return row!.map((value, i) => (moving[i] && r > 0 ? clamp(space, i, value + 0.25 * space.axes[i]!.scale * random.normal()) : value));
  });
  const first = at.map(() => new Float64Array(width)), second = at.map(() => new Float64Array(width)), wish = new Float64Array(restarts).fill(1), nearest = new Float64Array(restarts).fill(Infinity), found: Float64Array[] = [];
  const gradientsAt = (): Promise<Float64Array> => model.gradients!(makeRows({ count: restarts, write: (index, into) => into.set(at[index]!) }, 0, restarts, width));
  // Whether the goal lies where the score rises or where it falls: a step each way tells.
  const slope = (await gradientsAt()).subarray(0, width), longest = slope.reduce((most, value, i) => (moving[i] ? Math.max(most, Math.abs(value) * space.axes[i]!.scale) : most), 0);
  if (!(longest > 0)) return [];
  const stepped = (sign: number): Float64Array => row!.map((value, i) => (moving[i] ? clamp(space, i, value + (sign * slope[i]! * space.axes[i]!.scale ** 2) / longest) : value));
  const [up, down] = await goal.misses([stepped(1), stepped(-1)]) as unknown as [number, number], towards = up <= down ? 1 : -1;
  for (let step = 1; step <= steps; step++) {
    signal.throwIfAborted();
    const gradients = await gradientsAt(), misses = await goal.misses(at.map((candidate) => space.settle(candidate)));
    for (const [r, candidate] of at.entries()) {
      const reached = misses[r]! <= 0, distance = space.distance(candidate, row!);
      if (reached && distance < nearest[r]!) {
        nearest[r] = distance;
        found.push(candidate.slice());
      }
      if (reached) wish[r]! *= 0.7;
      else if (step % 5 === 0) wish[r]! = Math.min(1e6, wish[r]! * 1.6);
      const own = gradients.subarray(r * width, (r + 1) * width), size = own.reduce((most, value, i) => (moving[i] ? Math.max(most, Math.abs(value) * space.axes[i]!.scale) : most), 0);
      for (let i = 0; i < width; i++) {
        if (!moving[i]) continue;
        const { scale } = space.axes[i]!, pull = Math.sign(candidate[i]! - row![i]!) / width;
        const g = pull - (size > 0 ? (wish[r]! * towards * own[i]! * scale) / size / width : 0);
        if (!Number.isFinite(g)) continue;
        first[r]![i] = 0.9 * first[r]![i]! + 0.1 * g;
        second[r]![i] = 0.999 * second[r]![i]! + 0.001 * g * g;
        const move = (stepSize * (first[r]![i]! / (1 - 0.9 ** step))) / (Math.sqrt(second[r]![i]! / (1 - 0.999 ** step)) + 1e-8);
        candidate[i] = clamp(space, i, candidate[i]! - move * scale);
      }
    }
  }
  return [...found, ...at];
}

function clamp({ axes }: CounterfactualSpace, i: number, value: number): number {
  return Math.min(axes[i]!.high, Math.max(axes[i]!.low, value));
}
