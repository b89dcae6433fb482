/** Detectors and segmenters of the pack: what is read, what is explained, and where the map lies. */
import assert from 'node:assert/strict';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { Engine } from '../../../src/engine/engine';
import { detections } from '../../../src/engine/jobs/detections';
import { explain } from '../../../src/engine/jobs/explain';
import { predict } from '../../../src/engine/jobs/predict';
import type { Detections } from '../../../src/protocol/detections';
import type { TargetChoice } from '../../../src/protocol/engine';

const root = path.resolve(__dirname, '../../..');
const pack = (name: string): string => path.join(process.env.MODEL_LENS_SHARED ?? path.join(root, '../shared'), 'pack', name);
const both = 'images/gradcam_both.png', fastestDet = 'onnx/coco_fastestdet.onnx', deeplab = 'converted/voc_deeplabv3_mnv2_dequant_fp32.onnx';

describe('engine/detections', function () {
  this.timeout(120_000);
  const engine = new Engine(path.join(root, 'src/engine/main.ts')), signal = new AbortController().signal;
  before(function () {
    if (fs.existsSync(pack(fastestDet))) return;
    console.log(`      skipped: there is no ${pack('')} (set MODEL_LENS_SHARED)`);
    this.skip();
  });
  after(() => engine.close());

  const subject = (model: string, image: string) => ({ model: path.isAbsolute(model) ? model : pack(model), inputs: { '': pack(image) }, device: 'cpu' as const });
  const look = (model: string, image: string): Promise<Detections> => detections(engine, subject(model, image), { signal });
  const ask = async (model: string, image: string, target: TargetChoice | undefined, method = 'grad-cam') => (await explain(engine, { ...subject(model, image), method, target, seed: 0 }, { signal, progress: () => undefined })).result;

  /** Share of the map's positive values whose places, in the picture's pixels, lie inside. */
  const mass = ({ map, record }: Awaited<ReturnType<typeof ask>>, inside: (x: number, y: number) => boolean): number => {
    const { width, height, values } = map!, { left, top, width: wide, height: high } = record.frame!;
    let within = 0, all = 0;
    values.forEach((value, i) => {
      if (!(value > 0)) return;
      all += value;
      if (inside(left + (i % width + 0.5) / width * wide, top + (Math.floor(i / width) + 0.5) / height * high)) within += value;
    });
    return within / all;
  };

  it('FastestDet finds dog and cat, is fed as its author feeds it, and says what it assumes', async () => {
    const found = await look(fastestDet, both), shown = found.boxes.filter(({ score }) => score >= found.threshold);
    assert.deepEqual([found.kind, found.guess, shown[0]!.label, shown[1]!.label], ['boxes', true, 'dog', 'cat']);
    assert.ok(shown[0]!.score > 0.85 && shown[1]!.score > 0.7);
    assert.match(found.words, /Read as FastestDet, a guess, because its one output \[1, 85, 22, 22\] is a grid of stride 16.*COCO labels assumed/);
    assert.match((await predict(engine, subject(fastestDet, both), { signal })).preprocessing[0]!.assumptions.join(), /BGR, 0…1.*usual for FastestDet/);
    for (const [image, label] of [['images/coffee.png', 'cup'], ['images/gradcam_horses.jpg', 'horse']] as const) assert.equal((await look(fastestDet, image)).boxes[0]!.label, label);
  });

  it("a box's target is its score, and its map lies in it", async () => {
    const { boxes } = await look(fastestDet, both);
    for (const box of boxes.slice(0, 2)) {
      const result = await ask(fastestDet, both, box.target), share = mass(result, (x, y) => x >= box.x && y >= box.y && x < box.x + box.width && y < box.y + box.height);
      assert.ok(Math.abs(result.record.target.score - box.score) < 1e-4, `${result.record.target.score}, expected ${box.score}`);
      assert.match(result.record.target.label, new RegExp(`^${box.label}, \\d+×\\d+ at \\d+, \\d+ \\(score 0\\.`));
      console.log(`      grad-cam: ${(100 * share).toFixed(0)} % within the ${box.label}'s box, ${(100 * box.width * box.height / 224 ** 2).toFixed(0)} % of the picture`);
      assert.ok(share > 0.65, `${box.label}: ${share}`);
      assert.deepEqual(result.record.prediction.top.slice(0, 2).map(({ label }) => label), ['dog', 'cat']);
    }
  });

  it('without a target the best box is explained, by a label the best of that class', async () => {
    assert.match((await ask(fastestDet, both, undefined, 'saliency')).record.target.label, /^dog, /);
    assert.match((await ask(fastestDet, both, { class: 'cat' }, 'saliency')).record.target.label, /^cat, /);
    assert.match((await ask(fastestDet, both, { class: 15 }, 'saliency')).record.target.label, /^cat, /);
    await assert.rejects(ask(fastestDet, both, { class: 'zebra' }), /no box of class 'zebra' is found in this picture; there are dog 0\.8\d, cat/);
    await assert.rejects(ask(fastestDet, both, { class: 'unicorn' }), /no class is called 'unicorn'/);
  });

  it('DeepLab: dog and cat, the larger one by itself, the other one by a click; margins lie on the animal', async () => {
    const found = await look(deeplab, both), { mask } = found;
    assert.deepEqual(mask!.classes.map(({ label }) => label), ['background', 'dog', 'cat']);
    assert.ok(Math.abs(mask!.classes[1]!.share - 0.19) < 0.01 && Math.abs(mask!.classes[2]!.share - 0.14) < 0.01);
    const isCat = (x: number, y: number): boolean => mask!.cells[Math.floor(y / 224 * 513) * 513 + Math.floor(x / 224 * 513)] === 8;
    assert.match((await ask(deeplab, both, undefined)).record.target.label, /^dog rather than the next class/);
    const cell = mask!.cells.indexOf(8, 400 * 513), x = cell % 513, y = Math.floor(cell / 513);
    const clicked = await ask(deeplab, both, { class: `${mask!.form}(${mask!.value}, 8, ${x},${y})`, space: 'logit' }), share = mass(clicked, isCat);
    console.log(`      grad-cam: ${(100 * share).toFixed(0)} % on the cat, ${(100 * mask!.classes[2]!.share).toFixed(0)} % of the picture`);
    assert.match(clicked.record.target.label, /^cat rather than the next class, around \d+, \d+/);
    assert.ok(share > 0.8, `${share}`);
    await assert.rejects(ask(deeplab, both, { class: 'bird' }), /bird wins nowhere in 'ArgMax' for this picture; most cells go to background/);
  });

  const others: readonly (readonly [model: string, image: string, kind: string, words: RegExp])[] = [
    ['tfjs/human_nanodet/nanodet.json', both, 'boxes', /NanoDet.*strides 8, 16, 32.*COCO labels assumed/],
    ['onnx/linedet_mlsd_tiny.onnx', 'images/china.jpg', 'lines', /M-LSD.*160×160 centres of lines/],
    ['onnx/portraitseg_sinet.onnx', 'images/astronaut.png', 'mask', /2 scores for each of 320×320 places.*background first\. foreground [345]\d %/],
    ['tfjs/human_meet/meet.json', 'images/astronaut.png', 'mask', /2 scores for each of 256×144 places/],
    ['onnx/ocr_ch_PP-OCRv4_det_infer.onnx', 'images/ocr_line_hello_world_2024.png', 'mask', /one number for each place.*above 0\.5/],
    ['tfjs/human_movenet-lightning/movenet-lightning.json', 'images/astronaut.png', 'lines', /MoveNet.*17 joints/],
    ['keras_dl4j/12net.h5', 'images/astronaut.png', 'boxes', /12-net.*107×107 windows/],
    ['converted/voc_deeplabv3_mnv2_qdq_uint8.onnx', both, 'mask', /dog 1\d %/],
    ['converted/imagenet_squeezenet_fp32.onnx', both, 'none', /Nothing is drawn/],
    ['tfjs/upscalerjs_esrgan_default/model.json', 'images/cnnexplainer_car_1.jpeg', 'none', /no known detector/],
    ['keras/fer2013_mini_xception.hdf5', 'images/astronaut.png', 'none', /Nothing is drawn/],
  ];
  for (const [model, image, kind, words] of others) {
    it(`${model} is read as ${kind}`, async () => {
      const found = await look(model, image);
      assert.equal(found.kind, kind, found.words);
      assert.match(found.words, words);
    });
  }

  it('lines and joints have targets with a gradient', async () => {
    for (const [model, image] of [['onnx/linedet_mlsd_tiny.onnx', 'images/china.jpg'], ['tfjs/human_movenet-lightning/movenet-lightning.json', 'images/astronaut.png']] as const) {
      const { boxes } = await look(model, image), { map, record } = await ask(model, image, boxes[0]!.target, 'saliency');
      assert.ok(Math.abs(record.target.score - boxes[0]!.score) < 1e-4);
      assert.ok(map!.values.some((value) => value !== 0), model);
    }
  });

  it('a sidecar names the classes, sets the threshold, and can say that nothing is a box', async () => {
    const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'lens-detections-')), model = path.join(folder, 'm.onnx');
    try {
      fs.copyFileSync(pack(fastestDet), model);
      const names = Array.from({ length: 80 }, (_, i) => `thing ${i}`);
      fs.writeFileSync(path.join(folder, 'm.lens.json'), JSON.stringify({ outputs: { 758: { kind: 'boxes', format: 'fastestdet', threshold: 0.8, labels: names } } }));
      const found = await look(model, both);
      assert.deepEqual([found.guess, found.threshold, found.boxes[0]!.label], [false, 0.8, 'thing 16']);
      fs.writeFileSync(path.join(folder, 'm.lens.json'), JSON.stringify({ outputs: { 758: { kind: 'scores' } } }));
      assert.match((await look(model, both)).words, /stated to be scores/);
    } finally {
      fs.rmSync(folder, { recursive: true });
    }
  });
});
