/** The devices by name, and in the order in which one is looked for. */
import type { DeviceId } from '../../protocol/engine';

export type Accelerator = Exclude<DeviceId, 'cpu'>;

export const deviceNames: Readonly<Record<DeviceId, string>> = { cpu: 'CPU', cuda: 'CUDA', webgpu: 'WebGPU', dml: 'DirectML', coreml: 'CoreML' };

/** In the order a GPU would be preferred in. */
export const accelerators: readonly Accelerator[] = ['cuda', 'webgpu', 'dml', 'coreml'];

export function isDevice(id: string): id is DeviceId {
  return Object.hasOwn(deviceNames, id);
}
