/** Which rows of a long table are kept: a uniform sample drawn by a seed, and those that are wanted in any case. */
import { Random } from '../../tensor/random';

export interface SampledRow<T> {
  readonly row: number;
  readonly value: T;
}

/** A uniform sample of the rows that go by (Vitter 1985, algorithm R): the same rows of any table that is as long. */
export class RowSample<T> {
  total = 0;
  private readonly sampled: SampledRow<T>[] = [];
  private readonly always: SampledRow<T>[] = [];
  private readonly random: Random;
  private readonly wanted: ReadonlySet<number>;

  constructor(private readonly most: number, seed: number, wanted: readonly number[]) {
    this.random = new Random(seed);
    this.wanted = new Set(wanted);
  }

  /** The next row goes by. @param make what is kept of it, asked for only if it is kept. */
  offer(make: () => T): void {
    const row = this.total++;
    if (this.wanted.size && this.wanted.has(row)) this.always.push({ row, value: make() });
    if (row < this.most) this.sampled.push({ row, value: make() });
    else {
      const place = Math.floor(this.random.uniform() * this.total);
      if (place < this.most) this.sampled[place] = { row, value: make() };
    }
  }

  /** In the file's order. */
  kept(): SampledRow<T>[] {
    const here = new Set(this.sampled.map(({ row }) => row));
    return [...this.sampled, ...this.always.filter(({ row }) => !here.has(row))].sort((a, b) => a.row - b.row);
  }
}
