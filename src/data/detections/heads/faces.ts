/**
 * Face detectors with grids of their own.
 *   BlazeFace (Bazarevsky et al. 2019, arXiv 1907.05047): 896 anchors on 128×128, [1, 896, 16] in pixels and [1, 896, 1]
 *   MTCNN's P-Net and other 12-nets (Zhang et al. 2016): [1, h, w, 2] face or not, [1, h, w, 4] shifts of a 12×12 window
 *   SCRFD (Guo et al. 2021, arXiv 2105.04714) and YuNet: one score, box and landmark output for each stride
 */
import type { Box, Head, ModelFacts, OutputFacts, Reading } from '../head';
import { sigmoid } from '../head';
import { rowMajor, Rows } from '../rows';
import { Collector } from '../suppress';
import { areProbabilities, classScores, exclusiveScores } from './scores';

const face = { kind: 'boxes', classes: 1, labels: ['face'], stated: false, suppress: true } as const;

export function blazeFace({ outputs, width, height }: ModelFacts): Head | undefined {
  const places = outputs.find(({ dims }) => dims.length === 3 && dims[1] === 896 && dims[2] === 16), scores = outputs.find(({ dims }) => dims.length === 3 && dims[1] === 896 && dims[2] === 1);
  if (!places || !scores || width !== 128 || height !== 128) return undefined;
  return {
    ...face, name: 'BlazeFace', outputs: [scores.name, places.name], threshold: 0.5, because: 'it has 896 candidates of 16 numbers on 128×128 pixels',
    read: (values, least) => {
      const rows = new Rows(scores, values.get(scores.name)!, rowMajor(896, 1)), at = new Rows(places, values.get(places.name)!, rowMajor(896, 16)), scorer = classScores(rows, 0, 1);
      return collect(896, scorer.notes, least, (row) => {
        const { score, evidence, caveat } = scorer.of(row), large = row >= 512, anchor = large ? Math.floor((row - 512) / 6) : row >> 1, side = large ? 8 : 16;
        const cx = (anchor % side + 0.5) / side + at.get(row, 0) / 128, cy = (Math.floor(anchor / side) + 0.5) / side + at.get(row, 1) / 128, w = at.get(row, 2) / 128, h = at.get(row, 3) / 128;
        return { ...around(cx, cy, w, h), score, classIndex: 0, evidence: evidence(), ...(caveat !== undefined && { caveat }) };
      });
    },
  };
}

export function twelveNet({ outputs, width, height }: ModelFacts): Head | undefined {
  if (outputs.length !== 2) return undefined;
  const last = (output: OutputFacts): number => output.dims.at(-1)!;
  const scores = outputs.find((output) => output.dims.length === 4 && last(output) === 2), shifts = outputs.find((output) => output.dims.length === 4 && last(output) === 4);
  if (!scores || !shifts) return undefined;
  const [, h, w] = scores.dims as [number, number, number];
  // Windows of 12 pixels every second pixel: (side − 12) / 2 + 1, give or take rounding.
  const fits = (cells: number, side: number): boolean => Math.abs((cells - 1) * 2 + 12 - side) <= 2;
  if (shifts.dims[1] !== h || shifts.dims[2] !== w || !fits(h, height) || !fits(w, width)) return undefined;
  return {
    ...face, name: 'a 12-net (P-Net)', outputs: [scores.name, shifts.name], threshold: 0.7,
    because: `it says face or not for ${w}×${h} windows of 12 pixels, every second pixel; at this size it finds faces of about ${Math.round(1200 / Math.max(width, height))} % of the picture's longer side only`,
    read: (values, least) => {
      const rows = new Rows(scores, values.get(scores.name)!, rowMajor(h * w, 2)), by = new Rows(shifts, values.get(shifts.name)!, rowMajor(h * w, 4)), scorer = exclusiveScores(rows, 0, 2, 'first');
      return collect(h * w, scorer.notes, least, (row) => {
        const { score, evidence, caveat } = scorer.of(row), x = (row % w) * 2, y = Math.floor(row / w) * 2;
        return {
          x0: (x + 12 * by.get(row, 0)) / width, y0: (y + 12 * by.get(row, 1)) / height, x1: (x + 12 + 12 * by.get(row, 2)) / width, y1: (y + 12 + 12 * by.get(row, 3)) / height,
          score, classIndex: 0, evidence: evidence(), ...(caveat !== undefined && { caveat }),
        };
      });
    },
  };
}

