/** How detectors of a known form are usually fed: as their authors' own code feeds them. */
import type { Dims, ModelFile } from '../../graph/graph';
import { recognise } from '../detections/recognise';
import type { ImageKnowledge, ResizeKnowledge } from '../knowledge';

const letterbox: ResizeKnowledge = { mode: 'letterbox', fill: [114, 114, 114], interpolation: 'bilinear' };

/** By the name of the head (data/detections/heads). */
const usual: readonly (readonly [RegExp, Pick<ImageKnowledge, 'channels' | 'scaling' | 'resize'>, string])[] = [
  [/^FastestDet$/, { channels: 'BGR', scaling: { range: [0, 1] }, resize: { mode: 'stretch', interpolation: 'bilinear' } }, 'BGR, 0…1, the whole picture stretched'],
  [/^YOLOv8 …|^YOLOv3 … v7|^YOLOv5|^YOLOv3 or v4|^YOLOv2/, { channels: 'RGB', scaling: { range: [0, 1] }, resize: letterbox }, 'RGB, 0…1, the whole picture fitted in on grey'],
];

/** What the form of a model's outputs says about its only picture input; undefined where it says nothing. */
export function fromDetector(model: ModelFile, dims: Dims | undefined, layout: 'NCHW' | 'NHWC', channels: number): ImageKnowledge | undefined {
  const [height, width] = layout === 'NCHW' ? [dims?.[2], dims?.[3]] : [dims?.[1], dims?.[2]];
  if (channels !== 3 || typeof height !== 'number' || typeof width !== 'number') return undefined;
  const outputs = model.graph.outputs.flatMap(({ name, type }) => {
    if (type.kind !== 'tensor' || !type.dims) return [];
    // An open batch is one sample.
    const one = type.dims.map((dim, axis) => (axis === 0 && typeof dim !== 'number' ? 1 : dim));
    return one.every((dim): dim is number => typeof dim === 'number') ? [{ name, dtype: type.dtype, dims: one }] : [];
  });
  if (outputs.length !== model.graph.outputs.length) return undefined;
  const head = recognise({ height, width, outputs, metadata: model.metadata });
  const row = head.kind === 'boxes' ? usual.find(([pattern]) => pattern.test(head.name)) : undefined;
  return row && head.kind === 'boxes' ? { source: 'assumed', assumption: `${row[2]}, usual for ${head.name}, which the outputs have the form of`, ...row[1] } : undefined;
}
