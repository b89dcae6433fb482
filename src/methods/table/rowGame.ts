/** One row of a table as a game of coalitions: its features are shown, or taken from the rows of the background. */
import { keyOf, type Coalition } from '../features/coalitions';
import type { CoalitionGame } from '../shapley/game';
import { rowOf, scoresOf } from './rows';
import type { Background, TableContext } from './tableMethod';

/** Rows that are mixed between two looks at the estimate. */
const rowsAtOnce = 8192;
const mostCoalitions = 256;

export class RowGame implements CoalitionGame {
  readonly batch: number;
  /** Features whose value differs from some row of the background; all others contribute nothing. */
  readonly players: Int32Array;
  private readonly known = new Map<string, number>();

  /** @param whole the row's score. @param nothing the mean score of the background. */
  constructor(private readonly context: Pick<TableContext, 'model' | 'signal'>, private readonly row: Float64Array, private readonly background: Background, readonly whole: number, readonly nothing: number) {
    const width = row.length;
    this.players = Int32Array.from(row.keys()).filter((feature) => {
      for (let k = 0; k < background.count; k++) if (!same(background.values[k * width + feature]!, row[feature]!)) return true;
      return false;
    });
    this.batch = Math.min(mostCoalitions, Math.max(1, Math.ceil(rowsAtOnce / background.count)));
  }

  get count(): number {
    return this.players.length;
  }

  async of(coalitions: readonly Coalition[], remember = true): Promise<Float64Array> {
    const scores = new Float64Array(coalitions.length), waiting = new Map<string, number[]>(), fresh: Coalition[] = [], wanted: number[][] = [];
    coalitions.forEach((coalition, index) => {
      const key = remember ? keyOf(coalition) : String(index), known = this.known.get(key), same = waiting.get(key);
      if (remember && known !== undefined) scores[index] = known;
      else if (same) same.push(index);
      else {
        const own = [index];
        waiting.set(key, own);
        wanted.push(own);
        fresh.push(this.wholeRow(coalition));
      }
    });
    const { model, signal } = this.context;
    signal.throwIfAborted();
    const found = fresh.length === 0 ? new Float64Array(0) : model.mixedScores ? await model.mixedScores(this.row, this.background, fresh) : await this.mixed(fresh);
    signal.throwIfAborted();
    wanted.forEach((places, k) => { for (const place of places) scores[place] = found[k]!; });
    if (remember) for (const [key, [place]] of waiting) this.known.set(key, scores[place!]!);
    return scores;
  }

  /** Values of the players as values of all features. */
  spread(values: ArrayLike<number>): Float64Array {
    const out = new Float64Array(this.row.length);
    this.players.forEach((feature, player) => { out[feature] = values[player]!; });
    return out;
  }

  private wholeRow(coalition: Coalition): Coalition {
    const out = new Uint8Array(this.row.length).fill(1);
    this.players.forEach((feature, player) => { out[feature] = coalition[player]!; });
    return out;
  }

  /** For models without a quicker way. */
  private async mixed(coalitions: readonly Coalition[]): Promise<Float64Array> {
    const { row, background } = this, { count, weights } = background, width = row.length, out = new Float64Array(coalitions.length);
    const made = {
      count: coalitions.length * count,
      write: (index: number, into: Float64Array) => {
        const coalition = coalitions[Math.floor(index / count)]!, other = rowOf(background, width, index % count);
        for (let i = 0; i < width; i++) into[i] = coalition[i] ? row[i]! : other[i]!;
      },
    };
    for await (const { start, scores } of scoresOf(this.context, made)) scores.forEach((score, k) => { out[Math.floor((start + k) / count)]! += score * (weights?.[(start + k) % count] ?? 1 / count); });
    return out;
  }
}

const same = (a: number, b: number): boolean => a === b || (Number.isNaN(a) && Number.isNaN(b));
