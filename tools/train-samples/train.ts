/**
 * Training with the product's own means: the gradient graph of src/autodiff, differentiated to the weights, run by
 * ONNX Runtime; the optimiser (Adam, Kingma and Ba 2015) is a dozen lines.
 */
import * as ort from 'onnxruntime-node';
import { buildGradientModel } from '../../src/autodiff/gradientModel';
import { writeOnnxStandalone } from '../../src/formats/onnx/write';
import { Random } from '../../src/tensor/random';
import type { Dataset } from './data';
import { imageSize } from './data';
import type { Weight, Weights } from './network';
import { buildModel, side } from './network';
import { classNames } from './scenes';

const sessionOptions = { intraOpNumThreads: 1, logSeverityLevel: 3 } as const;

export interface TrainingOptions {
  readonly epochs: number;
  readonly batch: number;
  readonly rate: number;
  readonly seed: number;
  report(epoch: number, loss: number, accuracy: number): void;
}

/** Minimises the cross-entropy of `weights` on `data`, in place. */
export async function train(weights: Weights, data: Dataset, options: TrainingOptions): Promise<void> {
  const { batch, epochs } = options;
  const names = [...weights.keys()];
  const inputDims: Record<string, readonly number[]> = { image: [batch, 3, side, side] };
  for (const [name, { dims }] of weights) inputDims[name] = dims;
  const gradient = buildGradientModel({ model: buildModel(weights, 'training'), inputDims, target: { output: 'logProbabilities', space: 'output' }, wrt: names, fetch: ['logProbabilities'] });
  const session = await ort.InferenceSession.create(await writeOnnxStandalone(gradient.model), sessionOptions);

  const adam = new Adam(weights);
  const random = new Random(options.seed);
  const steps = Math.floor(data.labels.length / batch);
  const order = Uint32Array.from(data.labels, (_, i) => i);
  const images = new Float32Array(batch * imageSize);
  const targets = new BigInt64Array(batch);
  for (let epoch = 0; epoch < epochs; epoch++) {
    shuffle(order, random);
    let loss = 0;
    let right = 0;
    for (let step = 0; step < steps; step++) {
      for (let i = 0; i < batch; i++) {
        const sample = order[step * batch + i]!;
        copyImage(data.images, sample * imageSize, images, i * imageSize, random.uniform() < 0.5);
        targets[i] = BigInt(data.labels[sample]!);
      }
      const feeds: Record<string, ort.Tensor> = { image: new ort.Tensor('float32', images, [batch, 3, side, side]), [gradient.targetInput]: new ort.Tensor('int64', targets, [batch]) };
      for (const [name, { dims, data: values }] of weights) feeds[name] = new ort.Tensor('float32', values, [...dims]);
      const results = await session.run(feeds);
      const scores = results[gradient.scoreOutput]!.data as Float32Array;
      const rows = results[gradient.fetched.logProbabilities!]!.data as Float32Array;
      for (let i = 0; i < batch; i++) {
        loss -= scores[i]!;
        if (indexOfLargest(rows, i * classNames.length) === Number(targets[i])) right++;
      }
      // The graph gives the gradient of the summed log-probabilities; the loss is minus their mean.
      const gradients = new Map(names.map((name) => [name, results[gradient.gradients[name]!]!.data as Float32Array]));
      const progress = (epoch * steps + step) / (epochs * steps);
      adam.step(gradients, -1 / batch, options.rate * 0.5 * (1 + Math.cos(Math.PI * progress)));
    }
    options.report(epoch + 1, loss / (steps * batch), right / (steps * batch));
  }
  await session.release();
}

class Adam {
  private readonly moments: ReadonlyMap<string, { weight: Weight; first: Float64Array; second: Float64Array }>;
  private count = 0;

  constructor(weights: Weights) {
    this.moments = new Map([...weights].map(([name, weight]) => [name, { weight, first: new Float64Array(weight.data.length), second: new Float64Array(weight.data.length) }]));
  }

  step(gradients: ReadonlyMap<string, Float32Array>, factor: number, rate: number): void {
    this.count++;
    const corrected1 = 1 - 0.9 ** this.count;
    const corrected2 = 1 - 0.999 ** this.count;
    for (const [name, { weight, first, second }] of this.moments) {
      const gradient = gradients.get(name)!;
      for (let i = 0; i < gradient.length; i++) {
        const g = gradient[i]! * factor;
        first[i] = 0.9 * first[i]! + 0.1 * g;
        second[i] = 0.999 * second[i]! + 0.001 * g * g;
        weight.data[i] = weight.data[i]! - (rate * first[i]!) / corrected1 / (Math.sqrt(second[i]! / corrected2) + 1e-8);
      }
    }
  }
}

/** Fraction of `data` that the model gets right. */
export async function accuracyOf(model: Uint8Array, data: Dataset): Promise<number> {
  const session = await ort.InferenceSession.create(model, sessionOptions);
  let right = 0;
  const batch = 50;
  for (let start = 0; start < data.labels.length; start += batch) {
    const count = Math.min(batch, data.labels.length - start);
    const feed = new ort.Tensor('float32', data.images.slice(start * imageSize, (start + count) * imageSize), [count, 3, side, side]);
    const rows = (await session.run({ image: feed })).probabilities!.data as Float32Array;
    for (let i = 0; i < count; i++) if (indexOfLargest(rows, i * classNames.length) === data.labels[start + i]) right++;
  }
  await session.release();
  return right / data.labels.length;
}

function indexOfLargest(values: Float32Array, start: number): number {
  let best = 0;
  for (let i = 1; i < classNames.length; i++) if (values[start + i]! > values[start + best]!) best = i;
  return best;
}

function copyImage(from: Float32Array, at: number, to: Float32Array, place: number, mirrored: boolean): void {
  if (!mirrored) {
    to.set(from.subarray(at, at + imageSize), place);
    return;
  }
  for (let row = 0; row < imageSize; row += side) for (let x = 0; x < side; x++) to[place + row + x] = from[at + row + side - 1 - x]!;
}

function shuffle(order: Uint32Array, random: Random): void {
  for (let i = order.length - 1; i > 0; i--) {
    const j = random.integer(i + 1);
    [order[i], order[j]] = [order[j]!, order[i]!];
  }
}
