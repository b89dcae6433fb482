/** Slices of a table on which the model errs most, in words. */
import type { Levels } from '../../metrics/table/levels';
import { searchSlices } from '../../metrics/table/slices';
import { throwIfAborted } from '../../protocol/rpc';
import type { SliceQuality, TableQuality } from '../../protocol/tableQuality';

export interface SlicedRows {
  readonly errors: Float64Array;
  readonly columns: readonly Levels[];
  /** 1 where the right class is said; absent for values. */
  readonly right?: Uint8Array;
  /** Numbers in the file of rows at these places, the worst first. */
  worst(places: Int32Array): number[];
}

const sliceMs = 80;

/** @param progress told [done, total] pairs of columns now and then; the process hears a cancel in between. */
export async function worstSlices({ errors, columns, right, worst }: SlicedRows, signal: AbortSignal, progress: (done: number, total: number) => void): Promise<Pick<TableQuality, 'slices' | 'slicing'>> {
  const search = searchSlices(errors, columns);
  for (let last = performance.now(); ;) {
    const step = search.next();
    if (step.done) {
      const { slices, tried, fewestRows, paired } = step.value;
      return {
        slicing: { tried, fewestRows, paired, columns: columns.length },
        slices: slices.map(({ parts, rows, error, standardError, difference, lowerBound }): SliceQuality => ({
          words: parts.map(({ column, level }) => columns[column]!.conditions[level]!).join(' and '), rows: rows.length,
          ...(right && { accuracy: rows.reduce((sum, row) => sum + right[row]!, 0) / rows.length }), error, standardError, difference, lowerBound, numbers: worst(rows),
        })),
      };
    }
    if (performance.now() - last < sliceMs) continue;
    progress(...step.value);
    await new Promise((resolve) => { setImmediate(resolve); });
    throwIfAborted(signal);
    last = performance.now();
  }
}
