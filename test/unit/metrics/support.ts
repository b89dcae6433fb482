/** Subjects on tiny models whose figures are known in closed form. */
import type { Candidate, Measured, Metric, Subject } from '../../../src/metrics/metric';
import { pictureShape } from '../../../src/methods/picture';
import type { ModelFile } from '../../../src/graph/graph';
import { floatTensor, type FloatTensor } from '../../../src/tensor/tensor';
import { runtimeModel, tinyModel } from '../methods/tinyModels';

/** y[k] = Σ w[k]·x over a picture [1, 1, height, width]. */
export function linearPicture(weights: readonly (readonly number[])[], height: number, width: number): ModelFile {
  return tinyModel(['N', 1, height, width], { y: { dims: ['N', weights.length] } }, (b, x) => ({
    y: b.op('Gemm', [b.op('Flatten', [x], { axis: 1 }), b.constant(weights.flat(), 'float32', [weights.length, height * width])], { transB: 1 }),
  }));
}

export function subjectOf(file: ModelFile, x: FloatTensor, over: Partial<Subject> = {}): Subject {
  const picture = x.dims.length === 4;
  return {
    model: runtimeModel(file, x.dims), feeds: { x }, input: 'x', kind: picture ? 'image' : 'table', layout: picture ? 'NCHW' : undefined,
    target: { output: 'y', index: 0, space: 'output' }, tensors: {}, seed: 3, signal: new AbortController().signal,
    ...(picture && { shape: pictureShape(x.dims, 'NCHW', 'the test') }), cells: x.data.length, isClass: false, attributions: x, checks: [], ...over,
  };
}

export function candidate(values: FloatTensor, over: Partial<Candidate> = {}): Candidate {
  const missing = (): Promise<never> => Promise.reject(new Error('not asked for in this test'));
  return { kind: 'map', values, cells: values.data, again: missing, underRandomWeights: missing, ...over };
}

export async function value(metric: Metric, subject: Subject, map: Candidate): Promise<Measured> {
  const run = metric.compute(subject, map);
  for (;;) {
    const step = await run.next();
    if (step.done) return step.value;
  }
}

export const picture = (height: number, width: number, values: ArrayLike<number>): FloatTensor => floatTensor([1, 1, height, width], Float32Array.from(values));
