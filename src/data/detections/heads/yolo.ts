/**
 * YOLO heads that come as one list of candidates: centre, width and height, then scores.
 *   v8 … v11 (Ultralytics): [1, 4 + C, N], no objectness; [1, N, 4 + C] in some exports
 *   v3 … v5, v7 with their decoding in the graph: [1, N, 5 + C], three anchors a cell
 *   v6, YOLOX: [1, N, 5 + C], one candidate a cell; YOLOX also without its decoding (Ge et al. 2021, arXiv 2107.08430)
 */
import type { Head, ModelFacts, OutputFacts, Reading, Values } from '../head';
import { channelMajor, rowMajor, Rows, type RowsLayout } from '../rows';
import { cellsOf, levelsFor, type Level } from '../strides';
import { Collector } from '../suppress';
import { classScores, objectScores, type Scorer } from './scores';

interface Form {
  readonly output: OutputFacts;
  readonly layout: RowsLayout;
  readonly objectness: boolean;
  readonly classes: number;
  readonly levels?: readonly Level[];
  readonly anchors?: number;
}

/** Classes some data set has: what tells 84 = 4 + 80 from 85 = 5 + 80 where nobody gave names. */
const usualClasses: ReadonlySet<number> = new Set([80, 20, 1, 365, 600]);

export function yolo(facts: ModelFacts): Head | undefined {
  const form = formOf(facts);
  if (!form) return undefined;
  const { output, objectness, classes, levels, anchors } = form, ultralytics = /ultralytics/i.test(facts.metadata.get('author') ?? facts.metadata.get('description') ?? '');
  const name = !objectness ? 'YOLOv8 … v11' : anchors === 1 ? 'YOLOX or YOLOv6' : 'YOLOv3 … v7';
  const stated = output.stated?.format !== undefined || ultralytics;
  const shape = `output '${output.name}' [${output.dims.join(', ')}] holds ${form.layout.count} candidates${levels ? `, as many as the grids of strides ${levels.map(({ stride }) => stride).join(', ')} have${anchors === 1 ? '' : ` with ${anchors} anchors a cell`}` : ''}, with 4 coordinates${objectness ? ', an objectness' : ''} and ${classes} classes each`;
  return {
    kind: 'boxes', name, because: ultralytics ? `${shape}, and the file says it is an Ultralytics model` : shape, stated,
    outputs: [output.name], classes, threshold: 0.25, suppress: true,
    read: (values, least) => read(form, values.get(output.name)!, facts, least),
  };
}

function formOf(facts: ModelFacts): Form | undefined {
  const format = facts.outputs.find(({ stated }) => stated?.format)?.stated?.format;
  const protos = facts.outputs.find(({ dims }) => dims.length === 4 && dims[1] !== undefined && dims[1] <= 64 && dims[2]! > 8 && dims[3]! > 8)?.dims[1] ?? 0;
  for (const output of facts.outputs) {
    const { dims } = output;
    if (dims.length !== 3 || dims[0] !== 1) continue;
    const [, a, b] = dims as [number, number, number], channelsFirst = b > a, count = Math.max(a, b), channels = Math.min(a, b);
    if (channels < 5 || count < 16) continue;
    const found = levelsFor(count, facts.height, facts.width, channelsFirst ? [1, 3] : [3, 1]);
    const task = facts.metadata.get('task'), keypoints = task === 'pose' ? (facts.metadata.get('kpt_shape')?.match(/\d+/g) ?? []).map(Number).reduce((product, n) => product * n, 1) : 0;
    const extra = task === 'obb' ? 1 : keypoints > 1 ? keypoints : protos > 0 && protos + 5 <= channels && facts.outputs.length > 1 ? protos : 0;
    const named = output.labels?.length ?? facts.labels?.length, rest = channels - 4 - extra;
    if (!found && format !== 'yolo5' && format !== 'yolo8' && format !== 'yolox' && !(named !== undefined && (rest === named || rest === named + 1))) continue;
    const objectness = format !== undefined ? format !== 'yolo8'
      : named === rest ? false : named === rest - 1 ? true
      : channelsFirst ? false : !(found?.anchors === 1 && usualClasses.has(rest) && !usualClasses.has(rest - 1));
    const classes = rest - (objectness ? 1 : 0);
    if (classes < (objectness ? 0 : 1)) continue;
    return { output, layout: channelsFirst ? channelMajor(count, channels) : rowMajor(count, channels), objectness, classes, levels: found?.levels, anchors: found?.anchors };
  }
  return undefined;
}

function read(form: Form, values: Values, { width, height }: ModelFacts, least: number): Reading {
  const rows = new Rows(form.output, values, form.layout), boxes = new Collector(), notes: string[] = [];
  const scorer: Scorer = form.objectness ? objectScores(rows, 4, 5, form.classes) : classScores(rows, 4, form.classes);
  // Undecoded YOLOX: offsets in cells and logarithms of sizes in cells, so widths of small things are below zero.
  const raw = form.anchors === 1 && form.levels !== undefined && rows.range(2).least < 0 && Math.max(rows.range(0).largest, rows.range(1).largest) < 64;
  const fractions = !raw && Math.max(rows.range(0).largest, rows.range(1).largest, rows.range(2).largest) <= 2;
  if (raw) notes.push('sizes below zero: the coordinates are offsets and logarithms within the grids, as YOLOX without its decoding has them');
  if (fractions) notes.push('no coordinate is above 2, so they are fractions of the picture');
  const sx = fractions ? 1 : 1 / width, sy = fractions ? 1 : 1 / height;
  const take = (row: number, cx: number, cy: number, w: number, h: number): void => {
    const { score, classIndex, evidence, caveat } = scorer.of(row);
    if (!(score >= least) || !boxes.wants(score)) return;
    boxes.add({ x0: (cx - w / 2) * sx, y0: (cy - h / 2) * sy, x1: (cx + w / 2) * sx, y1: (cy + h / 2) * sy, score, classIndex, evidence: evidence(), ...(caveat !== undefined && { caveat }) });
  };
  if (raw) {
    for (const { row, x, y, stride } of cellsOf(form.levels, 1)) take(row, (rows.get(row, 0) + x) * stride, (rows.get(row, 1) + y) * stride, Math.exp(rows.get(row, 2)) * stride, Math.exp(rows.get(row, 3)) * stride);
  } else {
    for (let row = 0; row < rows.count; row++) take(row, rows.get(row, 0), rows.get(row, 1), rows.get(row, 2), rows.get(row, 3));
  }
  return { boxes: boxes.list(), notes: [...scorer.notes, ...notes, ...boxes.notes()] };
}
