/** Outputs of detectors, written by hand. */
import type { Head, ModelFacts, OutputFacts, Reading, Values } from '../../../../src/data/detections/head';
import { recognise } from '../../../../src/data/detections/recognise';
import type { OutputStatement } from '../../../../src/data/spec';

export interface Out {
  readonly name?: string;
  readonly dims: readonly number[];
  readonly dtype?: OutputFacts['dtype'];
  readonly stated?: OutputStatement;
  /** Values by place; everything else is `fill`. */
  readonly at?: readonly (readonly [place: readonly number[], value: number])[];
  readonly fill?: number;
}

export function facts(outputs: readonly Out[], side: number | readonly [height: number, width: number] = 640, metadata: Readonly<Record<string, string>> = {}, labels?: readonly string[]): ModelFacts {
  const [height, width] = typeof side === 'number' ? [side, side] : side;
  return { height, width, metadata: new Map(Object.entries(metadata)), ...(labels && { labels }), outputs: outputs.map(({ name = 'out', dims, dtype = 'float32', stated }) => ({ name, dtype, dims, ...(stated && { stated }) })) };
}

export function flat(place: readonly number[], dims: readonly number[]): number {
  return place.reduce((sum, index, axis) => sum * dims[axis]! + index, 0);
}

export function valuesOf({ dims, at = [], fill = 0 }: Out): Values {
  const data = new Float32Array(dims.reduce((product, dim) => product * dim, 1)).fill(fill);
  for (const [place, value] of at) data[flat(place, dims)] = value;
  return { dims, data };
}

export function headOf(model: ModelFacts): Head {
  const head = recognise(model);
  if (head.kind === 'none' || head.kind === 'mask') throw new Error(`read as ${head.kind}: ${head.kind === 'none' ? head.why : head.because}`);
  return head;
}

/** Recognises and reads at once. */
export function read(outputs: readonly Out[], side: Parameters<typeof facts>[1] = 640, options: { readonly least?: number; readonly metadata?: Readonly<Record<string, string>>; readonly labels?: readonly string[] } = {}): Reading & { readonly head: Head } {
  const head = headOf(facts(outputs, side, options.metadata, options.labels));
  return { head, ...head.read(new Map(outputs.map((out) => [out.name ?? 'out', valuesOf(out)])), options.least ?? 0.3) };
}
