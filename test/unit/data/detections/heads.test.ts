/** Every known head decodes a box that was written into it by its authors' formula. */
import assert from 'node:assert/strict';
import type { Box } from '../../../../src/data/detections/head';
import { facts, flat, headOf, read, type Out } from './support';

const logit = (p: number): number => Math.log(p / (1 - p));

function near(box: Box | undefined, [x0, y0, x1, y1]: readonly number[], score: number, classIndex: number): void {
  assert.ok(box, 'there is a box');
  for (const [found, expected, what] of [[box.x0, x0!, 'x0'], [box.y0, y0!, 'y0'], [box.x1, x1!, 'x1'], [box.y1, y1!, 'y1'], [box.score, score, 'score']] as const) assert.ok(Math.abs(found - expected) < 1e-5, `${what} ${found}, expected ${expected}`);
  assert.equal(box.classIndex, classIndex);
}

/** Values of one candidate's numbers, wherever its dims put them. */
const numbers = (place: (channel: number) => readonly number[], values: readonly number[]): Out['at'] => values.map((value, channel) => [place(channel), value] as const);

describe('data/detections: heads', () => {
  it('YOLOv8 … v11: [1, 4 + C, N], the class is the score', () => {
    const dims = [1, 84, 8400], { head, boxes } = read([{ dims, at: [...numbers((c) => [0, c, 77], [320, 160, 64, 32])!, [[0, 4 + 16, 77], 0.9]] }]);
    assert.equal(head.name, 'YOLOv8 … v11');
    assert.deepEqual([head.classes, head.stated, boxes.length], [80, false, 1]);
    near(boxes[0], [288 / 640, 144 / 640, 352 / 640, 176 / 640], 0.9, 16);
    assert.deepEqual(boxes[0]!.evidence, { output: 'out', dims, how: 'element', factors: [{ element: flat([0, 20, 77], dims) }] });
  });

  it('YOLOv8 with masks or keypoints: their numbers are no classes', () => {
    assert.equal(headOf(facts([{ dims: [1, 116, 8400] }, { name: 'protos', dims: [1, 32, 160, 160] }])).classes, 80);
    assert.equal(headOf(facts([{ dims: [1, 56, 8400] }], 640, { task: 'pose', kpt_shape: '[17, 3]', author: 'Ultralytics', names: "{0: 'person'}", stride: '32' })).classes, 1);
  });

  it('YOLOv5: [1, N, 5 + C] with three anchors a cell, objectness times class', () => {
    const dims = [1, 25200, 85], { head, boxes } = read([{ dims, at: [...numbers((c) => [0, 9, c], [100, 200, 40, 80, 0.8])!, [[0, 9, 5 + 2], 0.5]] }]);
    assert.equal(head.name, 'YOLOv3 … v7');
    near(boxes[0], [80 / 640, 160 / 640, 120 / 640, 240 / 640], 0.4, 2);
    assert.deepEqual([boxes[0]!.evidence.how, boxes[0]!.evidence.factors], ['product', [{ element: flat([0, 9, 4], dims) }, { element: flat([0, 9, 7], dims) }]]);
  });

  it('fractions of the picture are told from pixels by their size', () => {
    const { boxes, notes } = read([{ dims: [1, 25200, 85], at: [...numbers((c) => [0, 9, c], [0.5, 0.25, 0.1, 0.2, 1])!, [[0, 9, 5], 0.7]] }]);
    near(boxes[0], [0.45, 0.15, 0.55, 0.35], 0.7, 0);
    assert.match(notes.join(), /fractions/);
  });

  it('YOLOX without its decoding: offsets in cells, logarithms of sizes', () => {
    // Candidate 6400 is the first cell of stride 16.
    const { head, boxes, notes } = read([{ dims: [1, 8400, 85], at: [...numbers((c) => [0, 6400 + 41, c], [0.5, 0.25, Math.log(4), Math.log(2), 0.9])!, [[0, 6441, 5 + 7], 0.8], [[0, 0, 2], -3]] }]);
    assert.equal(head.name, 'YOLOX or YOLOv6');
    // Cell (1, 1) of the 40 × 40 grid.
    near(boxes[0], [(24 - 32) / 640, (20 - 16) / 640, (24 + 32) / 640, (20 + 16) / 640], 0.72, 7);
    assert.match(notes.join(), /YOLOX/);
  });

  it('scores outside of 0…1 are logits, and the sum before the sigmoids is explained', () => {
    const { boxes, notes } = read([{ dims: [1, 25200, 85], fill: -9, at: [...numbers((c) => [0, 3, c], [100, 100, 50, 50, logit(0.9)])!, [[0, 3, 5 + 1], logit(0.8)]] }]);
    near(boxes[0], [75 / 640, 75 / 640, 125 / 640, 125 / 640], 0.72, 1);
    assert.equal(boxes[0]!.evidence.how, 'sum');
    assert.match(`${boxes[0]!.caveat} ${notes.join()}`, /before their sigmoids.*logits/);
  });

  it('YOLOv5 grids: 2σ − ½ and (2σ)² of published anchors', () => {
    const grids = [80, 40, 20].map((side, i): Out => ({ name: `p${i}`, dims: [1, 3, side, side, 85], fill: -12 }));
    const at = numbers((c) => [0, 1, 7, 3, c], [0, 0, 0, 0, logit(0.9)])!;
    const { head, boxes } = read([grids[0]!, { ...grids[1]!, at: [...at, [[0, 1, 7, 3, 5 + 4], logit(0.9)]] }, grids[2]!]);
    assert.equal(head.name, 'YOLOv5 or v7 grids');
    // Stride 16, anchor 62 × 45: σ(0) = ½, so the centre is the cell's middle and the size the anchor's own.
    near(boxes[0], [(56 - 31) / 640, (120 - 22.5) / 640, (56 + 31) / 640, (120 + 22.5) / 640], 0.81, 4);
    assert.match(head.because, /anchors are taken from its authors/);
  });

  it('YOLOv3 grids: σ offsets, exp sizes; YOLOv2: five anchors and a softmax', () => {
    const small = [13, 26].map((side, i): Out => ({ name: `g${i}`, dims: [1, 255, side, side], fill: -12 }));
    const at = numbers((c) => [0, 85 + c, 5, 6], [0, 0, Math.log(2), 0, logit(0.95)])!;
    const { head, boxes } = read([{ ...small[0]!, at: [...at, [[0, 85 + 5 + 11, 5, 6], logit(0.9)]] }, small[1]!], 416);
    assert.equal(head.name, 'YOLOv3 or v4 grids');
    // Tiny: stride 32, second anchor 135 × 169.
    near(boxes[0], [(6.5 * 32 - 135) / 416, (5.5 * 32 - 84.5) / 416, (6.5 * 32 + 135) / 416, (5.5 * 32 + 84.5) / 416], 0.855, 11);
    const two = read([{ dims: [1, 125, 13, 13], fill: -12, at: [...numbers((c) => [0, c, 6, 6], [0, 0, 0, 0, logit(0.9)])!, [[0, 5 + 11, 6, 6], 30]] }], 416);
    assert.equal(two.head.name, 'YOLOv2 grids');
    near(two.boxes[0], [(6.5 - 0.54) / 13, (6.5 - 0.595) / 13, (6.5 + 0.54) / 13, (6.5 + 0.595) / 13], 0.9, 11);
  });

  it('end to end: rows of corners, score and class; rows of zeros are filling', () => {
    const dims = [1, 300, 6], { head, boxes } = read([{ dims, at: numbers((c) => [0, 2, c], [64, 32, 128, 320, 0.75, 5]) }]);
    assert.equal(head.suppress, false);
    assert.equal(boxes.length, 1);
    near(boxes[0], [0.1, 0.05, 0.2, 0.5], 0.75, 5);
    const ssd = read([{ dims: [1, 1, 100, 7], at: numbers((c) => [0, 0, 0, c], [0, 3, 0.6, 0.1, 0.2, 0.3, 0.4]) }], 300);
    near(ssd.boxes[0], [0.1, 0.2, 0.3, 0.4], 0.6, 3);
  });

  it('FastestDet: tanh, σ, and objectness^0.6 · class^0.4', () => {
    const dims = [1, 85, 22, 22], { head, boxes } = read([{ dims, at: [...numbers((c) => [0, c, 8, 12], [0.9, Math.atanh(0.5), Math.atanh(-0.5), logit(0.25), logit(0.5)])!, [[0, 5 + 16, 8, 12], 0.8]] }], 352);
    assert.equal(head.name, 'FastestDet');
    near(boxes[0], [12.5 / 22 - 0.125, 7.5 / 22 - 0.25, 12.5 / 22 + 0.125, 7.5 / 22 + 0.25], 0.9 ** 0.6 * 0.8 ** 0.4, 16);
    assert.deepEqual(boxes[0]!.evidence.factors, [{ element: flat([0, 0, 8, 12], dims), exponent: 0.6 }, { element: flat([0, 21, 8, 12], dims), exponent: 0.4 }]);
    const other = read([{ dims, fill: 7 }], 352);
    assert.deepEqual([other.boxes.length, /no FastestDet head after all/.test(other.notes.join())], [0, true]);
  });

  it('NanoDet: the mean of a distribution of distances, from the middle of a cell', () => {
    const levels = [52, 26, 13].flatMap((side, i): Out[] => [{ name: `c${i}`, dims: [1, side * side, 80] }, { name: `d${i}`, dims: [1, side * side, 44] }]);
    // Sides 1, 2, 3, 4 cells away, each bin certain.
    const sides = [1, 2, 3, 4].map((bin, side) => [[0, 30, side * 11 + bin], 50] as const);
    const { head, boxes } = read(levels.map((out) => (out.name === 'c1' ? { ...out, at: [[[0, 30, 16], 0.7]] } : out.name === 'd1' ? { ...out, at: sides } : out)), 416);
    assert.equal(head.name, 'NanoDet');
    // Cell 30 of 26 × 26 at stride 16: column 4, row 1.
    near(boxes[0], [(72 - 16) / 416, (24 - 32) / 416, (72 + 48) / 416, (24 + 64) / 416], 0.7, 16);
  });

  it('boxes and scores apart: UltraFace, RetinaFace with its priors, DETR', () => {
    const ultra = read([{ name: 'scores', dims: [1, 4420, 2], at: [[[0, 5, 1], 0.9], [[0, 5, 0], 0.1]] }, { name: 'boxes', dims: [1, 4420, 4], at: numbers((c) => [0, 5, c], [0.1, 0.2, 0.3, 0.4]) }], [240, 320]);
    near(ultra.boxes[0], [0.1, 0.2, 0.3, 0.4], 0.9, 0);
    assert.deepEqual(ultra.head.labels, ['face']);
    const count = 16800, retina = read([{ name: 'loc', dims: [1, count, 4], at: numbers((c) => [0, 1, c], [1, 0, 0, 0]) }, { name: 'conf', dims: [1, count, 2], at: [[[0, 1, 1], 0.95]] }, { name: 'landms', dims: [1, count, 10] }]);
    assert.equal(retina.head.name, 'RetinaFace');
    // The second prior of the first cell is 32 wide around (4, 4); one variance to the right.
    near(retina.boxes[0], [(4 + 3.2 - 16) / 640, (4 - 16) / 640, (4 + 3.2 + 16) / 640, (4 + 16) / 640], 0.95, 0);
    const detr = read([{ name: 'logits', dims: [1, 100, 92], at: [[[0, 7, 17], 30]] }, { name: 'pred_boxes', dims: [1, 100, 4], at: numbers((c) => [0, 7, c], [0.5, 0.5, 0.2, 0.4]) }], 800);
    assert.deepEqual([detr.head.name, detr.head.suppress, detr.head.classes], ['DETR', false, 91]);
    near(detr.boxes[0], [0.4, 0.3, 0.6, 0.7], 1, 17);
    const offsets = read([{ name: 'scores', dims: [1, 1917, 91], at: [[[0, 5, 1], 0.9]] }, { name: 'boxes', dims: [1, 1917, 4], at: Array.from({ length: 1917 }, (_, row) => [[0, row, row % 4], row % 3 - 2] as const) }], 300);
    assert.match(offsets.notes.join(), /relative to priors/);
  });

  it('finished boxes of TensorFlow: y before x, classes from 1', () => {
    const { head, boxes } = read([
      { name: 'detection_boxes', dims: [1, 10, 4], at: numbers((c) => [0, 0, c], [0.1, 0.2, 0.3, 0.4]) }, { name: 'detection_scores', dims: [1, 10], at: [[[0, 0], 0.8]] },
      { name: 'detection_classes', dims: [1, 10], at: [[[0, 0], 18]] }, { name: 'num_detections', dims: [1] },
    ], 300);
    assert.equal(head.stated, true);
    near(boxes[0], [0.2, 0.1, 0.4, 0.3], 0.8, 17);
  });

  it('face detectors on grids: BlazeFace, SCRFD, YuNet, a 12-net', () => {
    const blaze = read([{ name: 'regressors', dims: [1, 896, 16], at: numbers((c) => [0, 2, c], [0, 0, 32, 64]) }, { name: 'classificators', dims: [1, 896, 1], fill: -20, at: [[[0, 2, 0], logit(0.9)]] }], 128);
    near(blaze.boxes[0], [1.5 / 16 - 0.125, 0.5 / 16 - 0.25, 1.5 / 16 + 0.125, 0.5 / 16 + 0.25], 0.9, 0);
    const levels = (make: (stride: number, cells: number) => Out[]): Out[] => [8, 16, 32].flatMap((stride) => make(stride, (640 / stride) ** 2));
    const scrfd = read(levels((stride, cells) => [{ name: `score_${stride}`, dims: [cells * 2, 1], ...(stride === 16 && { at: [[[83, 0], 0.8]] as const }) }, { name: `bbox_${stride}`, dims: [cells * 2, 4], ...(stride === 16 && { at: numbers((c) => [83, c], [1, 1, 2, 3])! }) }]));
    // Candidate 83 is the second anchor of cell 41: column 1, row 1 of 40.
    near(scrfd.boxes[0], [0, 0, 48 / 640, 64 / 640], 0.8, 0);
    const yunet = read(levels((stride, cells) => [{ name: `cls_${stride}`, dims: [1, cells, 1], ...(stride === 32 && { at: [[[0, 21, 0], 0.81]] as const }) }, { name: `obj_${stride}`, dims: [1, cells, 1], ...(stride === 32 && { at: [[[0, 21, 0], 1]] as const }) }, { name: `bbox_${stride}`, dims: [1, cells, 4] }]));
    near(yunet.boxes[0], [(32 - 16) / 640, (32 - 16) / 640, (32 + 16) / 640, (32 + 16) / 640], 0.9, 0);
    const twelve = read([{ name: 'a', dims: [1, 107, 107, 2], at: [[[0, 2, 3, 1], 0.95]] }, { name: 'b', dims: [1, 107, 107, 4] }], 224);
    near(twelve.boxes[0], [6 / 224, 4 / 224, 18 / 224, 16 / 224], 0.95, 0);
  });

  it('lines and joints', () => {
    const mlsd = read([{ name: 'scores', dims: [1, 160, 160, 1], at: [[[0, 40, 80, 0], 0.7]] }, { name: 'offsets', dims: [1, 160, 160, 4], at: numbers((c) => [0, 40, 80, c], [-8, 4, 8, -4]) }], 320);
    assert.equal(mlsd.head.kind, 'lines');
    near(mlsd.boxes[0], [72 / 160, 44 / 160, 88 / 160, 36 / 160], 0.7, 0);
    const pose = read([{ dims: [1, 1, 17, 3], at: [...numbers((c) => [0, 0, 5, c], [0.3, 0.4, 0.9])!, ...numbers((c) => [0, 0, 7, c], [0.5, 0.45, 0.8])!] }], 192);
    near(pose.boxes.find(({ classIndex }) => classIndex === 7), [0.4, 0.3, 0.45, 0.5], 0.8, 7);
  });

  it('a statement decides where dims leave it open, and against what they suggest', () => {
    const dims = [1, 50, 6], stated = { kind: 'boxes', format: 'yolo5' } as const;
    assert.equal(headOf(facts([{ dims, stated }])).name, 'YOLOv3 … v7');
    assert.throws(() => headOf(facts([{ dims: [1, 7, 9, 11], stated: { kind: 'boxes', format: 'end-to-end' } }])), /do not have the form of end-to-end/);
    assert.throws(() => headOf(facts([{ dims: [1, 84, 8400], stated: { kind: 'scores' } }])), /stated to be scores/);
  });

  it('numbers that are none, and more candidates than anybody wants, do no harm', () => {
    const broken = read([{ dims: [1, 84, 8400], fill: NaN }]);
    assert.equal(broken.boxes.length, 0);
    const some = read([{ dims: [1, 84, 8400], at: [[[0, 4, 1], 0.9], [[0, 0, 1], NaN], [[0, 2, 1], 5], [[0, 3, 1], 5]] }]);
    assert.deepEqual([some.boxes.length, /1 of the boxes/.test(some.notes.join())], [0, true]);
    const started = performance.now(), flood = read([{ dims: [1, 100_800, 85], fill: 0.9 }], 1280);
    assert.ok(flood.boxes.length <= 2000, `${flood.boxes.length}`);
    assert.ok(performance.now() - started < 5000, 'bounded');
  });
});
