/** Elementary effects: what single steps do along random walks over a grid of levels (Morris 1991). */
import { drawRandom } from './drawing';
import { Moments } from './moments';

export interface Trajectory {
  /** Level of every feature, 0 … 1. */
  readonly start: Float64Array;
  readonly order: Int32Array;
  /** By feature: ±Δ. */
  readonly step: Float64Array;
}

/** Walk number `index`: starts at a random grid point from which every feature can take its step up or down. */
export function trajectory(seed: number, index: number, count: number, levels: number): Trajectory {
  const random = drawRandom(seed, index), half = Math.floor(levels / 2), delta = half / (levels - 1);
  const start = new Float64Array(count), step = new Float64Array(count);
  for (let feature = 0; feature < count; feature++) {
    const low = random.integer(levels - half) / (levels - 1), up = (random.uint32() & 1) === 1;
    start[feature] = up ? low : low + delta;
    step[feature] = up ? delta : -delta;
  }
  return { start, order: random.shuffle(Int32Array.from({ length: count }, (_, feature) => feature)), step };
}

/** The levels of all features after `taken` of a walk's steps, written to `into`. */
export function levelsAfter({ start, order, step }: Trajectory, taken: number, into: Float64Array): void {
  into.set(start);
  for (let k = 0; k < taken; k++) into[order[k]!]! += step[order[k]!]!;
}

/** Effects of many walks: their mean size μ*, and their spread σ. */
export class ElementaryEffects {
  private readonly sizes: Moments;
  private readonly effects: Moments;

  constructor(private readonly features: number) {
    this.sizes = new Moments(features, 'mean');
    this.effects = new Moments(features, 'variance');
  }

  get count(): number {
    return this.sizes.count;
  }

  /** @param scores at the walk's start and after each of its steps. */
  add({ order, step }: Trajectory, scores: ArrayLike<number>): void {
    const effect = new Float32Array(this.features);
    order.forEach((feature, k) => { effect[feature] = (scores[k + 1]! - scores[k]!) / step[feature]!; });
    this.effects.add(effect);
    this.sizes.add(effect.map(Math.abs));
  }

  means(): Float32Array {
    return this.sizes.estimate([this.features]).data;
  }

  spreads(): Float32Array {
    return this.effects.estimate([this.features]).data.map(Math.sqrt);
  }

  /** Of the means. */
  standardErrors(): Float32Array {
    return this.sizes.standardErrors();
  }

  /** Relative to the largest mean; undefined for fewer than two walks. */
  standardError(): number | undefined {
    return this.sizes.standardError();
  }
}
