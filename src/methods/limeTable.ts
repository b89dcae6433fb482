/** LIME's neighbours of a table's row: columns cut at quartiles, and other values drawn as the table has them. */
import { drawRandom } from './drawing';
import type { Features } from './features/features';
import type { Coalition } from './features/coalitions';
import { quartiles } from './limeColumns';
import type { Neighbourhood } from './limeNeighbourhood';
import type { MethodContext } from './method';
import { explainedInput, feedsFor, forwardBatch } from './samples';

/**
 * Every column gets a bin by the table's shares, and in it a value from the normal distribution of the bin's values,
 * cut off at the bin's ends; a feature is 1 where the bin is the row's own. Columns that are one feature together take
 * the values of one of the table's rows. Draw 0 is the row itself. As lime's LimeTabularExplainer (quartiles).
 */
export function tableNeighbourhood(context: MethodContext, features: Features, table: readonly Float32Array[]): Neighbourhood {
  const input = explainedInput(context), width = input.data.length;
  const columns = Array.from({ length: width }, (_, column) => quartiles(Float64Array.from(table, (row) => row[column]!)));
  const members: number[][] = Array.from({ length: features.count }, () => []);
  features.labels.forEach((feature, column) => members[feature]!.push(column));
  const own = columns.map((column, i) => column.binOf(input.data[i]!));
  const neighbour = (index: number): { row: Float32Array; sample: Coalition } => {
    const row = input.data.slice(), sample = new Uint8Array(features.count).fill(1);
    if (index === 0) return { row, sample };
    const random = drawRandom(context.seed, index);
    members.forEach((group, feature) => {
      const other = group.length > 1 ? table[random.integer(table.length)]! : undefined;
      for (const column of group) {
        const { bin, value } = other ? { bin: columns[column]!.binOf(other[column]!), value: other[column]! } : columns[column]!.draw(random);
        row[column] = value;
        if (bin !== own[column]) sample[feature] = 0;
      }
    });
    return { row, sample };
  };
  const batch = forwardBatch(context);
  let runs = 0;
  return {
    features, batch, chosen: { ...features.chosen, background: context.tensors.backgroundFile ? 'file' : 'table' },
    runs: () => runs,
    async draw(start, count) {
      const drawn = Array.from({ length: count }, (_, k) => neighbour(start + k));
      // Full batches only: each size is a session of its own.
      const variants = { count: batch, write: (index: number, into: Float32Array) => into.set(drawn[Math.min(index, count - 1)]!.row) };
      context.signal.throwIfAborted();
      const scores = await context.model.scores(feedsFor(context, variants, 0, batch), context.target);
      runs += count;
      return { samples: drawn.map(({ sample }) => sample), scores: scores.subarray(0, count) };
    },
  };
}
