/** Random dims and numbers for rule checks; the seed is printed by a failing check, so that it can be run again. */
export class Random {
  private state: number;

  constructor(readonly seed: number) { this.state = (seed * 2654435761 + 12345) >>> 0; }

  /** Uniform in [0, 1) (mulberry32). */
  next(): number {
    this.state = (this.state + 0x6d2b79f5) >>> 0;
    let t = this.state;
    t = Math.imul(t ^ (t >>> 15), t | 1);
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61);
    return ((t ^ (t >>> 14)) >>> 0) / 4294967296;
  }

  /** A whole number from low to high, both included. */
  int(low: number, high: number): number { return low + Math.floor(this.next() * (high - low + 1)); }

  float(low = -1, high = 1): number { return low + this.next() * (high - low); }

  bool(): boolean { return this.next() < 0.5; }

  pick<T>(items: readonly T[]): T { return items[this.int(0, items.length - 1)]!; }

  /** `rank` dims from 1 to `max`. */
  dims(rank: number, max = 4): number[] { return Array.from({ length: rank }, () => this.int(1, max)); }

  shuffle<T>(items: readonly T[]): T[] {
    const result = [...items];
    for (let i = result.length - 1; i > 0; i--) {
      const j = this.int(0, i);
      [result[i], result[j]] = [result[j]!, result[i]!];
    }
    return result;
  }

  /** Dims that broadcast to `dims`: leading axes dropped and others set to 1 at random. */
  broadcastable(dims: readonly number[]): number[] {
    return dims.slice(this.int(0, dims.length)).map((dim) => (this.next() < 0.4 ? 1 : dim));
  }
}
