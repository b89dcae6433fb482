/** An output as a list of candidates, each with the same numbers, whatever the order of its dims. */
import type { Evidence, OutputFacts, Values } from './head';

/** How candidate r and number c are found in the flat values. */
export interface RowsLayout {
  readonly count: number;
  readonly channels: number;
  element(row: number, channel: number): number;
}

/** Candidates one after another: [1, N, K], [N, K], [1, H, W, K]. */
export function rowMajor(count: number, channels: number): RowsLayout {
  return { count, channels, element: (row, channel) => row * channels + channel };
}

/** Numbers one after another: [1, K, N], [1, K, H, W]. */
export function channelMajor(count: number, channels: number): RowsLayout {
  return { count, channels, element: (row, channel) => channel * count + row };
}

/**
 * A grid with `anchors` candidates a cell; row = (anchor · height + y) · width + x.
 * @param form where anchors and numbers stand: [1, A·K, H, W], [1, A, H, W, K] or [1, H, W, A·K].
 */
export function gridRows(form: 'AKHW' | 'AHWK' | 'HWAK', anchors: number, channels: number, height: number, width: number): RowsLayout {
  const cells = height * width, count = anchors * cells;
  const element = form === 'AHWK' ? (row: number, channel: number): number => row * channels + channel
    : form === 'AKHW' ? (row: number, channel: number): number => (Math.floor(row / cells) * channels + channel) * cells + (row % cells)
    : (row: number, channel: number): number => ((row % cells) * anchors + Math.floor(row / cells)) * channels + channel;
  return { count, channels, element };
}

/** The numbers of one output as candidates. */
export class Rows {
  readonly count: number;
  private readonly data: Float32Array;

  constructor(private readonly output: Pick<OutputFacts, 'name'>, values: Values, private readonly layout: RowsLayout) {
    this.count = layout.count;
    this.data = values.data;
    this.dims = values.dims;
    if (values.data.length < layout.count * layout.channels) {
      throw new Error(`output '${output.name}' has ${values.data.length} numbers, expected ${layout.count * layout.channels}`);
    }
  }

  private readonly dims: readonly number[];

  get(row: number, channel: number): number {
    return this.data[this.layout.element(row, channel)]!;
  }

  /** The channel from `from` with the largest value, and that value; NaN counts as nothing. */
  best(row: number, from: number, count: number): { readonly index: number; readonly value: number } {
    let index = 0, value = -Infinity;
    for (let channel = 0; channel < count; channel++) {
      const found = this.data[this.layout.element(row, from + channel)]!;
      if (found > value) {
        value = found;
        index = channel;
      }
    }
    return { index, value };
  }

  /** One number is the score. */
  element(row: number, channel: number): Evidence {
    return { output: this.output.name, dims: this.dims, how: 'element', factors: [{ element: this.layout.element(row, channel) }] };
  }

  /** The score is made of several numbers of the candidate. */
  several(how: 'product' | 'sum', row: number, ...parts: readonly (readonly [channel: number, exponent?: number])[]): Evidence {
    return { output: this.output.name, dims: this.dims, how, factors: parts.map(([channel, exponent]) => ({ element: this.layout.element(row, channel), ...(exponent !== undefined && { exponent }) })) };
  }

  /** Least and largest value of a channel, of those that are numbers; at most `most` candidates are looked at. */
  range(channel: number, most = 100_000): { readonly least: number; readonly largest: number } {
    let least = Infinity, largest = -Infinity;
    for (let row = 0; row < Math.min(most, this.count); row++) {
      const value = this.get(row, channel);
      if (value < least) least = value;
      if (value > largest && value < Infinity) largest = value;
    }
    return { least, largest };
  }
}
