/**
 * FastestDet (Xuehao Ma, github.com/dog-qiuqiu/FastestDet): one grid [1, 1 + 4 + C, H, W] without anchors: objectness
 * after its sigmoid, four regression numbers, classes after their softmax. Centre = (cell + tanh) / grid, size = σ,
 * score = objectness^0.6 · class^0.4.
 */
import type { Head, ModelFacts, Reading } from '../head';
import { sigmoid } from '../head';
import { gridRows, Rows } from '../rows';
import { Collector } from '../suppress';
import { areProbabilities } from './scores';

export function fastestDet(facts: ModelFacts): Head | undefined {
  const output = facts.outputs.length === 1 ? facts.outputs[0]! : facts.outputs.find(({ stated }) => stated?.format === 'fastestdet');
  if (!output || output.dims.length !== 4 || output.dims[0] !== 1) return undefined;
  const [, channels, height, width] = output.dims as [number, number, number, number], classes = channels - 5;
  const stride = facts.height / height, stated = output.stated?.format === 'fastestdet';
  if (classes < 1 || facts.width / width !== stride || (!stated && stride !== 16)) return undefined;
  // Anchors would make the channels a multiple of three or five times (5 + C) of a known set: those are YOLO grids.
  const named = output.labels?.length ?? facts.labels?.length;
  if (!stated && classes !== 80 && classes !== named) return undefined;
  return {
    kind: 'boxes', name: 'FastestDet', stated, outputs: [output.name], classes, threshold: 0.5, suppress: true,
    because: `its one output [${output.dims.join(', ')}] is a grid of stride ${stride} with 1 + 4 + ${classes} numbers a cell`,
    read: (values, least) => read(new Rows(output, values.get(output.name)!, gridRows('AKHW', 1, channels, height, width)), { height, width, classes }, least),
  };
}

function read(rows: Rows, { height, width, classes }: { height: number; width: number; classes: number }, least: number): Reading {
  if (!areProbabilities(rows, 0, 1) || !areProbabilities(rows, 5, classes)) {
    return { boxes: [], notes: ['its objectness and class scores are not all within 0…1, so it is no FastestDet head after all, and nothing is drawn'] };
  }
  const boxes = new Collector();
  for (let row = 0; row < rows.count; row++) {
    const object = rows.get(row, 0), { index, value } = rows.best(row, 5, classes), score = object ** 0.6 * value ** 0.4;
    if (!(score >= least) || !boxes.wants(score)) continue;
    const cx = ((row % width) + Math.tanh(rows.get(row, 1))) / width, cy = (Math.floor(row / width) + Math.tanh(rows.get(row, 2))) / height;
    const w = sigmoid(rows.get(row, 3)), h = sigmoid(rows.get(row, 4));
    boxes.add({ x0: cx - w / 2, y0: cy - h / 2, x1: cx + w / 2, y1: cy + h / 2, score, classIndex: index, evidence: rows.several('product', row, [0, 0.6], [5 + index, 0.4]) });
  }
  return { boxes: boxes.list(), notes: boxes.notes() };
}
