/** Boxes and masks for people: in the picture's pixels, with words and with the target that explains each. */
import { nothing } from '../data/detections/segmentation';
import type { Box, Evidence } from '../data/detections/head';
import type { DetectedBox, Detections, MaskClass } from '../protocol/detections';
import type { ClassScore, PictureFrame, Prediction, TargetChoice } from '../protocol/engine';
import type { Prepared } from './prepare';
import { frameOf, pictureInput, type ReadBoxes, type ReadMask, type ReadOutputs } from './readOutputs';

const backgrounds = /^(_*background_*|bg|void|unlabell?ed|nothing|none)$/i;

/** A value's name as target texts take it: in quotes where it holds anything but letters, digits and . : / _ */
export function valueText(name: string): string {
  if (/^[\w.:/]+$/.test(name)) return name;
  return name.includes("'") ? `"${name}"` : `'${name}'`;
}

/** The target that is exactly this evidence. */
export function targetOf({ output, dims, how, factors }: Evidence): TargetChoice {
  const parts = factors.map(({ element, exponent }) => `${valueText(output)}[${unravel(element, dims).join(',')}]${how === 'product' && exponent !== undefined && exponent !== 1 ? `^${exponent}` : ''}`);
  return { class: how === 'element' || parts.length === 1 ? parts[0]! : `${how}(${parts.join(', ')})`, space: 'output' };
}

function unravel(element: number, dims: readonly number[]): number[] {
  const out: number[] = [];
  let rest = element;
  for (let axis = dims.length - 1; axis >= 0; axis--) {
    out.unshift(rest % dims[axis]!);
    rest = Math.floor(rest / dims[axis]!);
  }
  return out;
}

export function labelIn({ labels }: Pick<ReadBoxes | ReadMask, 'labels'>, index: number): string {
  return labels?.[index] ?? `class ${index}`;
}

/** In the picture's pixels, cut to the picture. */
export function boxIn(frame: PictureFrame, read: ReadBoxes, box: Box): DetectedBox {
  const x = (u: number): number => clamp(frame.left + u * frame.width, frame.sourceWidth), y = (v: number): number => clamp(frame.top + v * frame.height, frame.sourceHeight);
  const [x0, y0, x1, y1] = [x(box.x0), y(box.y0), x(box.x1), y(box.y1)];
  return {
    x: Math.min(x0, x1), y: Math.min(y0, y1), width: Math.abs(x1 - x0), height: Math.abs(y1 - y0), ...(read.kind === 'lines' && { line: [x0, y0, x1, y1] as const }),
    score: box.score, label: labelIn(read, box.classIndex), classIndex: box.classIndex, target: targetOf(box.evidence), explains: explains(box),
  };
}

function explains({ evidence: { how, factors }, caveat }: Box): string {
  if (caveat !== undefined) return caveat;
  if (how === 'element') return 'the score of this box is explained';
  const powers = factors.some(({ exponent }) => exponent !== undefined && exponent !== 1);
  return `the score of this box is explained: its objectness${powers ? ` to the power ${factors[0]!.exponent ?? 1}` : ''} times its class score${powers ? ` to the power ${factors[1]!.exponent ?? 1}` : ''}`;
}

const clamp = (value: number, most: number): number => Math.min(most, Math.max(0, value));

/** How clearly a class wins, where there are others to win against. */
export function maskForm({ classes }: ReadMask): 'margin' | 'region' {
  return classes > 1 ? 'margin' : 'region';
}

/** Classes of a mask that win somewhere, largest first. */
export function classesIn(read: ReadMask): MaskClass[] {
  const counts = new Map<number, number>(), { cells } = read.mask, value = valueText(read.head.output);
  for (const index of cells) if (index !== nothing) counts.set(index, (counts.get(index) ?? 0) + 1);
  // Where nobody names the classes and there are several, the first one is taken as what is not looked for.
  const background = (index: number): boolean => (read.labels?.[index] !== undefined ? backgrounds.test(read.labels[index].trim()) : read.labels === undefined && index === 0 && read.classes > 1);
  return [...counts].sort((a, b) => b[1] - a[1]).map(([index, count]) => ({
    index, label: labelIn(read, index), share: count / cells.length, background: background(index), target: { class: `${maskForm(read)}(${value}, ${index})`, space: 'logit' },
  }));
}

/** All that is read, for a page and for the terminal. */
export function detected(prepared: Prepared, read: ReadOutputs): Detections {
  if (read.kind === 'none') return { kind: 'none', words: `Nothing is drawn: ${read.why}.`, guess: false, threshold: 0, boxes: [] };
  const input = pictureInput(prepared)!, frame = frameOf(input), common = { guess: !read.head.stated, ...(input.frame && { frame: input.frame }) };
  const as = `Read as ${read.head.name}, ${read.head.stated ? 'as stated' : 'a guess'}, because ${read.head.because}.`;
  const names = read.labelSource === null ? 'Its classes have no names.' : read.labelSource === 'by the kind of model' ? '' : `Class names: ${read.labelSource}.`;
  if (read.kind === 'mask') {
    const classes = classesIn(read), found = classes.filter(({ background }) => !background);
    const words = [as, names, ...read.mask.notes.map(sentence), found.length ? `${found.slice(0, 5).map(({ label, share }) => `${label} ${percent(share)}`).join(', ')} of the places.` : 'No class but the background wins anywhere.'];
    return { kind: 'mask', words: words.filter(Boolean).join(' '), threshold: 0, boxes: [], mask: { width: read.mask.width, height: read.mask.height, cells: read.mask.cells, classes, value: valueText(read.head.output), form: maskForm(read) }, ...common };
  }
  const boxes = read.boxes.map((box) => boxIn(frame, read, box)), shown = boxes.filter(({ score }) => score >= read.threshold);
  const what = read.kind === 'lines' ? ['line', 'lines'] : ['box', 'boxes'];
  const count = `${shown.length === 0 ? `No ${what[0]}` : shown.length === 1 ? `1 ${what[0]}` : `${shown.length} ${what[1]}`} with a score of at least ${read.threshold}${shown.length === 0 && boxes[0] ? `; the best has ${boxes[0].score.toFixed(2)} (${boxes[0].label})` : ''}.`;
  return { kind: read.kind, words: [as, names, ...read.notes.map(sentence), count].filter(Boolean).join(' '), threshold: read.threshold, boxes, ...common };
}

function sentence(text: string): string {
  return `${text.charAt(0).toUpperCase()}${text.slice(1)}.`;
}

export function percent(share: number): string {
  return `${(100 * share).toFixed(share < 0.1 ? 1 : 0)} %`;
}

/** What is predicted, class by class: the best box's score, or the share of the mask. */
export function predictionOf(read: ReadBoxes | ReadMask, top: number): Prediction {
  const rows = read.kind === 'mask' ? classesIn(read).map(({ index, share }) => [index, share] as const)
    : [...new Map(read.boxes.toReversed().map(({ classIndex, score }) => [classIndex, score] as const))].sort((a, b) => b[1] - a[1]);
  const shown = ([index, value]: readonly [number, number]): ClassScore => ({ index, label: labelIn(read, index), value, probability: null, logit: null });
  return {
    output: read.kind === 'mask' ? read.head.output : read.head.outputs[0]!, kind: 'scores', classes: read.kind === 'mask' ? read.classes : read.head.classes,
    top: rows.slice(0, top).map(shown), entropy: null, margin: null, labelSource: read.labelSource,
  };
}
