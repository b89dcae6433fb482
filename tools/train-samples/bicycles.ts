/**
 * Makes samples/tables/: a made-up table of hours at a bicycle station, whether all bicycles were out, and a small
 * network that was taught to tell. What decides is known, so that explanations can be judged: warm, dry hours; rush hours
 * on working days but afternoons on free ones (an interaction); `felt` only follows `temperature`, and `dock` means nothing.
 *   npx tsx tools/train-samples/bicycles.ts [--out samples]
 * Takes about ten seconds. The same seeds give the same table everywhere.
 */
import fs from 'node:fs';
import path from 'node:path';
import * as tf from '@tensorflow/tfjs';
import * as ort from 'onnxruntime-node';
import { writeOnnxStandalone } from '../../src/formats/onnx/write';
import type { Attribute, Initializer, ModelFile, Node } from '../../src/graph/graph';
import { Random } from '../../src/tensor/random';
import { tensorToBytes } from '../../src/tensor/convert';
import { floatTensor } from '../../src/tensor/tensor';

const seasons = ['spring', 'summer', 'autumn', 'winter'], days = ['Monday', 'Tuesday', 'Wednesday', 'Thursday', 'Friday', 'Saturday', 'Sunday'];
const numbers = ['temperature', 'felt', 'humidity', 'wind', 'hour', 'dock'] as const;
const answers = ['bicycles left', 'all out'];
const rowCount = 3000, heldOut = 600, seed = 707, least = 0.85;

interface Hour {
  readonly numbers: readonly number[];
  readonly season: number;
  readonly day: number;
  readonly holiday: number;
  readonly out: number;
}

function drawHour(random: Random): Hour {
  const season = Math.floor(random.uniform() * 4), day = Math.floor(random.uniform() * 7), holiday = random.uniform() < 0.05 ? 1 : 0, hour = Math.floor(random.uniform() * 24);
  const round = (value: number, digits: number): number => Number(value.toFixed(digits));
  const temperature = round([12, 23, 13, 3][season]! + 5 * random.normal() + 3 * Math.sin(((hour - 9) / 24) * 2 * Math.PI), 1);
  const wind = round(Math.abs(9 * random.normal()) + 3, 1), felt = round(temperature - 0.12 * wind + random.normal(), 1);
  const humidity = Math.round(Math.min(100, Math.max(20, 62 + 16 * random.normal()))), dock = 1 + Math.floor(random.uniform() * 12);
  const free = day >= 5 || holiday === 1, near = (centre: number, width: number): number => Math.exp(-(((hour - centre) / width) ** 2));
  const rush = free ? 2.6 * near(15, 4) : 3 * near(8, 1.8) + 3.2 * near(17.5, 2.2);
  const score = -1.9 + 0.16 * (temperature - 12) - 0.045 * Math.max(0, humidity - 60) - 0.05 * (wind - 8) + rush + (season === 3 ? -0.6 : 0) - (hour < 6 ? 2 : 0);
  return { numbers: [temperature, felt, humidity, wind, hour, dock], season, day, holiday, out: random.uniform() < 1 / (1 + Math.exp(-2.2 * score)) ? 1 : 0 };
}

async function main(): Promise<void> {
  const args = process.argv.slice(2), out = path.join(path.resolve(args.includes('--out') ? args[args.indexOf('--out') + 1]! : path.join(__dirname, '../../samples')), 'tables');
  const random = new Random(seed), hours = Array.from({ length: rowCount }, () => drawHour(random));
  fs.mkdirSync(out, { recursive: true });
  const header = [...numbers.slice(0, 5), 'season', 'day', 'holiday', 'dock', 'station'];
  const line = ({ numbers: [temperature, felt, humidity, wind, hour, dock], season, day, holiday, out: empty }: Hour): string => [temperature, felt, humidity, wind, hour, seasons[season], days[day], holiday ? 'yes' : 'no', dock, answers[empty]].join(',');
  fs.writeFileSync(path.join(out, 'bicycles.csv'), `${[header.join(','), ...hours.map(line)].join('\n')}\n`);

  const scale = numbers.map((_, at) => {
    const values = hours.map((hour) => hour.numbers[at]!), mean = values.reduce((sum, value) => sum + value, 0) / rowCount;
    return { mean: Number(mean.toFixed(2)), std: Number(Math.sqrt(values.reduce((sum, value) => sum + (value - mean) ** 2, 0) / rowCount).toFixed(2)) };
  });
  const hot = (place: number, count: number): number[] => Array.from({ length: count }, (_, at) => (at === place ? 1 : 0));
  const input = ({ numbers: own, season, day, holiday }: Hour): number[] => [...own.map((value, at) => (value - scale[at]!.mean) / scale[at]!.std), ...hot(season, 4), ...hot(day, 7), ...hot(holiday, 2)];
  const weights = await train(hours.slice(heldOut).map(input), hours.slice(heldOut).map(({ out: empty }) => empty));
  const bytes = await writeOnnxStandalone(model(weights));
  fs.writeFileSync(path.join(out, 'bicycles.onnx'), bytes);
  const columns = [
    ...numbers.map((name, at) => ({ name, ...(name === 'temperature' || name === 'felt' ? { unit: '°C' } : name === 'wind' ? { unit: 'km/h' } : name === 'humidity' ? { unit: '%' } : {}), ...scale[at]! })),
    { name: 'season', categories: seasons, encoding: 'one-hot' }, { name: 'day', categories: days, encoding: 'one-hot' }, { name: 'holiday', categories: ['no', 'yes'], encoding: 'one-hot' },
  ];
  fs.writeFileSync(path.join(out, 'bicycles.onnx.lens.json'), `${JSON.stringify({ inputs: { hour: { kind: 'table', columns } }, outputs: { probabilities: { kind: 'probabilities', labels: 'answers.txt', column: 'station' } } }, undefined, 2)}\n`);
  fs.writeFileSync(path.join(out, 'answers.txt'), `${answers.join('\n')}\n`);

  const session = await ort.InferenceSession.create(bytes, { intraOpNumThreads: 1 }), test = hours.slice(0, heldOut).map(input);
  const { probabilities } = await session.run({ hour: new ort.Tensor('float32', Float32Array.from(test.flat()), [heldOut, test[0]!.length]) });
  const said = probabilities!.data as Float32Array, right = hours.slice(0, heldOut).filter(({ out: empty }, at) => (said[2 * at + 1]! > said[2 * at]! ? 1 : 0) === empty).length / heldOut;
  console.log(`${(100 * right).toFixed(1)} % of ${heldOut} hours it has not seen`);
  if (right < least) throw new Error(`the accuracy is ${right}, at least ${least} is required`);
}