interface FaceLevel { readonly stride: number; readonly columns: number; readonly anchors: number; readonly score: OutputFacts; readonly box: OutputFacts; readonly object?: OutputFacts }

export function stridedFaces({ outputs, width, height }: ModelFacts): Head | undefined {
  const named = (pattern: RegExp, stride: number): OutputFacts | undefined => outputs.find(({ name }) => pattern.test(name) && new RegExp(`(^|\\D)${stride}$`).test(name));
  const yuNet = outputs.some(({ name }) => /^obj_\d+$/.test(name));
  const levels: FaceLevel[] = [];
  for (const stride of [8, 16, 32]) {
    const score = named(yuNet ? /^cls_/ : /^score_/, stride), box = named(/^bbox_/, stride), object = yuNet ? named(/^obj_/, stride) : undefined;
    if (!score || !box || (yuNet && !object)) return undefined;
    const columns = Math.ceil(width / stride), cells = columns * Math.ceil(height / stride), anchors = score.dims.reduce((product, dim) => product * dim, 1) / cells;
    if (!Number.isInteger(anchors) || anchors < 1 || anchors > 4) return undefined;
    levels.push({ stride, columns, anchors, score, box, ...(object && { object }) });
  }
  return {
    ...face, name: yuNet ? 'YuNet' : 'SCRFD', stated: true, outputs: levels.flatMap(({ score, box, object }) => [score.name, box.name, ...(object ? [object.name] : [])]), threshold: yuNet ? 0.6 : 0.5,
    because: `its outputs are called ${levels.map(({ score, box }) => `'${score.name}', '${box.name}'`).join(', ')}`,
    read: (values, least) => {
      const boxes: Box[] = [], notes: string[] = [];
      for (const { stride, columns, anchors, score, box, object } of levels) {
        const count = score.dims.reduce((product, dim) => product * dim, 1), rows = new Rows(score, values.get(score.name)!, rowMajor(count, 1)), by = new Rows(box, values.get(box.name)!, rowMajor(count, 4));
        const objects = object && new Rows(object, values.get(object.name)!, rowMajor(count, 1)), probable = areProbabilities(rows, 0, 1);
        const reading = collect(count, [], least, (row) => {
          const cell = Math.floor(row / anchors), x = cell % columns, y = Math.floor(cell / columns), own = probable ? rows.get(row, 0) : sigmoid(rows.get(row, 0));
          const [a, b, c, d] = [0, 1, 2, 3].map((channel) => by.get(row, channel)) as [number, number, number, number];
          const corners = object ? around((x + a) * stride / width, (y + b) * stride / height, Math.exp(c) * stride / width, Math.exp(d) * stride / height)
            : { x0: (x - a) * stride / width, y0: (y - b) * stride / height, x1: (x + c) * stride / width, y1: (y + d) * stride / height };
          return { ...corners, score: objects ? Math.sqrt(clamp(own) * clamp(objects.get(row, 0))) : own, classIndex: 0, evidence: rows.element(row, 0), ...(object && { caveat: 'the face score without the objectness beside it is explained' }) };
        });
        boxes.push(...reading.boxes);
        notes.push(...reading.notes);
      }
      return { boxes, notes };
    },
  };
}

const clamp = (value: number): number => Math.min(1, Math.max(0, value));

function around(cx: number, cy: number, w: number, h: number): Pick<Box, 'x0' | 'y0' | 'x1' | 'y1'> {
  return { x0: cx - w / 2, y0: cy - h / 2, x1: cx + w / 2, y1: cy + h / 2 };
}

function collect(count: number, notes: readonly string[], least: number, boxAt: (row: number) => Box): Reading {
  const boxes = new Collector();
  for (let row = 0; row < count; row++) {
    const box = boxAt(row);
    if (box.score >= least && boxes.wants(box.score)) boxes.add(box);
  }
  return { boxes: boxes.list(), notes: [...notes, ...boxes.notes()] };
}
