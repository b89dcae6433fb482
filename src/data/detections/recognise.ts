/** What a model's outputs mean, if they are boxes, lines or a mask: by what is stated, by names, and by form. */
import type { Head, ModelFacts, Recogniser } from './head';
import { endToEnd } from './heads/endToEnd';
import { blazeFace, stridedFaces, twelveNet } from './heads/faces';
import { fastestDet } from './heads/fastestDet';
import { finished } from './heads/finished';
import { lineSegments, pose } from './heads/lines';
import { nanoDet } from './heads/nanoDet';
import { pairs } from './heads/pairs';
import { yolo } from './heads/yolo';
import { yoloGrid } from './heads/yoloGrid';
import { segmentation, type MaskHead } from './segmentation';
import { boxFormats, type BoxFormat } from '../spec';

/** From the most particular to the most general. */
const recognisers: readonly (readonly [formats: readonly BoxFormat[], recognise: Recogniser])[] = [
  [['finished'], finished],
  [['faces'], stridedFaces],
  [['faces'], blazeFace],
  [['nanodet'], nanoDet],
  [['ssd', 'detr'], pairs],
  [['faces'], twelveNet],
  [['lines'], lineSegments],
  [['pose'], pose],
  [['end-to-end'], endToEnd],
  [['yolo5', 'yolo8', 'yolox'], yolo],
  [['yolo-grid'], yoloGrid],
  [['fastestdet'], fastestDet],
];

export interface Unread {
  readonly kind: 'none';
  /** Why not, one sentence. */
  readonly why: string;
}

/**
 * How the outputs are read.
 * @returns `Unread` where nothing fits, and where a sidecar says that an output is something else.
 */
export function recognise(facts: ModelFacts): Head | MaskHead | Unread {
  const format = facts.outputs.find(({ stated }) => stated?.format !== undefined)?.stated!.format;
  const stated = new Set(facts.outputs.flatMap((output) => output.stated?.kind ?? []));
  const listed = facts.outputs.map(({ name, dtype, dims }) => `'${name}' (${dtype} [${dims.join(', ')}])`).join(', ');
  if (stated.size && !stated.has('boxes') && !stated.has('mask')) return { kind: 'none', why: `the model's outputs are stated to be ${[...stated].join(' and ')}, not boxes or a mask` };
  if (!stated.has('mask')) {
    const candidates = recognisers.filter(([formats]) => format === undefined || formats.includes(format));
    for (const [, recogniser] of candidates) {
      const head = recogniser(facts);
      if (head) return head;
    }
    if (format !== undefined) return { kind: 'none', why: `the outputs do not have the form of ${format}: they are ${listed}` };
  }
  const mask = stated.has('boxes') ? undefined : segmentation(facts);
  if (mask) return mask;
  return {
    kind: 'none',
    why: `the outputs ${listed} have the form of no known detector and are no map over the ${facts.width}×${facts.height} picture${stated.has('boxes') ? `; as format of boxes MODEL.lens.json takes ${boxFormats.join(', ')}` : ''}`,
  };
}
