/** A model's outputs for one sample, read as boxes, lines or a mask (data/detections), with the names of their classes. */
import type { Head, Box, ModelFacts, OutputFacts, Values } from '../data/detections/head';
import { namesOfDetector, namesOfSegmenter } from '../data/detections/names';
import { recognise } from '../data/detections/recognise';
import type { Mask, MaskHead } from '../data/detections/segmentation';
import { suppress, strongest, mostBoxes } from '../data/detections/suppress';
import type { PictureFrame } from '../protocol/engine';
import { toFloat32 } from '../tensor/convert';
import type { Tensor } from '../tensor/tensor';
import { classOutputs } from './classes';
import type { PreparedInput } from './inputs';
import type { Prepared } from './prepare';
import { beforeArgMax } from './targetValue';

/** Overlap above which the weaker of two boxes of a class is dropped. */
const mostOverlap = 0.45;

interface Named {
  readonly labels?: readonly string[];
  /** Where the names come from; null: there are none. */
  readonly labelSource: string | null;
}

export interface ReadBoxes extends Named {
  readonly kind: 'boxes' | 'lines';
  readonly head: Head;
  readonly threshold: number;
  /** By falling score, after suppression. */
  readonly boxes: readonly Box[];
  readonly notes: readonly string[];
}

export interface ReadMask extends Named {
  readonly kind: 'mask';
  readonly head: MaskHead;
  readonly mask: Mask;
  readonly classes: number;
}

export type ReadOutputs = ReadBoxes | ReadMask | { readonly kind: 'none'; readonly why: string };

/** The picture the model sees. */
export function pictureInput({ inputs }: Pick<Prepared, 'inputs'>): (PreparedInput & Required<Pick<PreparedInput, 'image'>>) | undefined {
  return inputs.find((input): input is PreparedInput & Required<Pick<PreparedInput, 'image'>> => input.image !== undefined && input.tensor.dims.length === 4);
}

/** Size of the picture the model sees, in its pixels. */
export function viewSize({ tensor: { dims }, image }: Required<Pick<PreparedInput, 'image'>> & PreparedInput): { readonly width: number; readonly height: number } {
  return image.layout === 'NCHW' ? { height: dims[2]!, width: dims[3]! } : { height: dims[1]!, width: dims[2]! };
}

/** The part of the picture the model sees; of an exact tensor all of it, in its own pixels. */
export function frameOf(input: PreparedInput & Required<Pick<PreparedInput, 'image'>>): PictureFrame {
  const { width, height } = viewSize(input);
  return input.frame ?? { sourceWidth: width, sourceHeight: height, left: 0, top: 0, width, height };
}

/**
 * Recognises by form first, and runs the model only if that leaves a way to read it (or dims are not known before).
 * @param least score down to which boxes are kept.
 */
export async function readOutputs(prepared: Prepared, least: number): Promise<ReadOutputs> {
  const input = pictureInput(prepared);
  if (!input) return { kind: 'none', why: 'the model takes no picture, so its outputs are not read as boxes or a mask' };
  const { model, feeds } = prepared;
  const ports = model.outputs.filter(({ dtype }) => dtype !== 'string');
  const known = ports.map(({ name }) => model.typeOf(name)).every((type) => type?.kind === 'tensor' && type.dims?.every((dim) => typeof dim === 'number'));
  let tensors: Readonly<Record<string, Tensor>> | undefined = known ? undefined : await model.run(feeds, ports.map(({ name }) => name));
  const facts = factsOf(prepared, viewSize(input), tensors), head = recognise(facts);
  if (head.kind === 'none') return head;
  if (isFeatures(prepared, head)) return { kind: 'none', why: 'the model returns a row of class scores for the whole picture' };
  const wanted = head.kind === 'mask' ? [head.output] : [...head.outputs];
  tensors ??= await model.run(feeds, wanted);
  const values = new Map<string, Values>(wanted.map((name) => [name, { dims: tensors[name]!.dims, data: toFloat32(tensors[name]!) }]));
  if (head.kind === 'mask') return readMask(prepared, head, values.get(head.output)!);
  const reading = head.read(values, least), boxes = head.suppress ? suppress(reading.boxes, mostOverlap) : strongest(reading.boxes, mostBoxes);
  const threshold = facts.outputs.find(({ stated }) => stated?.threshold !== undefined)?.stated?.threshold ?? head.threshold;
  return { kind: head.kind, head, boxes, threshold, notes: reading.notes, ...namesOf(prepared, head.outputs, head.classes, head.labels, namesOfDetector) };
}

