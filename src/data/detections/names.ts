/** Class names of the data sets detectors and segmenters are usually trained on, in the order of their class indices. */

/** COCO's 80 categories in the order of their ids without gaps (Lin et al. 2014, instances_val2017). */
export const cocoNames: readonly string[] = [
  'person', 'bicycle', 'car', 'motorcycle', 'airplane', 'bus', 'train', 'truck', 'boat', 'traffic light', 'fire hydrant', 'stop sign', 'parking meter', 'bench',
  'bird', 'cat', 'dog', 'horse', 'sheep', 'cow', 'elephant', 'bear', 'zebra', 'giraffe', 'backpack', 'umbrella', 'handbag', 'tie', 'suitcase', 'frisbee', 'skis',
  'snowboard', 'sports ball', 'kite', 'baseball bat', 'baseball glove', 'skateboard', 'surfboard', 'tennis racket', 'bottle', 'wine glass', 'cup', 'fork', 'knife',
  'spoon', 'bowl', 'banana', 'apple', 'sandwich', 'orange', 'broccoli', 'carrot', 'hot dog', 'pizza', 'donut', 'cake', 'chair', 'couch', 'potted plant', 'bed',
  'dining table', 'toilet', 'tv', 'laptop', 'mouse', 'remote', 'keyboard', 'cell phone', 'microwave', 'oven', 'toaster', 'sink', 'refrigerator', 'book', 'clock',
  'vase', 'scissors', 'teddy bear', 'hair drier', 'toothbrush',
];

/** Ids of COCO's category list that no category has. */
const cocoGaps: ReadonlySet<number> = new Set([12, 26, 29, 30, 45, 66, 68, 69, 71, 83]);

/** COCO's names by category id, 0…90: id 0 and the ids without a category are 'no category'. */
export const cocoNamesById: readonly string[] = (() => {
  const names = ['no category'];
  let next = 0;
  for (let id = 1; id <= 90; id++) names.push(cocoGaps.has(id) ? 'no category' : cocoNames[next++]!);
  return names;
})();

/** PASCAL VOC's 20 categories (Everingham et al. 2010), alphabetical as its tools number them. */
export const vocNames: readonly string[] = [
  'aeroplane', 'bicycle', 'bird', 'boat', 'bottle', 'bus', 'car', 'cat', 'chair', 'cow', 'diningtable', 'dog', 'horse', 'motorbike', 'person', 'pottedplant', 'sheep',
  'sofa', 'train', 'tvmonitor',
];

/** Cityscapes' 19 trained classes (Cordts et al. 2016). */
export const cityscapesNames: readonly string[] = [
  'road', 'sidewalk', 'building', 'wall', 'fence', 'pole', 'traffic light', 'traffic sign', 'vegetation', 'terrain', 'sky', 'person', 'rider', 'car', 'truck', 'bus',
  'train', 'motorcycle', 'bicycle',
];

export interface AssumedNames {
  readonly names: readonly string[];
  /** 'COCO labels assumed'. */
  readonly source: string;
}

/** The names a detector's number of classes gives away. */
export function namesOfDetector(classes: number): AssumedNames | undefined {
  if (classes === 80) return { names: cocoNames, source: 'COCO labels assumed' };
  if (classes === 81) return { names: ['background', ...cocoNames], source: 'COCO labels assumed' };
  if (classes === 90) return { names: cocoNamesById.slice(1), source: 'COCO labels by category id assumed' };
  if (classes === 91) return { names: cocoNamesById, source: 'COCO labels by category id assumed' };
  if (classes === 20) return { names: vocNames, source: 'PASCAL VOC labels assumed' };
  if (classes === 21) return { names: ['background', ...vocNames], source: 'PASCAL VOC labels assumed' };
  return undefined;
}

/** The names a segmentation's number of classes gives away. */
export function namesOfSegmenter(classes: number): AssumedNames | undefined {
  if (classes === 21) return { names: ['background', ...vocNames], source: 'PASCAL VOC labels assumed' };
  if (classes === 19) return { names: cityscapesNames, source: 'Cityscapes labels assumed' };
  if (classes === 2) return { names: ['background', 'foreground'], source: 'assumed: background first' };
  return undefined;
}
