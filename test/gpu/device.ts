/** The device this suite runs on: tools/gpu.mjs has chosen it and says so in MODEL_LENS_GPU_DEVICE. */
import path from 'node:path';
import fs from 'node:fs';
import { Engine } from '../../src/engine/engine';
import { accelerators } from '../../src/engine/devices/names';
import type { ProbeOutcome } from '../../src/engine/devices/probing';
import { proveDevice } from '../../src/engine/probe';
import type { DeviceId } from '../../src/protocol/engine';
import { toWireError } from '../../src/protocol/rpc';

export const root = path.resolve(__dirname, '../..');
export const shared = path.resolve(process.env.MODEL_LENS_SHARED ?? path.join(root, '../shared'));

/** Everything, however long it takes; else what fits into a few minutes on a software device. */
export const everything = process.env.MODEL_LENS_GPU_ALL === '1';

export const device: DeviceId = (() => {
  const named = process.env.MODEL_LENS_GPU_DEVICE, found = accelerators.find((id) => id === named);
  if (!found) throw new Error(`MODEL_LENS_GPU_DEVICE is '${named ?? ''}', expected one of ${accelerators.join(', ')}: run 'npm run test:gpu', which finds a device`);
  return found;
})();

/** An engine that uses nothing another run left behind, and tells what happens to devices. */
export function freshEngine(log: string[] = []): Engine {
  const prove = (id: DeviceId): Promise<ProbeOutcome> => proveDevice(id).catch((error: unknown) => ({ reason: toWireError(error).message }));
  return new Engine(__filename, { devices: { prove, log: (line) => void log.push(line) } });
}

export function packFile(name: string): string | undefined {
  const file = path.join(shared, 'pack', name);
  return fs.existsSync(file) ? file : undefined;
}
