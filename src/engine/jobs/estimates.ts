import { resolveParameters } from '../../methods/parameters';
import { methods } from '../../methods/registry';
import type { Estimate, EstimateRequests } from '../../protocol/estimates';
import type { JobContext } from '../../protocol/rpc';
import type { Engine } from '../engine';
import { placeModel } from '../placeModel';

/** What every method would take on this model and device, as far as earlier runs tell. Runs nothing. */
export async function estimates(engine: Engine, { model, device }: EstimateRequests['estimates']['params'], { signal }: Pick<JobContext, 'signal'>): Promise<Readonly<Record<string, Estimate>>> {
  const opened = await engine.models.open(model), { report: { id } } = await placeModel(engine, device, opened, { signal });
  const known = methods.flatMap((method) => {
    const estimate = engine.speeds.estimate(speedKey(opened.identity, id), method, resolveParameters(method).parameters);
    return estimate ? [[method.id, estimate] as const] : [];
  });
  return Object.fromEntries(known);
}

/** What speeds are kept by. */
export function speedKey(identity: string, device: string): string {
  return `${identity}\0${device}`;
}
