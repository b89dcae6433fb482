/**
 * Proves a device by running on it: a small convolution, and the gradient of it that our own autodiff builds, compared
 * with the CPU. What a device claims about itself is not believed.
 */
import { buildGradientModel } from '../autodiff/gradientModel';
import type { Dialect } from '../autodiff/rule';
import { writeOnnx } from '../formats/onnx/write';
import type { Attribute, Initializer, ModelFile, Node, ValueInfo } from '../graph/graph';
import type { DeviceId } from '../protocol/engine';
import { LensError } from '../protocol/rpc';
import { tensorToBytes } from '../tensor/convert';
import { elementCount, floatTensor, type FloatTensor, type Tensor } from '../tensor/tensor';
import { evidenceHere, type Evidence } from './devices/evidence';
import { fromOrt, loadOrt, ortMessage, toOrt } from './ort';

/** Relative differences above this are wrong results, not rounding. */
const tolerance = 1e-3;

export interface Proof {
  /** Largest difference to the CPU, relative to the largest value, over the forward pass and the gradient. */
  readonly proof: number;
  /** What this process held while the device computed. */
  readonly evidence: Evidence;
}

/**
 * Runs the forward pass and the gradient on the device and on the CPU.
 * @throws LensError if the device cannot be used or computes something else.
 */
export async function proveDevice(device: DeviceId): Promise<Proof> {
  const model = probeModel();
  const x = ramp([1, 2, 8, 8]);
  const forward = (await writeOnnx(model)).bytes;
  // Without the fallback to the CPU, so that a device that takes no node cannot pass.
  let evidence: Evidence = { drivers: [], files: [] };
  const here = await runOn(device, forward, { x }, true, () => { evidence = evidenceHere(); });
  const expected = await runOn('cpu', forward, { x }, false);
  const dialect: Dialect = 'portable';
  const gradient = buildGradientModel({ model, inputDims: { x: [1, 2, 8, 8] }, target: { output: 'y', space: 'output' }, wrt: ['x'], dialect });
  const bytes = (await writeOnnx(gradient.model)).bytes;
  const feeds = { x, [gradient.targetInput]: { dtype: 'int64' as const, dims: [1], data: BigInt64Array.of(1n) } };
  const hereToo = await runOn(device, bytes, feeds, false);
  const expectedToo = await runOn('cpu', bytes, feeds, false);
  const name = gradient.gradients.x!;
  const proof = Math.max(difference(here.y!, expected.y!), difference(hereToo[name]!, expectedToo[name]!));
  if (!(proof <= tolerance)) throw new LensError('unsupported', `computes other results than the CPU (relative difference ${proof.toExponential(1)})`);
  return { proof, evidence };
}

async function runOn(device: DeviceId, bytes: Uint8Array, feeds: Readonly<Record<string, Tensor>>, strict: boolean, ran?: () => void): Promise<Record<string, Tensor>> {
  const ort = await loadOrt();
  try {
    const session = await ort.InferenceSession.create(bytes, {
      executionProviders: [device], logSeverityLevel: 4, extra: { session: strict && device !== 'cpu' ? { disable_cpu_ep_fallback: '1' } : {} },
    });
    try {
      const results = await session.run(Object.fromEntries(session.inputNames.map((name) => [name, toOrt(ort, feeds[name]!)])));
      ran?.();
      return Object.fromEntries(Object.entries(results).map(([name, tensor]) => [name, fromOrt(tensor)]));
    } finally {
      await session.release();
    }
  } catch (error) {
    throw new LensError('unsupported', ortMessage(error));
  }
}

function difference(a: Tensor, b: Tensor): number {
  const left = a.data as Float32Array, right = b.data as Float32Array;
  let largest = 0, worst = 0;
  right.forEach((value, index) => {
    largest = Math.max(largest, Math.abs(value));
    worst = Math.max(worst, Math.abs(value - left[index]!));
  });
  return largest > 0 ? worst / largest : NaN;
}

/** y = GlobalAveragePool(Relu(Conv(x))), [1, 2, 8, 8] → [1, 4, 1, 1]. */
function probeModel(): ModelFile {
  const weights = ramp([4, 2, 3, 3]), bias = ramp([4]);
  const value = (name: string, dims: number[]): ValueInfo => ({ name, type: { kind: 'tensor', dtype: 'float32', dims } });
  const node = (opType: string, inputs: string[], output: string, attributes: ReadonlyMap<string, Attribute> = new Map()): Node => ({ name: output, opType, domain: '', inputs, outputs: [output], attributes });
  const ints = (...values: bigint[]): Attribute => ({ kind: 'ints', value: values });
  return {
    format: 'onnx', file: '', producer: 'model-lens', irVersion: 8, opsets: new Map([['', 13]]), metadata: new Map(), functions: [], warnings: [],
    graph: {
      name: 'probe', inputs: [value('x', [1, 2, 8, 8])], outputs: [value('y', [1, 4, 1, 1])], valueInfo: new Map(),
      initializers: new Map([['w', inline(weights)], ['b', inline(bias)]]),
      nodes: [
        node('Conv', ['x', 'w', 'b'], 'c', new Map([['kernel_shape', ints(3n, 3n)], ['pads', ints(1n, 1n, 1n, 1n)]])),
        node('Relu', ['c'], 'r'),
        node('GlobalAveragePool', ['r'], 'y'),
      ],
    },
  };
}

function inline(tensor: FloatTensor): Initializer {
  return { kind: 'inline', dtype: 'float32', dims: tensor.dims, bytes: tensorToBytes(tensor) };
}

/** Values between -1 and 1 without any symmetry a wrong layout could hide behind. */
function ramp(dims: readonly number[]): FloatTensor {
  return floatTensor(dims, Float32Array.from({ length: elementCount(dims) }, (_, index) => Math.sin(1.7 * index + 0.3)));
}
