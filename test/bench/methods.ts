/** What a person waits for: an explanation by the engine's model, first in a cold process, then with everything loaded. */
import { RuntimeModel } from '../../src/engine/runtimeModel';
import { Sessions } from '../../src/engine/sessions';
import { openModel } from '../../src/formats/open';
import type { MethodContext, Parameters } from '../../src/methods/method';
import { methodById } from '../../src/methods/registry';
import type { DeviceId } from '../../src/protocol/engine';
import { floatTensor } from '../../src/tensor/tensor';
import { median, peakMegabytes } from './measure';

export interface MethodRow {
  readonly model: string;
  readonly method: string;
  /** Until the first partial or final map, from opening the file on. */
  readonly firstMapColdMs: number;
  readonly firstMapWarmMs: number;
  readonly coldMs: number;
  readonly warmMs: number;
  readonly peakMB: number;
}

export const measuredMethods: Readonly<Record<string, Parameters>> = {
  saliency: {},
  'integrated-gradients': { nSteps: 50 },
  'grad-cam': {},
};

export async function measureMethod(file: string, model: string, method: string, repeats: number, device: DeviceId = 'cpu'): Promise<MethodRow> {
  const sessions = new Sessions();
  const explain = async (): Promise<{ total: number; first: number }> => {
    const start = performance.now();
    const opened = await openModel(file);
    const port = opened.graph.inputs[0]!;
    if (port.type.kind !== 'tensor' || !port.type.dims) throw new Error(`the first input of ${file} has no dims`);
    const dims = port.type.dims.map((dim, axis) => (axis === 0 ? 1 : typeof dim === 'number' ? dim : 224));
    const picture = floatTensor(dims);
    picture.data.forEach((_, index) => { picture.data[index] = Math.sin(index * 12.9898) * 60; });
    const runtime = new RuntimeModel({ file: opened, identity: file, sampleDims: { [port.name]: dims }, sessions, device });
    const context: MethodContext = {
      model: runtime, feeds: { [port.name]: picture }, input: port.name, kind: 'image', layout: dims[1] === 3 ? 'NCHW' : 'NHWC',
      target: { output: opened.graph.outputs[0]!.name, index: 1, space: 'logit' }, parameters: measuredMethods[method] ?? {},
      tensors: {}, seed: 1, signal: new AbortController().signal,
    };
    let first: number | undefined;
    const steps = methodById(method).explain(context);
    for (;;) {
      const step = await steps.next();
      if (step.done || step.value.partial) first ??= performance.now() - start;
      if (step.done) return { total: performance.now() - start, first: first! };
    }
  };
  const cold = await explain();
  const warm: { total: number; first: number }[] = [];
  for (let repeat = 0; repeat < repeats; repeat++) warm.push(await explain());
  return {
    model, method, coldMs: cold.total, firstMapColdMs: cold.first, warmMs: median(warm.map(({ total }) => total)),
    firstMapWarmMs: median(warm.map(({ first }) => first)), peakMB: peakMegabytes(),
  };
}
