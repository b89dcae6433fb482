/**
 * Lists of finished boxes: one row a box with corners, score and class.
 *   [1, K, 6] (or [K, 6]): x0, y0, x1, y1, score, class    YOLOv10 and later end to end, exports with suppression inside
 *   [1, 1, K, 7]: picture, class, score, x0, y0, x1, y1     SSD's DetectionOutput (Caffe, OpenVINO), fractions
 *   [K, 7]: picture, x0, y0, x1, y1, class, score           YOLOv7 end to end
 */
import type { Head, ModelFacts, OutputFacts, Reading, Values } from '../head';
import { rowMajor, Rows } from '../rows';
import { Collector } from '../suppress';
import { areFractions, cornersAt, scaled } from './corners';

interface Columns { readonly box: number; readonly score: number; readonly class: number; readonly name: string }

const most = 1000;

export function endToEnd(facts: ModelFacts): Head | undefined {
  for (const output of facts.outputs) {
    const columns = columnsOf(output, facts);
    if (!columns) continue;
    const { dims } = output, count = dims.at(-2)!;
    return {
      kind: 'boxes', name: columns.name, stated: output.stated?.format === 'end-to-end' || facts.metadata.has('names'), outputs: [output.name], classes: output.labels?.length ?? facts.labels?.length ?? 80, threshold: 0.25, suppress: false,
      because: `output '${output.name}' [${dims.join(', ')}] is a list of ${count} rows of ${dims.at(-1)} numbers, as finished boxes have`,
      read: (values, least) => read(output, columns, values.get(output.name)!, facts, least),
    };
  }
  return undefined;
}

function columnsOf({ dims, stated, dtype }: OutputFacts, facts: ModelFacts): Columns | undefined {
  if (dtype !== 'float32' && dtype !== 'float16') return undefined;
  const width = dims.at(-1), count = dims.at(-2) ?? 0;
  if (dims.length === 4 && dims[0] === 1 && dims[1] === 1 && width === 7 && count <= most) return { box: 3, score: 2, class: 1, name: 'SSD with its DetectionOutput' };
  if (facts.outputs.length > 1 && stated?.format !== 'end-to-end') return undefined;
  const end = dims.length === 3 && dims[0] === 1 && count <= most && count >= 10, list = dims.length === 2;
  if (width === 6 && (end || (list && stated?.format === 'end-to-end') || (list && facts.metadata.has('names')))) return { box: 0, score: 4, class: 5, name: 'a detector with finished boxes (YOLOv10 and later)' };
  if (width === 7 && list && (stated?.format === 'end-to-end' || facts.metadata.has('names'))) return { box: 1, score: 6, class: 5, name: 'YOLOv7 with finished boxes' };
  return undefined;
}

function read(output: OutputFacts, columns: Columns, values: Values, { width, height }: ModelFacts, least: number): Reading {
  const rows = new Rows(output, values, rowMajor(values.data.length / values.dims.at(-1)!, values.dims.at(-1)!)), boxes = new Collector();
  const fractions = areFractions(rows, columns.box);
  for (let row = 0; row < rows.count; row++) {
    const score = rows.get(row, columns.score), classIndex = rows.get(row, columns.class);
    // Lists are filled up with rows of zeros or of class −1.
    if (!(score >= least && score <= 1.0001) || !Number.isInteger(classIndex) || classIndex < 0) continue;
    boxes.add({ ...scaled(cornersAt(rows, row, columns.box, 'x0y0x1y1'), fractions ? 1 : 1 / width, fractions ? 1 : 1 / height), score, classIndex, evidence: rows.element(row, columns.score), caveat: 'the row of this box in the list is explained; another box may take it when the picture changes' });
  }
  return { boxes: boxes.list(), notes: boxes.notes() };
}
