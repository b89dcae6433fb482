/** What all segmenters take and return. */

/** A picture to segment: channels [height · width] each, row by row, usually red, green and blue from 0 to 1. */
export type Planes = readonly ArrayLike<number>[];

/** Throws unless every plane has `width` × `height` values. */
export function checkPlanes(planes: Planes, width: number, height: number, segmenter: string): void {
  if (planes.length === 0) throw new Error(`${segmenter} needs a picture of at least one channel`);
  for (const plane of planes) if (plane.length !== width * height || plane.length === 0) throw new Error(`${segmenter} of a picture of ${width} × ${height} needs ${width * height} values a channel, found ${plane.length}`);
}

/** Labels renumbered 0, 1, … in the order of the values they had. */
export function inOrderOfValue(labels: Int32Array): Int32Array {
  let most = 0;
  for (const label of labels) if (label > most) most = label;
  const used = new Uint8Array(most + 1), number = new Int32Array(most + 1);
  for (const label of labels) used[label] = 1;
  for (let label = 0, next = 0; label <= most; label++) if (used[label]) number[label] = next++;
  return labels.map((label) => number[label]!);
}

/** How many segments there are: labels run from 0 without gaps. */
export function segmentCount(labels: Int32Array): number {
  let most = -1;
  for (const label of labels) if (label > most) most = label;
  return most + 1;
}
