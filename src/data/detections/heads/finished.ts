/**
 * Finished boxes in outputs of their own, told by their names: TensorFlow's object detection (detection_boxes as
 * y0, x0, y1, x1 fractions, classes from 1), torchvision's and others' boxes, labels and scores.
 */
import type { Head, ModelFacts, OutputFacts, Reading, Values } from '../head';
import { rowMajor, Rows } from '../rows';
import { Collector } from '../suppress';
import { areFractions, cornersAt, scaled } from './corners';

export function finished(facts: ModelFacts): Head | undefined {
  const find = (pattern: RegExp): OutputFacts | undefined => facts.outputs.find(({ name }) => pattern.test(name));
  const tensorFlow = find(/detection_boxes/i) !== undefined;
  const boxes = tensorFlow ? find(/(^|[/_:.])detection_boxes/i) : find(/^(boxes|dets|bboxes|pred_boxes)$/i), scores = tensorFlow ? find(/detection_scores/i) : find(/^scores?$/i), labels = tensorFlow ? find(/detection_classes/i) : find(/^(labels|classes|class_ids)$/i);
  if (!boxes || !labels) return undefined;
  const width = boxes.dims.at(-1), count = boxes.dims.at(-2) ?? 0;
  // mmdetection's `dets` hold the score as a fifth number.
  const inside = !scores && width === 5;
  if (!(width === 4 && scores) && !inside || elements(labels.dims) !== count || (scores && elements(scores.dims) !== count)) return undefined;
  const names = labels.labels?.length ?? scores?.labels?.length ?? facts.labels?.length;
  return {
    kind: 'boxes', name: tensorFlow ? "TensorFlow's object detection" : 'a detector with finished boxes', stated: true, classes: names ?? (tensorFlow ? 90 : 80), threshold: 0.4, suppress: false,
    because: `its outputs are called ${[boxes, scores, labels].filter((one) => one !== undefined).map((one) => `'${one.name}'`).join(', ')}`,
    outputs: [(scores ?? boxes).name, boxes.name, labels.name].filter((name, index, all) => all.indexOf(name) === index),
    read: (values, least) => read({ boxes, scores: scores ?? boxes, labels, tensorFlow, width: width! }, values, facts, least),
  };
}

const elements = (dims: readonly number[]): number => dims.reduce((product, dim) => product * dim, 1);

function read({ boxes, scores, labels, tensorFlow, width }: { boxes: OutputFacts; scores: OutputFacts; labels: OutputFacts; tensorFlow: boolean; width: number }, values: ReadonlyMap<string, Values>, facts: ModelFacts, least: number): Reading {
  const count = elements(labels.dims), corners = new Rows(boxes, values.get(boxes.name)!, rowMajor(count, width)), kept = new Collector();
  const rated = scores === boxes ? corners : new Rows(scores, values.get(scores.name)!, rowMajor(count, 1)), classes = values.get(labels.name)!.data, column = scores === boxes ? 4 : 0;
  const fractions = areFractions(corners, 0), first = tensorFlow ? 1 : 0;
  for (let row = 0; row < count; row++) {
    const score = rated.get(row, column), classIndex = Math.round(classes[row]!) - first;
    if (!(score >= least) || !(classIndex >= 0)) continue;
    kept.add({
      ...scaled(cornersAt(corners, row, 0, tensorFlow ? 'y0x0y1x1' : 'x0y0x1y1'), fractions ? 1 : 1 / facts.width, fractions ? 1 : 1 / facts.height),
      score, classIndex, evidence: rated.element(row, column), caveat: 'the row of this box in the list is explained; another box may take it when the picture changes',
    });
  }
  return { boxes: kept.list(), notes: kept.notes() };
}
