/**
 * Lines and limbs.
 *   M-LSD (Gu et al. 2021, arXiv 2106.00186): scores [1, h, w, 1] of line centres, offsets [1, h, w, 4] from a centre to
 *     both ends, in cells
 *   MoveNet (TensorFlow Hub): [1, 1, 17, 3] joints as y, x, score; drawn as the limbs between them
 */
import type { Box, Head, Line, ModelFacts } from '../head';
import { rowMajor, Rows } from '../rows';
import { Collector } from '../suppress';

/** Shortest line that is shown, as a fraction of the picture's side: shorter ones are texture. */
const shortest = 0.03;

export function lineSegments({ outputs }: ModelFacts): Head | undefined {
  if (outputs.length !== 2) return undefined;
  const scores = outputs.find(({ dims }) => dims.length === 4 && dims[0] === 1 && dims[3] === 1), offsets = outputs.find(({ dims }) => dims.length === 4 && dims[0] === 1 && dims[3] === 4);
  if (!scores || !offsets || scores.dims[1] !== offsets.dims[1] || scores.dims[2] !== offsets.dims[2] || scores.dims[1]! < 16) return undefined;
  const [, h, w] = scores.dims as [number, number, number];
  return {
    kind: 'lines', name: 'M-LSD', stated: false, outputs: [scores.name, offsets.name], classes: 1, labels: ['line'], threshold: 0.2, suppress: false,
    because: `'${scores.name}' scores ${w}×${h} centres of lines and '${offsets.name}' holds four offsets to their ends`,
    read: (values, least) => {
      const rows = new Rows(scores, values.get(scores.name)!, rowMajor(h * w, 1)), ends = new Rows(offsets, values.get(offsets.name)!, rowMajor(h * w, 4)), lines = new Collector();
      for (let row = 0; row < h * w; row++) {
        const score = rows.get(row, 0);
        if (!(score >= least) || !lines.wants(score)) continue;
        const x = row % w, y = Math.floor(row / w), line = { x0: (x + ends.get(row, 0)) / w, y0: (y + ends.get(row, 1)) / h, x1: (x + ends.get(row, 2)) / w, y1: (y + ends.get(row, 3)) / h };
        if (Math.hypot(line.x1 - line.x0, line.y1 - line.y0) < shortest) continue;
        lines.add({ ...line, score, classIndex: 0, evidence: rows.element(row, 0), line: true } as Line);
      }
      return { boxes: lines.list(), notes: lines.notes() };
    },
  };
}

/** COCO's 17 joints, and the limbs between them (each named by its outer joint). */
const joints = ['nose', 'left eye', 'right eye', 'left ear', 'right ear', 'left shoulder', 'right shoulder', 'left elbow', 'right elbow', 'left wrist', 'right wrist', 'left hip', 'right hip', 'left knee', 'right knee', 'left ankle', 'right ankle'];
const limbs: readonly (readonly [from: number, to: number])[] = [[0, 1], [0, 2], [1, 3], [2, 4], [0, 0], [6, 5], [5, 6], [5, 7], [6, 8], [7, 9], [8, 10], [5, 11], [6, 12], [11, 13], [12, 14], [13, 15], [14, 16]];

export function pose({ outputs }: ModelFacts): Head | undefined {
  const output = outputs.length === 1 && outputs[0]!.dims.join() === '1,1,17,3' ? outputs[0]! : undefined;
  if (!output) return undefined;
  return {
    kind: 'lines', name: 'MoveNet', stated: false, outputs: [output.name], classes: 17, labels: joints, threshold: 0.2, suppress: false,
    because: `output '${output.name}' [1, 1, 17, 3] holds place and score of 17 joints`,
    read: (values, least) => {
      const rows = new Rows(output, values.get(output.name)!, rowMajor(17, 3)), lines = new Collector();
      for (const [from, to] of limbs) {
        const score = rows.get(to, 2), start = rows.get(from, 2) >= least ? from : to;
        if (!(score >= least)) continue;
        const line: Box & { line: true } = { x0: rows.get(start, 1), y0: rows.get(start, 0), x1: rows.get(to, 1), y1: rows.get(to, 0), score, classIndex: to, evidence: rows.element(to, 2), line: true };
        lines.add(line);
      }
      return { boxes: lines.list(), notes: lines.notes() };
    },
  };
}
