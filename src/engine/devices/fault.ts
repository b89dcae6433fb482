/** What goes wrong on a device that is not the model's or the caller's fault, and what follows from it. */
import type { DeviceId } from '../../protocol/engine';
import { LensError } from '../../protocol/rpc';

/**
 * 'lost': the device is gone, for every model. 'missing': its driver or libraries are, likewise. 'memory': smaller
 * batches may fit. 'wrong': it computes something else than the CPU. 'crashed': its driver ended a process. 'failed':
 * it cannot run this model.
 */
export type FaultKind = 'lost' | 'missing' | 'memory' | 'wrong' | 'crashed' | 'failed';

/** An error of a device: the work can go on with another one. */
export class DeviceFault extends LensError {
  constructor(readonly device: DeviceId, readonly kind: FaultKind, readonly reason: string) {
    super('failed', reason);
  }

  /** Whether no model can go on here, and not only this one. */
  get ofAllModels(): boolean {
    return this.kind === 'lost' || this.kind === 'missing';
  }
}

/**
 * Words of ONNX Runtime, Dawn, Direct3D, Vulkan and CUDA. Buffers above a device's limit count as memory (ONNX Runtime's
 * WebGPU cuts them up, until they are too many for a shader): smaller batches make them smaller.
 */
const signs: readonly (readonly [FaultKind, RegExp])[] = [
  ['lost', /device (?:was|is|has been) (?:lost|removed|hung|reset)|device[ _]?lost|device (?:removed|hung)|DXGI_ERROR_DEVICE_(?:REMOVED|HUNG|RESET)|launch failure|illegal (?:memory access|address)|cuda failure (?:4|46|700|719|999)\b|GPU hang/i],
  ['memory', /out[ _-]?of[ _-]?(?:device[ _-]?|host[ _-]?|gpu[ _-]?)?memory|bad_alloc|fail(?:ed|ure) to allocate|allocation fail|alloc_failed|not enough (?:memory|space)|smaller than requested|exceeds? the (?:max|limit)[^.]*(?:buffer|binding|size)|maxBufferSize|maxStorageBufferBindingSize|too many storage buffers in shader/i],
  ['missing', /no supported adapters|failed to get a webgpu adapter|failed to load (?:shared )?library|cannot open shared object|driver version is insufficient|no cuda-capable device|no (?:suitable )?(?:gpu|adapter)s? (?:was |were )?found|failed to (?:find|create) (?:a )?(?:d3d12|dml) device/i],
];

/** What an error message of a device's runtime means. */
export function faultKind(message: string): FaultKind {
  return signs.find(([, sign]) => sign.test(message))?.[0] ?? 'failed';
}

/** What people are told, without the device's name: 'has lost its device (…)'. */
export function faultWords({ kind, reason }: Pick<DeviceFault, 'kind' | 'reason'>): string {
  const words: Readonly<Record<FaultKind, string>> = {
    lost: 'was lost', missing: 'cannot be used', memory: 'has too little memory for this model', wrong: 'computes something else than the CPU for this model',
    crashed: 'crashed with this model', failed: 'cannot run this model',
  };
  return `${words[kind]} (${reason.replace(/[.\s]+$/, '')})`;
}
