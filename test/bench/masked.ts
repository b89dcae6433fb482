/** A thousand masked pictures through the network, as perturbation methods run them, against single forward passes. */
import { RuntimeModel } from '../../src/engine/runtimeModel';
import { Sessions } from '../../src/engine/sessions';
import { openModel } from '../../src/formats/open';
import type { DeviceId } from '../../src/protocol/engine';
import { floatTensor } from '../../src/tensor/tensor';
import { median, milliseconds, peakMegabytes } from './measure';

export interface MaskedRow {
  readonly model: string;
  readonly passes: number;
  readonly seconds: number;
  readonly forwardMs: number;
  /** Time of all passes over that of as many single ones. */
  readonly ratio: number;
  readonly peakMB: number;
}

const passes = 1000;

/** @param seconds after which no further batch is begun, so that fewer passes are measured than the thousand. */
export async function measureMasked(file: string, model: string, device: DeviceId = 'cpu', seconds = Infinity): Promise<MaskedRow> {
  const opened = await openModel(file), port = opened.graph.inputs[0]!, sessions = new Sessions();
  if (port.type.kind !== 'tensor' || !port.type.dims) throw new Error(`the first input of ${file} has no dims`);
  const dims = port.type.dims.map((dim, axis) => (axis === 0 ? 1 : typeof dim === 'number' ? dim : 224)), size = dims.reduce((product, dim) => product * dim, 1);
  const runtime = new RuntimeModel({ file: opened, identity: file, sampleDims: { [port.name]: dims }, sessions, device });
  const target = { output: opened.graph.outputs[0]!.name, index: 1, space: 'logit' as const }, batch = runtime.batchFor('forward');
  const picture = Float32Array.from({ length: size }, (_, index) => Math.sin(index * 12.9898) * 60), [rows, columns] = [dims[2]!, dims[3]!];
  const single = floatTensor(dims), block = floatTensor([batch, ...dims.slice(1)]);
  single.data.set(picture);
  const one = (): Promise<unknown> => runtime.scores({ [port.name]: single }, target);
  /** The picture with a square of zeros at a place that goes with the number. */
  const mask = (into: Float32Array, at: number, number: number): void => {
    into.set(picture, at);
    const top = (number * 37) % Math.max(1, rows - 32), left = (number * 53) % Math.max(1, columns - 32);
    for (let plane = at; plane < at + size; plane += rows * columns) for (let row = top; row < Math.min(rows, top + 32); row++) into.fill(0, plane + row * columns + left, plane + row * columns + Math.min(columns, left + 32));
  };
  await one();
  await runtime.scores({ [port.name]: block }, target);
  const forward: number[] = [];
  let total = 0, made = 0;
  for (let done = 0; done < passes && total < seconds * 1000; done += batch) {
    made += batch;
    total += await milliseconds(async () => {
      for (let row = 0; row < batch; row++) mask(block.data, row * size, done + row);
      await runtime.scores({ [port.name]: block }, target);
    });
    // Between the batches, so that a busy machine slows both alike.
    forward.push(await milliseconds(one));
  }
  await sessions.releaseAll();
  const forwardMs = median(forward);
  return { model, passes: made, seconds: total / 1000, forwardMs, ratio: total / (made * forwardMs), peakMB: peakMegabytes() };
}
