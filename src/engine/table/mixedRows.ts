/** Rows that are mixed from one row and a background, written straight into what the model is fed with. */
import type { Feeds, PortInfo } from '../../methods/model';
import type { Background } from '../../methods/table/tableMethod';
import type { Tensor } from '../../tensor/tensor';
import type { MappedFeature } from './mapping';
import { feedsOf } from './rows';
import type { ModelRow } from './slots';

interface Part {
  readonly name: string;
  readonly dims: readonly number[];
  readonly dtype: Tensor['dtype'];
  /** Numbers a row. */
  readonly width: number;
  /** The background's rows, and the one row as often. One element type an input; the cast keeps the loops free of it. */
  readonly background: Float32Array;
  readonly row: Float32Array;
  /** What is fed, by rows of a run; the same memory every time. */
  readonly fed: Map<number, Float32Array>;
  /** Places of each feature's numbers in a row of this input. */
  readonly places: readonly (readonly number[])[];
}

/**
 * Mixed row number k·B + b is the row with the features that coalition k hides taken from row b of the background's B.
 * A block of rows is copied as it is, from whichever of the two gives more of its features, and only the others are
 * written one by one.
 */
export class MixedRows {
  private readonly parts: readonly Part[];
  private readonly count: number;

  /** The model takes no words. */
  constructor(row: Float64Array, background: Background, features: readonly MappedFeature[], modelRow: ModelRow, inputs: readonly PortInfo[]) {
    const { slots, widths } = modelRow, all = feedsOf(background, features, modelRow, inputs), one = feedsOf({ count: 1, values: row }, features, modelRow, inputs);
    this.count = background.count;
    this.parts = Object.entries(widths).map(([name, width]): Part => {
      const { dtype, dims, data } = all[name]!, repeated = (data as Float32Array).slice(), own = one[name]!.data as Float32Array;
      for (let b = 0; b < this.count; b++) repeated.set(own, b * width);
      return { name, dims, dtype, width, background: data as Float32Array, row: repeated, fed: new Map(), places: features.map((feature) => feature.slots.filter((slot) => slots[slot]!.input === name).map((slot) => slots[slot]!.at)) };
    });
  }

  /** Feeds of `run` rows, of which the first `count` are those numbered start … start + count, and the others hold anything. */
  feeds(coalitions: readonly Uint8Array[], start: number, count: number, run: number): Feeds {
    const feeds: Record<string, Tensor> = {};
    for (const part of this.parts) {
      const { name, dtype, dims, width, background, fed } = part, into = fed.get(run) ?? new (background.constructor as Float32ArrayConstructor)(run * width);
      fed.set(run, into);
      for (let at = 0; at < count;) {
        const number = start + at, from = number % this.count, rows = Math.min(this.count - from, count - at);
        mix(part, coalitions[Math.floor(number / this.count)]!, from, rows, into, at);
        at += rows;
      }
      feeds[name] = { dtype, dims: [run, ...dims.slice(1)], data: into };
    }
    return feeds;
  }
}

/** Rows from … from + rows of the background under one coalition, to row `at` of what is fed. */
function mix({ background, row, places, width }: Part, coalition: Uint8Array, from: number, rows: number, fed: Float32Array, at: number): void {
  let shown = 0;
  for (let feature = 0; feature < coalition.length; feature++) shown += coalition[feature]!;
  const mostly = 2 * shown > coalition.length ? 1 : 0, base = mostly ? row : background, other = mostly ? background : row;
  fed.set(base.subarray(from * width, (from + rows) * width), at * width);
  for (let feature = 0; feature < coalition.length; feature++) {
    if (coalition[feature] === mostly) continue;
    for (const place of places[feature]!) for (let k = 0, source = from * width + place, into = at * width + place; k < rows; k++, source += width, into += width) fed[into] = other[source]!;
  }
}
