import type { DetectionsRequests } from '../../protocol/detections';
import { LensError, type JobContext } from '../../protocol/rpc';
import { detected } from '../detected';
import type { Engine } from '../engine';
import { prepare, Stopwatch, Warnings } from '../prepare';
import { readOutputs } from '../readOutputs';

const usualLeast = 0.1;

/** What a detector or segmenter says about a picture: boxes, lines or a mask, each with the target that explains it. */
export async function detections(engine: Engine, params: DetectionsRequests['detections']['params'], { signal }: Pick<JobContext, 'signal'>): Promise<DetectionsRequests['detections']['result']> {
  const { least = usualLeast } = params;
  if (!(least > 0 && least < 1)) throw new LensError('badInput', `least is ${least}, expected a score between 0 and 1`);
  const watch = new Stopwatch(), warnings = new Warnings();
  const prepared = await prepare(engine, params, signal, warnings, watch);
  const read = await readOutputs(prepared, least);
  return { ...detected(prepared, read), device: prepared.device, preprocessing: prepared.inputs.map(({ note }) => note), warnings: warnings.list(), milliseconds: watch.total() };
}
