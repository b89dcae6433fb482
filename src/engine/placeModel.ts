/** Where an opened model runs (devices.ts), with whoever has to know told of what happens to devices. */
import { initializerType } from '../graph/graph';
import type { DeviceChange, DeviceId } from '../protocol/engine';
import type { Engine } from './engine';
import { Placement } from './devices/placement';
import type { OpenedModel } from './models';

export interface PlaceModelOptions {
  readonly signal?: AbortSignal;
  /** Told what belongs among the warnings of a result. */
  readonly warn?: (message: string) => void;
  /** Told at once. */
  readonly changed?: (change: DeviceChange) => void;
  /** Runs everything on the device and measures it, however small or slow. */
  readonly measure?: boolean;
}

/** @throws LensError if there is no such device, or this system can never have it. */
export async function placeModel({ devices }: Pick<Engine, 'devices'>, wanted: DeviceId | 'auto' | undefined, { runnable, identity }: OpenedModel, { signal, warn, changed, measure }: PlaceModelOptions = {}): Promise<Placement> {
  // What ONNX Runtime does not run, TensorFlow.js runs on the CPU.
  if (runnable.notRunnable !== undefined) return Placement.on(devices.cpu);
  const half = [...runnable.graph.initializers.values()].some((initializer) => initializerType(initializer).dtype === 'float16');
  return devices.place(wanted, { identity, half }, {
    signal, measure,
    changed: (change) => {
      warn?.(change.message);
      changed?.(change);
    },
  });
}
