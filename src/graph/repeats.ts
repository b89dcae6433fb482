/**
 * Tandem repeats: where a sequence of layer types repeats itself, as the blocks of ResNets and transformers do.
 */

/** `count` times the same `period` items, from `start` on. */
export interface Repeat {
  readonly start: number;
  readonly period: number;
  readonly count: number;
}

/** Blocks longer than this are not looked for: 512 comparisons an item stay some 10 ms for 20,000 items. */
const longestBlock = 512;
/** Comparisons in all; a sequence made to be slow is left ungrouped instead. */
const maximumWork = 60e6;

export interface RepeatRules {
  /** Whether items of this kind are blocks by themselves, so that a single one repeated is worth a group. */
  readonly isBlock: (item: number) => boolean;
  /** How well a block reads that begins at `start`, from 0 to 1: the same repetition can be cut at any phase. */
  readonly reading: (start: number, period: number) => number;
}

/**
 * Repeats that do not overlap, in order. The best one is taken first (it covers many items by many blocks that read
 * well), then what lies left and right of it is searched again.
 */
export function findRepeats(items: Int32Array, rules: RepeatRules): Repeat[] {
  const found: Repeat[] = [];
  let work = 0;
  const search = (from: number, to: number): void => {
    const length = to - from, most = Math.min(longestBlock, length >> 1);
    work += most * length;
    if (length < 2 || work > maximumWork) return;
    let best: Repeat | undefined, bestScore = 0;
    for (let period = 1; period <= most; period++) {
      let run = 0;
      for (let at = from; at <= to - period; at++) {
        if (at < to - period && items[at] === items[at + period]) {
          run++;
          continue;
        }
        // Items [at - run, at + period) repeat with this period.
        for (let shift = 0; shift < period && run - shift >= period; shift++) {
          const start = at - run + shift, count = Math.floor((run - shift) / period) + 1;
          const ceiling = count * period * (1 - 1 / count) ** 3;
          if (ceiling <= bestScore) break;
          const score = ceiling * rules.reading(start, period);
          if (score > bestScore && worthwhile(items, start, period, count, rules)) [best, bestScore] = [{ start, period, count }, score];
        }
        run = 0;
      }
    }
    if (!best) return;
    search(from, best.start);
    found.push(best);
    search(best.start + best.count * best.period, to);
  };
  search(0, items.length);
  return found;
}

/** One layer type in a row is no block, nor are two pairs; whole groups are. */
function worthwhile(items: Int32Array, start: number, period: number, count: number, { isBlock }: RepeatRules): boolean {
  if (period === 1) return isBlock(items[start]!);
  return period >= 3 || count * period >= 6 || items.subarray(start, start + period).some(isBlock);
}
