/** How fast a model runs on each device, relative to the CPU: measured on made-up samples, or as it was measured before. */
import type { Feeds } from '../methods/model';
import type { DeviceReport } from '../protocol/engine';
import { throwIfAborted, toWireError } from '../protocol/rpc';
import { isFloat } from '../tensor/dtype';
import { Random } from '../tensor/random';
import { elementCount, type Tensor } from '../tensor/tensor';
import type { Engine } from './engine';
import type { LoadedModel } from './loadedModel';
import { loadModel } from './loadModel';
import type { OpenedModel } from './models';
import { placeModel } from './placeModel';
import { sentence, situationOf, type Situation } from './situation';

/** Enough for a device to show what it gains from many samples at once, few enough for a CPU. */
const samples = 8;

/** `reports` with the speed of `model` on each device that can be used, and which of them 'auto' takes for it. */
export async function measureDevices(engine: Engine, model: string, reports: readonly DeviceReport[], signal: AbortSignal): Promise<DeviceReport[]> {
  const opened = await engine.models.open(model), measured: DeviceReport[] = [];
  const situation = reports.some(({ id, available }) => id !== 'cpu' && available) ? await situationOf(engine, model, signal) : {};
  for (const { chosen: _, ...report } of reports) {
    throwIfAborted(signal);
    measured.push(report.id === 'cpu' || !report.available ? report : await measure(engine, opened, situation, report, signal));
  }
  const usable = measured.find(({ id, available, software, speed }) => id !== 'cpu' && available && !software && (speed?.gradient ?? speed?.forward ?? 0) >= 1)?.id ?? 'cpu';
  return measured.map((report) => (report.id === usable ? { ...report, chosen: true as const } : report));
}

async function measure(engine: Engine, opened: OpenedModel, situation: Situation, report: DeviceReport, signal: AbortSignal): Promise<DeviceReport> {
  const { sampleDims, switches, input, target } = situation;
  if (!sampleDims) return { ...report, note: situation.obstacle ?? 'The model cannot be run.' };
  try {
    const placement = await placeModel(engine, report.id, opened, { signal, measure: true });
    const model = await loadModel(engine, opened, { device: placement, signal, sampleDims, ...(switches && { switches }) });
    if (model.runtime.id !== 'onnxruntime') return { ...report, note: 'The model runs on TensorFlow.js, which uses the CPU.' };
    const before = await engine.devices.known(report.id, opened.identity);
    if (before.excluded === undefined && before.speed.forward === undefined) await model.run(made(model, sampleDims, switches, model.batchFor('forward')));
    const wrt = input && ((await model.embedding(input.name)) ?? input.name);
    if (target && wrt !== undefined && before.excluded === undefined && before.speed.gradient === undefined && (await model.whyNotDifferentiable(target, wrt)) === undefined) {
      await model.gradients({ feeds: made(model, sampleDims, switches, model.batchFor('gradient')), target, wrt: [wrt] });
    }
  } catch (error) {
    throwIfAborted(signal);
    return { ...report, note: sentence(toWireError(error).message) };
  }
  const { speed, excluded } = await engine.devices.known(report.id, opened.identity), times = speed.gradient ?? speed.forward;
  const note = excluded !== undefined ? sentence(`it ${excluded}`) : report.software ? report.note : times !== undefined && times < 1 ? 'It is slower than the CPU for this model.' : undefined;
  const { note: _, ...plain } = report;
  return { ...plain, ...(Object.keys(speed).length > 0 && { speed }), ...(note !== undefined && { note }) };
}

/** At most `most` samples of noise; whole numbers are 1, switches what they are. */
export function made(model: LoadedModel, sampleDims: NonNullable<Situation['sampleDims']>, switches: Situation['switches'], most: number): Feeds {
  const random = new Random(1), count = Math.min(samples, most);
  return Object.fromEntries(model.inputs.map(({ name, dtype }): [string, Tensor] => {
    const [first, ...rest] = sampleDims[name]!, dims = first === 1 ? [count, ...rest] : sampleDims[name]!, length = elementCount(dims), whole = switches?.[name] ?? 1;
    if (isFloat(dtype)) return [name, { dtype: 'float32', dims, data: Float32Array.from({ length }, () => random.uniform()) }];
    if (dtype === 'string') return [name, { dtype, dims, data: new Array<string>(length).fill('') }];
    const Type = wholes[dtype] ?? Int32Array;
    return [name, { dtype, dims, data: Type === BigInt64Array || Type === BigUint64Array ? new Type(length).fill(BigInt(whole)) : new (Type as typeof Int32Array)(length).fill(whole) }];
  }));
}

const wholes: Readonly<Record<string, typeof Int32Array | typeof BigInt64Array | typeof BigUint64Array | typeof Uint8Array | typeof Int8Array | typeof Int16Array | typeof Uint16Array | typeof Uint32Array>> = {
  int64: BigInt64Array, uint64: BigUint64Array, int32: Int32Array, uint32: Uint32Array, int16: Int16Array, uint16: Uint16Array, int8: Int8Array, uint8: Uint8Array, bool: Uint8Array,
};
