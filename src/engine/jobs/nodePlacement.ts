import { LensError, throwIfAborted, toWireError, type JobContext } from '../../protocol/rpc';
import type { GraphPlacement, NodePlacementRequests, NodePlacementResult } from '../../protocol/nodePlacement';
import { deviceNames } from '../devices/names';
import type { Engine } from '../engine';
import { loadModel } from '../loadModel';
import { made } from '../measureDevices';
import type { RanWhere } from '../runtimeModel';
import { situationOf } from '../situation';

/**
 * Which nodes of a model's forward pass and of its gradient run on a device, and which fall to the CPU: both are run once
 * on a sample of noise.
 * @throws LensError if the device cannot be used, or the model cannot be run.
 */
export async function nodePlacement(engine: Engine, { model: file, device }: NodePlacementRequests['nodePlacement']['params'], { signal }: Pick<JobContext, 'signal'>): Promise<NodePlacementResult> {
  const report = (await engine.devices.report(signal)).find(({ id }) => id === device);
  if (!report?.available) throw new LensError('unsupported', `${deviceNames[device]} cannot be used: ${report?.detail ?? 'there is no such device'}`);
  const opened = await engine.models.open(file);
  const { sampleDims, switches, input, target, obstacle } = await situationOf(engine, file, signal);
  if (!sampleDims) throw new LensError('unsupported', obstacle ?? 'the model cannot be run');
  const ranWhere = new Map<string, RanWhere>();
  const model = await loadModel(engine, opened, { device: report.id, signal, sampleDims, switches, ranWhere });
  if (model.runtime.id !== 'onnxruntime') throw new LensError('unsupported', 'this model runs on TensorFlow.js, which uses the CPU');
  const feeds = made(model, sampleDims, switches, 1);
  const graphs: GraphPlacement[] = [];
  const attempt = async (graph: GraphPlacement['graph'], run: () => Promise<unknown>): Promise<void> => {
    try {
      await run();
    } catch (error) {
      throwIfAborted(signal);
      graphs.push({ graph, failed: toWireError(error).message });
      return;
    }
    // On the CPU nothing is profiled, because nothing can fall.
    const ran = [...ranWhere.values()].find((item) => item.graph === graph);
    if (ran) graphs.push({ graph, placement: ran.placement });
  };
  await attempt('forward', () => model.run(feeds));
  const wrt = input && ((await model.embedding(input.name)) ?? input.name);
  if (target && wrt !== undefined) {
    const why = await model.whyNotDifferentiable(target, wrt);
    if (why === undefined) await attempt('gradient', () => model.gradients({ feeds, target, wrt: [wrt] }));
    else graphs.push({ graph: 'gradient', failed: why });
  }
  return { device: report, graphs };
}
