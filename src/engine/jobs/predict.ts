import type { EngineRequests } from '../../protocol/engine';
import type { JobContext } from '../../protocol/rpc';
import { chooseOutput, predictSample } from '../classes';
import { detected, predictionOf } from '../detected';
import type { Engine } from '../engine';
import { prepare, Stopwatch, Warnings } from '../prepare';
import { readOutputs } from '../readOutputs';

const maximumTop = 1000;
/** Score down to which boxes are listed. */
const leastScore = 0.1;

/** What the model says about a file: the most likely classes, or boxes or a mask, and how the file became a tensor. */
export async function predict(engine: Engine, params: EngineRequests['predict']['params'], { signal }: Pick<JobContext, 'signal'>): Promise<EngineRequests['predict']['result']> {
  const warnings = new Warnings(), top = Math.min(maximumTop, Math.max(1, params.top ?? 5));
  const prepared = await prepare(engine, params, signal, warnings, new Stopwatch());
  const { model, resolved, opened, feeds, inputs } = prepared;
  const read = params.output === undefined ? await readOutputs(prepared, leastScore) : undefined;
  const detections = read === undefined || read.kind === 'none' ? undefined : detected(prepared, read);
  const prediction = read === undefined || read.kind === 'none' ? (await predictSample(model, chooseOutput(model, resolved, opened.labels, params.output), feeds, top)).prediction : predictionOf(read, top);
  return {
    prediction, ...(detections && { detections }), device: prepared.device, runtime: model.runtime, warnings: warnings.list(),
    preprocessing: inputs.map((input) => input.note),
    frame: inputs.find((input) => input.frame)?.frame,
  };
}
