/** Predictions of a row that is being moved: at most one question is open, and of those that wait only the newest is asked. */
import type { RowValues } from './values';

export interface LiveAnswer {
  readonly values: RowValues;
  readonly prediction: readonly number[];
  /** From the move to the answer, in milliseconds. */
  readonly took: number;
}

export class LivePredictor {
  private wanted: { readonly values: RowValues; readonly since: number } | undefined;
  private open = false;

  constructor(private readonly predict: (values: RowValues) => Promise<readonly number[]>, private readonly answered: (answer: LiveAnswer) => void, private readonly failed: (error: unknown) => void) {}

  ask(values: RowValues): void {
    this.wanted = { values, since: performance.now() };
    if (!this.open) void this.work();
  }

  /** What waits is asked no more, and what is open is not told. */
  drop(): void {
    this.wanted = undefined;
    this.dropped++;
  }
  private dropped = 0;

  private async work(): Promise<void> {
    this.open = true;
    while (this.wanted) {
      const { values, since } = this.wanted, mine = this.dropped;
      this.wanted = undefined;
      try {
        const prediction = await this.predict(values);
        if (mine === this.dropped) this.answered({ values, prediction, took: performance.now() - since });
      } catch (error) {
        if (mine === this.dropped) this.failed(error);
      }
    }
    this.open = false;
  }
}
