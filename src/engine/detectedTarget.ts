/** Which box or region is explained, where somebody names a class or nothing at all. */
import type { Box } from '../data/detections/head';
import type { TargetChoice } from '../protocol/engine';
import { LensError } from '../protocol/rpc';
import { findClass } from './classes';
import { boxIn, classesIn, labelIn, percent, predictionOf, targetOf } from './detected';
import type { Prepared } from './prepare';
import { frameOf, pictureInput, type ReadBoxes, type ReadMask, type ReadOutputs } from './readOutputs';

/**
 * @param wanted a class by index or label; undefined: the best box, or the class that covers most of the picture
 *   (the background only if nothing else is there).
 * @throws LensError naming the classes that are there.
 */
export function detectedTarget(read: ReadBoxes | ReadMask, prepared: Prepared, wanted: number | string | undefined): TargetChoice {
  const output = read.kind === 'mask' ? read.head.output : read.head.outputs[0]!, classes = read.kind === 'mask' ? read.classes : read.head.classes;
  const port = prepared.model.outputs.find(({ name }) => name === output)!;
  const index = wanted === undefined ? undefined : findClass({ labels: read.labels, port }, Math.max(classes, read.labels?.length ?? 0), wanted);
  if (read.kind === 'mask') {
    const found = classesIn(read), chosen = index === undefined ? found.find(({ background }) => !background) ?? found[0] : found.find((one) => one.index === index);
    if (chosen) return chosen.target;
    const most = found.slice(0, 3).map(({ label, share }) => `${label} ${percent(share)}`).join(', ');
    throw new LensError('badInput', index === undefined ? `no class wins anywhere in '${output}' for this picture` : `${labelIn(read, index)} wins nowhere in '${output}' for this picture${most ? `; most cells go to ${most}` : ''}`);
  }
  const chosen = index === undefined ? read.boxes[0] : read.boxes.find(({ classIndex }) => classIndex === index);
  if (chosen) return targetOf(chosen.evidence);
  const found = predictionOf(read, 3).top.map(({ label, value }) => `${label} ${value.toFixed(2)}`).join(', '), what = read.kind === 'lines' ? 'line' : 'box';
  const why = read.notes.length ? `: ${read.notes.join('; ')}` : '';
  throw new LensError('badInput', index === undefined ? `no ${what} is found in this picture, so there is none to explain${why}` : `no ${what} of class '${labelIn(read, index)}' is found in this picture${found ? `; there are ${found}` : why}`,
    'choose another picture, check how the picture is prepared, or give an element of the output');
}

/** What a target text explains if it is one of the boxes: 'dog, 96×120 at 30, 40 (score 0.88)'. */
export function boxWords(read: ReadOutputs, prepared: Prepared, text: string): string | undefined {
  if (read.kind === 'none' || read.kind === 'mask') return undefined;
  const box = read.boxes.find(({ evidence }) => targetOf(evidence).class === text.trim());
  return box && wordsOf(read, prepared, box);
}

function wordsOf(read: ReadBoxes, prepared: Prepared, box: Box): string {
  const { x, y, width, height } = boxIn(frameOf(pictureInput(prepared)!), read, box);
  return `${labelIn(read, box.classIndex)}, ${Math.round(width)}×${Math.round(height)} at ${Math.round(x)}, ${Math.round(y)} (score ${box.score.toFixed(2)})`;
}
