/**
 * How many samples go into one run on a device: begins with what suits the CPU, doubles while throughput grows by a
 * tenth or more, and halves where memory ends. Each size has a session of its own whose first run compiles, so only
 * later runs count.
 */

/** Throughput must grow by this for the next size to be worth its session. */
const gain = 1.1;
/** A run longer than this (ms) makes cancelling and the next partial map wait. */
const longRun = 100;
/** Samples ahead of the present size that a caller should have ready, so that larger sizes can be tried. */
const readyAhead = 8;

export class BatchTuner {
  private size: number;
  private ceiling: number;
  private done = false;
  /** Milliseconds a sample by size, the best of all runs but the first. */
  private readonly perSample = new Map<number, number>();
  private readonly begun = new Set<number>();

  /** @param start, @param most powers of two. */
  constructor(start: number, most: number) {
    this.ceiling = Math.max(1, most);
    this.size = Math.min(start, this.ceiling);
  }

  /** The best size known. */
  get best(): number {
    return this.size;
  }

  get settled(): boolean {
    return this.done || this.size >= this.ceiling;
  }

  /** How many samples a caller had better hand over at once. */
  get ahead(): number {
    return this.settled ? this.size : Math.min(this.ceiling, readyAhead * this.size);
  }

  /** Samples for the next run where `left` are left: a power of two, filled up with copies where there are fewer. */
  next(left: number): number {
    if (left < this.size) return 2 ** Math.ceil(Math.log2(Math.max(1, left)));
    // A larger size has to run twice before it says anything.
    const larger = 2 * this.size, worthTrying = !this.settled && this.perSample.has(this.size) && left >= 2 * larger;
    return worthTrying || (this.begun.has(larger) && !this.settled && left >= larger) ? larger : this.size;
  }

  /** A run of `rows` samples took `ms`. */
  ran(rows: number, ms: number): void {
    if (!this.begun.has(rows)) {
      this.begun.add(rows);
      return;
    }
    const before = this.perSample.get(rows) ?? Infinity;
    this.perSample.set(rows, Math.min(before, ms / rows));
    if (rows === 2 * this.size) {
      if (gain * this.perSample.get(rows)! <= this.perSample.get(this.size)!) this.size = rows;
      else this.done = true;
    }
    if (rows === this.size && ms > longRun) this.done = true;
  }

  /** A run of `rows` samples did not fit. False where it cannot be smaller. */
  outOfMemory(rows: number): boolean {
    if (rows <= 1) return false;
    this.ceiling = Math.min(this.ceiling, 2 ** Math.floor(Math.log2(rows - 1)));
    this.size = Math.min(this.size, this.ceiling);
    return true;
  }
}
