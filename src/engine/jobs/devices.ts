import type { DeviceReport } from '../../protocol/engine';
import type { JobContext } from '../../protocol/rpc';
import type { Engine } from '../engine';

/** Every device this machine has or has not, proved by running on it. */
export function devices(engine: Engine, { signal }: Pick<JobContext, 'signal'>): Promise<readonly DeviceReport[]> {
  return engine.devices.report(signal);
}
