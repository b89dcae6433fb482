import type { DeviceReport, EngineRequests } from '../../protocol/engine';
import type { JobContext } from '../../protocol/rpc';
import type { Engine } from '../engine';
import { measureDevices } from '../measureDevices';

/** Every device this machine has or has not, proved by running on it; with a model, how fast that runs there. */
export async function devices(engine: Engine, { model, refresh }: EngineRequests['devices']['params'], { signal }: Pick<JobContext, 'signal'>): Promise<readonly DeviceReport[]> {
  if (refresh) await engine.devices.forget();
  const reports = await engine.devices.report(signal);
  return model === undefined ? reports : measureDevices(engine, model, reports, signal);
}
