/**
 * YOLO heads as the network leaves them: one output for every grid, offsets and logarithms relative to anchors.
 *   v2: [1, A(5 + C), H, W], σ offsets, exp sizes in cells, classes by softmax (Redmon & Farhadi 2016, arXiv 1612.08242)
 *   v3, v4: [1, 3(5 + C), H, W], σ offsets, exp sizes in pixels, classes by sigmoid (arXiv 1804.02767)
 *   v5, v7: [1, 3, H, W, 5 + C], 2σ − ½ offsets, (2σ)² sizes
 * Anchors are not in the file: they are those the authors published for COCO or VOC.
 */
import type { Head, ModelFacts, OutputFacts, Reading, Values } from '../head';
import { sigmoid } from '../head';
import { gridRows, Rows } from '../rows';
import { Collector } from '../suppress';
import { exclusiveScores, objectScores } from './scores';

/** Widths and heights in pixels, by version and stride. */
const anchors5: Readonly<Record<number, readonly number[]>> = {
  8: [10, 13, 16, 30, 33, 23], 16: [30, 61, 62, 45, 59, 119], 32: [116, 90, 156, 198, 373, 326],
};
const anchorsTiny3: Readonly<Record<number, readonly number[]>> = { 16: [10, 14, 23, 27, 37, 58], 32: [81, 82, 135, 169, 344, 319] };
/** In cells, five a grid. */
const anchors2: Readonly<Record<number, readonly number[]>> = {
  20: [1.08, 1.19, 3.42, 4.41, 6.63, 11.38, 9.42, 5.11, 16.62, 10.52],
  80: [0.57273, 0.677385, 1.87446, 2.06253, 3.33843, 5.47434, 7.88282, 3.52778, 9.77052, 9.16828],
};

interface Grid {
  readonly output: OutputFacts;
  readonly form: 'AKHW' | 'AHWK' | 'HWAK';
  readonly height: number;
  readonly width: number;
  readonly stride: number;
  readonly anchors: number;
  readonly channels: number;
}

export function yoloGrid(facts: ModelFacts): Head | undefined {
  const grids = facts.outputs.flatMap((output) => gridOf(output, facts) ?? []);
  if (!grids.length || new Set(grids.map(({ channels, form }) => `${channels} ${form}`)).size > 1 || new Set(grids.map(({ stride }) => stride)).size < grids.length) return undefined;
  const { channels, anchors, form } = grids[0]!, classes = channels - 5;
  const version = anchors === 5 ? 2 : form === 'AHWK' ? 5 : 3;
  const known = version === 2 ? anchors2[classes] && grids.length === 1 : tableFor(version, grids) && grids.length > 1;
  if (!known) return undefined;
  const name = version === 2 ? 'YOLOv2' : version === 3 ? 'YOLOv3 or v4' : 'YOLOv5 or v7';
  return {
    kind: 'boxes', name: `${name} grids`, stated: grids[0]!.output.stated?.format === 'yolo-grid',
    because: `${grids.length === 1 ? 'the output is a grid' : `the outputs are grids of strides ${grids.map(({ stride }) => stride).join(', ')}`} with ${anchors} anchors × (5 + ${classes}) numbers a cell; the anchors are taken from its authors' publication, since the file does not hold them`,
    outputs: grids.map(({ output }) => output.name), classes, threshold: 0.25, suppress: true,
    read: (values, least) => read(grids, version, values, facts, least),
  };
}

function tableFor(version: number, grids: readonly Grid[]): Readonly<Record<number, readonly number[]>> | undefined {
  const strides = grids.map(({ stride }) => stride);
  const table = version === 3 && grids.length === 2 ? anchorsTiny3 : anchors5;
  return strides.every((stride) => table[stride]) ? table : undefined;
}

function gridOf(output: OutputFacts, facts: ModelFacts): Grid | undefined {
  const { dims } = output;
  if (dims[0] !== 1) return undefined;
  const strideOf = (height: number, width: number): number | undefined => {
    const stride = facts.height / height;
    return [8, 16, 32, 64].includes(stride) && facts.width / width === stride ? stride : undefined;
  };
  if (dims.length === 5 && dims[1] === 3 && dims[4]! > 5) {
    const stride = strideOf(dims[2]!, dims[3]!);
    return stride === undefined ? undefined : { output, form: 'AHWK', height: dims[2]!, width: dims[3]!, stride, anchors: 3, channels: dims[4]! };
  }
  if (dims.length !== 4) return undefined;
  for (const [form, count, height, width] of [['AKHW', dims[1]!, dims[2]!, dims[3]!], ['HWAK', dims[3]!, dims[1]!, dims[2]!]] as const) {
    const stride = strideOf(height, width);
    if (stride === undefined) continue;
    if (count % 3 === 0 && count / 3 > 5) return { output, form, height, width, stride, anchors: 3, channels: count / 3 };
    if (count % 5 === 0 && anchors2[count / 5 - 5]) return { output, form, height, width, stride, anchors: 5, channels: count / 5 };
  }
  return undefined;
}

function read(grids: readonly Grid[], version: number, values: ReadonlyMap<string, Values>, facts: ModelFacts, least: number): Reading {
  const boxes = new Collector(), notes = new Set<string>(), table = version === 2 ? undefined : tableFor(version, grids)!;
  for (const { output, form, height, width, stride, anchors, channels } of grids) {
    const rows = new Rows(output, values.get(output.name)!, gridRows(form, anchors, channels, height, width)), cells = height * width;
    const classes = channels - 5, sizes = version === 2 ? anchors2[classes]!.map((size) => size * stride) : table![stride]!;
    const both = objectScores(rows, 4, 5, classes), softmax = version === 2 ? exclusiveScores(rows, 5, classes, undefined) : undefined;
    for (const note of both.notes) notes.add(note);
    // Exports that end in a sigmoid have done the first step already.
    const done = version !== 2 && both.notes.length === 0 && rows.range(0).least >= 0, squash = done ? (x: number): number => x : sigmoid;
    for (let row = 0; row < rows.count; row++) {
      const found = softmax ? { ...softmax.of(row), score: sigmoid(rows.get(row, 4)) * softmax.of(row).score } : both.of(row);
      if (!(found.score >= least) || !boxes.wants(found.score)) continue;
      const anchor = Math.floor(row / cells), cell = row % cells, gx = cell % width, gy = Math.floor(cell / width);
      const [tx, ty, tw, th] = [0, 1, 2, 3].map((channel) => rows.get(row, channel)) as [number, number, number, number];
      const cx = (version === 5 ? 2 * squash(tx) - 0.5 : squash(tx)) + gx, cy = (version === 5 ? 2 * squash(ty) - 0.5 : squash(ty)) + gy;
      const size = (t: number, anchorSize: number): number => (version === 5 ? (2 * squash(t)) ** 2 : Math.exp(t)) * anchorSize;
      const w = size(tw, sizes[2 * anchor]!), h = size(th, sizes[2 * anchor + 1]!);
      boxes.add({
        x0: (cx * stride - w / 2) / facts.width, x1: (cx * stride + w / 2) / facts.width, y0: (cy * stride - h / 2) / facts.height, y1: (cy * stride + h / 2) / facts.height,
        score: found.score, classIndex: found.classIndex,
        evidence: softmax ? rows.several('sum', row, [4], [5 + found.classIndex]) : found.evidence(),
        ...(softmax ? { caveat: 'objectness and class score before sigmoid and softmax are explained, added up' } : found.caveat !== undefined && { caveat: found.caveat }),
      });
    }
  }
  return { boxes: boxes.list(), notes: [...notes, ...boxes.notes()] };
}
