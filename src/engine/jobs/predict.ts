import type { EngineRequests } from '../../protocol/engine';
import type { JobContext } from '../../protocol/rpc';
import { chooseOutput, predictSample } from '../classes';
import type { Engine } from '../engine';
import { prepare, Stopwatch, Warnings } from '../prepare';

const maximumTop = 1000;

/** What the model says about a file: the most likely classes, and how the file became a tensor. */
export async function predict(engine: Engine, params: EngineRequests['predict']['params'], { signal }: Pick<JobContext, 'signal'>): Promise<EngineRequests['predict']['result']> {
  const warnings = new Warnings();
  const prepared = await prepare(engine, params, signal, warnings, new Stopwatch());
  const output = chooseOutput(prepared.model, prepared.resolved, prepared.opened.labels, params.output);
  const { prediction } = await predictSample(prepared.model, output, prepared.feeds, Math.min(maximumTop, Math.max(1, params.top ?? 5)));
  return {
    prediction, device: prepared.device, runtime: prepared.model.runtime, warnings: warnings.list(),
    preprocessing: prepared.inputs.map((input) => input.note),
    frame: prepared.inputs.find((input) => input.frame)?.frame,
  };
}
