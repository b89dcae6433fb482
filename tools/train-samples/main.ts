/**
 * Makes samples/: draws scenes, trains the network, and writes the model as ONNX, Keras .h5 and TensorFlow.js with the
 * same weights, the pictures with their masks, sidecars and labels.
 *   npx tsx tools/train-samples/main.ts [--out samples] [--pictures-only]
 * Takes about five minutes on one core. The same seeds give the same scenes everywhere, and weights that differ
 * between machines only by what their floating-point units round differently.
 */
import fs from 'node:fs';
import path from 'node:path';
import { encodePng } from '../../src/data/image/encode';
import type { Picture } from '../../src/data/image/picture';
import { pictureToTensor } from '../../src/data/image/toTensor';
import { writeOnnxStandalone } from '../../src/formats/onnx/write';
import { Random } from '../../src/tensor/random';
import { imageSize, makeDataset, preprocessing, renderMask, renderScene } from './data';
import type { Dataset } from './data';
import { writeKeras, writeTfjs } from './keras';
import { buildModel, initialWeights } from './network';
import type { ClassName } from './scenes';
import { classNames, drawScene } from './scenes';
import { accuracyOf, train } from './train';
import { compareFiles } from './verify';

const seeds = { training: 101, test: 202, weights: 303, order: 404, pictures: 505 };
const sizes = { training: 7200, test: 1200 };
const required = { accuracy: 0.97, agreement: 1e-4 };

const args = process.argv.slice(2);
const out = path.resolve(args.includes('--out') ? args[args.indexOf('--out') + 1]! : path.join(__dirname, '../../samples'));

async function main(): Promise<void> {
  const started = Date.now();
  const say = (text: string): void => console.log(`${((Date.now() - started) / 1000).toFixed(0).padStart(4)} s  ${text}`);
  say(`drawing pictures into ${path.relative(process.cwd(), out) || '.'}`);
  const pictures = await writePictures();
  if (args.includes('--pictures-only')) return;

  say(`drawing ${sizes.training} scenes to learn from and ${sizes.test} to test with`);
  const training = await makeDataset(seeds.training, sizes.training);
  const test = await makeDataset(seeds.test, sizes.test);
  const weights = initialWeights(new Random(seeds.weights));
  await train(weights, training, {
    epochs: 14, batch: 32, rate: 2e-3, seed: seeds.order,
    report: (epoch, loss, right) => say(`epoch ${epoch}: loss ${loss.toFixed(3)}, ${(right * 100).toFixed(1)} % of the training scenes right`),
  });

  const models = path.join(out, 'models');
  const onnx = path.join(models, 'scenes.onnx');
  const keras = path.join(models, 'scenes.h5');
  const tfjs = path.join(models, 'scenes_tfjs');
  fs.mkdirSync(models, { recursive: true });
  const bytes = await writeOnnxStandalone(buildModel(weights, 'inference', onnx));
  fs.writeFileSync(onnx, bytes);
  await writeKeras(keras, weights);
  writeTfjs(tfjs, weights);
  writeSidecars(models, tfjs);

  const accuracy = await accuracyOf(bytes, test);
  say(`${(accuracy * 100).toFixed(1)} % of the test scenes right`);
  if (accuracy < required.accuracy) throw new Error(`the accuracy is ${accuracy}, at least ${required.accuracy} is required`);
  const agreement = await compareFiles(onnx, keras, tfjs, test, 60);
  say(`largest difference of a probability to the ONNX file: TensorFlow.js ${agreement.tfjs.toExponential(1)}, Keras file ${agreement.keras.toExponential(1)}`);
  if (Math.max(agreement.tfjs, agreement.keras) > required.agreement) throw new Error(`the files disagree by more than ${required.agreement}`);
  say(`${(await accuracyOf(bytes, pictures) * 100).toFixed(1)} % of the written pictures right`);
}

/** Three scenes a class and two with a pair, each with a mask for every object. Returns those with one object. */
async function writePictures(): Promise<Dataset> {
  for (const folder of ['pictures', 'masks']) {
    fs.rmSync(path.join(out, folder), { recursive: true, force: true });
    fs.mkdirSync(path.join(out, folder), { recursive: true });
  }
  const random = new Random(seeds.pictures);
  const save = async (folder: string, name: string, picture: Picture): Promise<void> => {
    fs.writeFileSync(path.join(out, folder, `${name}.png`), await encodePng({ ...picture, data: picture.data as Uint8Array }));
  };
  const images: Float32Array[] = [];
  const labels: number[] = [];
  for (const [label, name] of classNames.entries()) {
    for (let i = 1; i <= 3; i++) {
      const scene = drawScene(random, [name]);
      const picture = await renderScene(scene);
      await save('pictures', `${name}_${i}`, picture);
      await save('masks', `${name}_${i}`, await renderMask(scene, 0));
      images.push(pictureToTensor(picture, preprocessing).tensor.data);
      labels.push(label);
    }
  }
  const pairs: readonly (readonly [ClassName, ClassName])[] = [['car', 'tree'], ['boat', 'balloon']];
  for (const pair of pairs) {
    const scene = drawScene(random, pair);
    const name = pair.join('_and_');
    await save('pictures', name, await renderScene(scene));
    for (let i = 0; i < pair.length; i++) await save('masks', `${name}.${pair[i]}`, await renderMask(scene, i));
  }
  const data = new Float32Array(images.length * imageSize);
  images.forEach((image, i) => data.set(image, i * imageSize));
  return { images: data, labels: Uint8Array.from(labels) };
}

/** What the models' inputs and outputs mean, beside each of them, and the class names. */
function writeSidecars(models: string, tfjs: string): void {
  const sidecar = (layout: 'NCHW' | 'NHWC'): string => `${JSON.stringify({
    inputs: { image: { kind: 'image', layout, channels: 'RGB', range: preprocessing.range, resize: { size: preprocessing.resize.height, interpolation: 'bilinear' } } },
    outputs: { probabilities: { kind: 'probabilities', labels: 'labels.txt' } },
  }, undefined, 2)}\n`;
  const labels = `${classNames.join('\n')}\n`;
  fs.writeFileSync(path.join(models, 'scenes.onnx.lens.json'), sidecar('NCHW'));
  fs.writeFileSync(path.join(models, 'scenes.h5.lens.json'), sidecar('NHWC'));
  fs.writeFileSync(path.join(tfjs, 'model.lens.json'), sidecar('NHWC'));
  fs.writeFileSync(path.join(models, 'labels.txt'), labels);
  fs.writeFileSync(path.join(tfjs, 'labels.txt'), labels);
}

main().catch((error: unknown) => {
  console.error(error instanceof Error ? error.message : String(error));
  process.exitCode = 1;
});
