/** Means over rows at every point of a grid, with their standard errors, while rows come in. */
export class EffectSums {
  rows = 0;
  /** Scores that were no numbers; their rows count nowhere. */
  missing = 0;
  private readonly mean: Float64Array;
  private readonly squares: Float64Array;

  constructor(readonly points: number) {
    this.mean = new Float64Array(points);
    this.squares = new Float64Array(points);
  }

  /** One row's scores at all points (Welford's update). */
  add(scores: Float64Array): void {
    if (!scores.every(Number.isFinite)) {
      this.missing++;
      return;
    }
    this.rows++;
    for (let i = 0; i < this.points; i++) {
      const apart = scores[i]! - this.mean[i]!;
      this.mean[i]! += apart / this.rows;
      this.squares[i]! += apart * (scores[i]! - this.mean[i]!);
    }
  }

  means(): Float64Array {
    return this.rows ? this.mean.slice() : this.mean.map(() => NaN);
  }

  /** Of each mean, over the drawing of rows; no numbers before there are two rows. */
  standardErrors(): Float64Array {
    return this.squares.map((square) => (this.rows > 1 ? Math.sqrt(square / (this.rows - 1) / this.rows) : NaN));
  }

  /** The largest standard error beside how far the means reach; undefined before there are two rows. */
  relativeError(): number | undefined {
    if (this.rows < 2) return undefined;
    let low = Infinity, high = -Infinity, error = 0;
    this.standardErrors().forEach((value, i) => {
      low = Math.min(low, this.mean[i]!);
      high = Math.max(high, this.mean[i]!);
      error = Math.max(error, value);
    });
    return error === 0 ? 0 : high > low ? error / (high - low) : Infinity;
  }
}
