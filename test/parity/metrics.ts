/** Cases of trust figures: the reference's explanation and its perturbations, measured by our metric. */
import path from 'node:path';
import type { Candidate, Subject } from '../../src/metrics/metric';
import { findMetric } from '../../src/metrics/registry';
import { resolveParameters } from '../../src/methods/parameters';
import { methodById } from '../../src/methods/registry';
import type { MethodContext } from '../../src/methods/method';
import { asFloatTensor } from '../../src/tensor/convert';
import type { FloatTensor } from '../../src/tensor/tensor';
import { readArray, type Case } from './golden';

/** What the references call them, by our ids. */
const names: Readonly<Record<string, string>> = { infidelity: 'infidelity', 'sensitivity-max': 'max-sensitivity' };

/** Whether a case's or implemented.json's id is a metric that is there. */
export function isMetric(id: string): boolean {
  return names[id] !== undefined && findMetric(names[id]) !== undefined;
}

export interface MetricFields {
  take(name: string, ...rest: [] | [fallback: unknown, allowed?: readonly unknown[]]): unknown;
}

/** The metric's figures in the order the case has them. */
export async function metricValues(item: Case, fields: MetricFields, context: Omit<MethodContext, 'parameters' | 'layer'>): Promise<Float64Array> {
  const metric = findMetric(names[item.method]!)!;
  fields.take('explanation', undefined, ['signed saliency']);
  fields.take('perturbation', undefined, [undefined, 'saved; perturbed input = x - perturbation']);
  fields.take('radius', undefined);
  fields.take('norm', 'fro', ['fro']);
  const perturbations = ownFile(item, 'perturbations'), count = fields.take('nPerturbSamples') as number;
  if (perturbations.dims[0] !== count) throw new Error(`${perturbations.dims[0]} perturbations are saved, but params.nPerturbSamples is ${count}`);
  const method = methodById('saliency'), { parameters } = resolveParameters(method, {}, 'signed');
  const saliencyOf = async (data: Float32Array): Promise<FloatTensor> => {
    const run = method.explain({ ...context, parameters, feeds: { ...context.feeds, [context.input]: { ...context.feeds[context.input]!, data } } });
    let step = await run.next();
    while (!step.done) step = await run.next();
    return step.value.values!;
  };
  const own = await saliencyOf(context.feeds[context.input]!.data as Float32Array);
  const values = item.files?.explanation ? ownFile(item, 'explanation') : own;
  const subject: Subject = { ...context, tensors: { perturbations }, cells: own.data.length, isClass: true, attributions: values, checks: [] };
  const candidate: Candidate = { kind: 'map', values, cells: values.data, again: saliencyOf, underRandomWeights: () => Promise.reject(new Error('no case randomises weights')) };
  const run = metric.compute(subject, candidate);
  let step = await run.next();
  while (!step.done) step = await run.next();
  const { value, details } = step.value;
  return Float64Array.from(item.method === 'infidelity' ? [details!.plain!, value] : [value]);
}

function ownFile({ files, folder }: Case, name: string): FloatTensor {
  const file = files?.[name];
  if (file === undefined) throw new Error(`the case has no file '${name}'`);
  return asFloatTensor(readArray(path.join(folder, file)));
}