/** How outputs would be read, as far as it is known before the model runs; undefined where dims are open or nothing fits. */
export function expectedReading(known: Known, view: { readonly width: number; readonly height: number }): Head | MaskHead | undefined {
  const facts = factsOf(known, view, undefined), head = facts.outputs.length === known.model.outputs.length ? recognise(facts) : undefined;
  return head === undefined || head.kind === 'none' || isFeatures(known, head) ? undefined : head;
}

type Known = Pick<Prepared, 'model' | 'resolved' | 'opened'>;

/** A map beside a row of class scores is a classifier's features, unless somebody says it is a mask. */
function isFeatures({ model }: Known, head: Head | MaskHead): boolean {
  return head.kind === 'mask' && !head.stated && classOutputs(model).length > 0;
}

function factsOf({ model, resolved, opened }: Known, { width, height }: { readonly width: number; readonly height: number }, tensors: Readonly<Record<string, Tensor>> | undefined): ModelFacts {
  const labels = resolved.lists[0]?.names;
  const dimsOf = (name: string): readonly number[] | undefined => {
    const type = model.typeOf(name);
    return type?.kind === 'tensor' && type.dims?.every((dim): dim is number => typeof dim === 'number') ? type.dims : undefined;
  };
  const outputs = model.outputs.flatMap(({ name, dtype }): OutputFacts[] => {
    const dims = tensors?.[name]?.dims ?? dimsOf(name), stated = resolved.outputs.find((output) => output.name === name);
    if (!dims || dtype === 'string') return [];
    const scores = beforeArgMax(model, name), behind = scores === undefined ? undefined : dimsOf(scores);
    return [{
      name, dtype, dims, ...(behind && { behind }), ...(stated?.labels && { labels: stated.labels.names }),
      ...(stated?.kind && { stated: { kind: stated.kind, format: stated.format, threshold: stated.threshold } }),
    }];
  });
  return { height, width, outputs, metadata: opened.file.metadata, ...(labels && { labels }) };
}

function readMask(prepared: Prepared, head: MaskHead, values: Values): ReadOutputs {
  const mask = head.read(values);
  if ('none' in mask) return { kind: 'none', why: `output '${head.output}' [${values.dims.join(', ')}] is no mask: ${mask.none}` };
  const classes = head.classes || 1 + mask.cells.reduce((most, value) => (value !== 0xffff && value > most ? value : most), 0);
  return { kind: 'mask', head, mask, classes, ...namesOf(prepared, [head.output], classes, head.labels, namesOfSegmenter) };
}

/** Names of classes: stated for the output, found beside or in the model if they are as many, implied, or assumed by their number. */
function namesOf({ resolved, opened }: Prepared, outputs: readonly string[], classes: number, implied: readonly string[] | undefined, assumed: typeof namesOfDetector): Named {
  const stated = outputs.map((name) => resolved.outputs.find((output) => output.name === name)?.labels).find((labels) => labels !== undefined);
  if (stated && !stated.assumed) return { labels: stated.names, labelSource: stated.source };
  const inner = outputs.map((name) => opened.labels.get(name)).find((names) => names?.length);
  if (inner) return { labels: inner, labelSource: 'model metadata' };
  const list = resolved.lists.find(({ names }) => names.length === classes);
  if (list) return { labels: list.names, labelSource: list.source };
  if (implied) return { labels: implied, labelSource: 'by the kind of model' };
  const guessed = assumed(classes);
  return guessed ? { labels: guessed.names, labelSource: guessed.source } : { labelSource: null };
}

/** Names that region(VALUE, CLASS) may use where nothing is stated. */
export function maskNames(prepared: Prepared, output: string, classes: number): readonly string[] | undefined {
  return namesOf(prepared, [output], classes, undefined, namesOfSegmenter).labels;
}
