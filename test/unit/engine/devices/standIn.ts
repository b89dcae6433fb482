/**
 * A GPU for machines without one: the real runtime computes on the CPU in its place, through the graphs a GPU gets, and
 * faults happen where a driver's would: when a session is made or run.
 */
import path from 'node:path';
import type { InferenceSession } from 'onnxruntime-node';
import type { DevicesOptions } from '../../../../src/engine/devices';
import { Engine } from '../../../../src/engine/engine';
import { explain, type Explained } from '../../../../src/engine/jobs/explain';
import { loadOrt } from '../../../../src/engine/ort';
import type { MakeSession } from '../../../../src/engine/sessions';
import type { DeviceChange, DeviceId, ExplainParams } from '../../../../src/protocol/engine';

export const root = path.resolve(__dirname, '../../../..');
export const scenes = path.join(root, 'samples/models/scenes.onnx');
export const car = path.join(root, 'samples/pictures/car_1.png');

export interface Run {
  readonly device: DeviceId;
  /** Samples. */
  readonly rows: number;
  /** Counted from 1, on this device. */
  readonly number: number;
}

export interface Faults {
  /** Before a session is made; throws what a driver would. */
  create?(device: DeviceId): void;
  /** Before a run; throws what a driver would. */
  run?(run: Run): void | Promise<void>;
  /** Changes what a run computed. */
  results?(results: InferenceSession.OnnxValueMapType, run: Run): void;
}

/** Makes sessions with `faults`, and writes down what was run where. */
export class StandIn {
  readonly runs: Run[] = [];
  sessions = 0;

  constructor(private readonly faults: Faults = {}) {}

  readonly make: MakeSession = async (bytes, options, device) => {
    this.faults.create?.(device);
    if (device !== 'cpu') this.sessions++;
    const session = await (await loadOrt()).InferenceSession.create(bytes, { ...options, executionProviders: ['cpu'] });
    const run = async (feeds: InferenceSession.FeedsType, fetches: readonly string[]): Promise<InferenceSession.OnnxValueMapType> => {
      const rows = Math.max(...Object.values(feeds).map((tensor) => (tensor.dims.length > 1 ? tensor.dims[0]! : 1)));
      const now: Run = { device, rows, number: 1 + this.runs.filter((old) => old.device === device).length };
      this.runs.push(now);
      await this.faults.run?.(now);
      const results = await session.run(feeds, fetches);
      this.faults.results?.(results, now);
      return results;
    };
    return new Proxy(session, {
      get: (target, name) => {
        if (name === 'run') return run;
        const value: unknown = Reflect.get(target, name, target);
        return typeof value === 'function' ? value.bind(target) : value;
      },
    });
  };

  on(device: DeviceId): Run[] {
    return this.runs.filter((run) => run.device === device);
  }
}

export const testGpu = { name: 'Test GPU', memoryBytes: 8 * 2 ** 30 } as const;

/** Devices among which WebGPU is one that works. */
export const withGpu: DevicesOptions = {
  mayHaveGpu: () => true,
  prove: async (id) => (id === 'webgpu' ? { proof: 1e-7, evidence: { drivers: [], files: [] } } : { reason: 'there is none' }),
  adapter: async () => testGpu,
};

export interface Outcome extends Explained {
  readonly changes: readonly DeviceChange[];
  readonly log: readonly string[];
}

export class Bench {
  readonly log: string[] = [];
  readonly engine: Engine;

  constructor(readonly gpu: StandIn, devices: DevicesOptions = {}) {
    this.engine = new Engine(__filename, { make: gpu.make, devices: { ...withGpu, log: (line) => void this.log.push(line), ...devices } });
  }

  async explain(params: Partial<ExplainParams> & Pick<ExplainParams, 'method'>): Promise<Outcome> {
    const changes: DeviceChange[] = [];
    const explained = await explain(this.engine, { model: scenes, inputs: { '': car }, device: 'webgpu', ...params }, {
      signal: new AbortController().signal, progress: (value) => { if (value.type === 'device') changes.push(value); },
    });
    return { ...explained, changes, log: this.log };
  }
}

/** Keeps the thread for so long, as a run does. */
export function busy(ms: number): void {
  const end = performance.now() + ms;
  while (performance.now() < end);
}