interface Layer { readonly kernel: Float32Array; readonly bias: Float32Array; readonly dims: readonly [number, number] }

/** Two hidden layers, by TensorFlow.js with seeded weights and the rows in their order. */
async function train(rows: readonly number[][], labels: readonly number[]): Promise<Layer[]> {
  await tf.setBackend('cpu');
  const dense = (units: number, activation: 'relu' | 'softmax', at: number, inputShape?: number[]): tf.layers.Layer => tf.layers.dense({
    units, activation, kernelInitializer: tf.initializers.glorotUniform({ seed: seed + at }), kernelRegularizer: tf.regularizers.l2({ l2: 4e-3 }), ...(inputShape && { inputShape }),
  });
  const network = tf.sequential({ layers: [dense(24, 'relu', 1, [rows[0]!.length]), dense(12, 'relu', 2), dense(2, 'softmax', 3)] });
  network.compile({ optimizer: tf.train.adam(0.006), loss: 'categoricalCrossentropy' });
  await network.fit(tf.tensor2d(rows as number[][]), tf.oneHot(tf.tensor1d(labels as number[], 'int32'), 2), { epochs: 40, batchSize: 60, shuffle: false, verbose: 0 });
  return network.layers.map((layer) => {
    const [kernel, bias] = layer.getWeights();
    return { kernel: kernel!.dataSync() as Float32Array, bias: bias!.dataSync() as Float32Array, dims: kernel!.shape as [number, number] };
  });
}

function model(layers: readonly Layer[]): ModelFile {
  const nodes: Node[] = [], initializers = new Map<string, Initializer>();
  const node = (name: string, opType: string, inputs: string[], output: string, attributes: [string, Attribute][] = []): void => void nodes.push({ name, opType, domain: '', inputs, outputs: [output], attributes: new Map(attributes) });
  const weight = (name: string, dims: readonly number[], data: Float32Array): void => void initializers.set(name, { kind: 'inline', dtype: 'float32', dims, bytes: tensorToBytes(floatTensor(dims, data)) });
  let value = 'hour';
  layers.forEach(({ kernel, bias, dims }, at) => {
    const name = at === layers.length - 1 ? 'answer' : `hidden${at + 1}`, last = at === layers.length - 1;
    weight(`${name}/kernel`, dims, kernel);
    weight(`${name}/bias`, [dims[1]], bias);
    node(name, 'Gemm', [value, `${name}/kernel`, `${name}/bias`], last ? 'logits' : `${name}/sum`);
    if (!last) node(`${name}/relu`, 'Relu', [`${name}/sum`], `${name}/output`);
    value = last ? 'logits' : `${name}/output`;
  });
  node('softmax', 'Softmax', ['logits'], 'probabilities', [['axis', { kind: 'int', value: 1n }]]);
  const port = (name: string, width: number) => ({ name, type: { kind: 'tensor', dtype: 'float32', dims: ['batch', width] } }) as const;
  return {
    format: 'onnx', file: '', producer: 'model-lens samples', irVersion: 8, opsets: new Map([['', 13]]), metadata: new Map(), functions: [], warnings: [],
    graph: { name: 'bicycles', inputs: [port('hour', layers[0]!.dims[0])], outputs: [port('probabilities', 2)], valueInfo: new Map(), initializers, nodes },
  };
}

main().catch((error: unknown) => {
  console.error(error instanceof Error ? error.message : String(error));
  process.exitCode = 1;
});
