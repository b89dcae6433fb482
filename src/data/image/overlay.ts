/** The map over the picture, as a PNG: what the terminal writes and what is exported. */
import type { HeatMap, HeatMapColors } from '../../tensor/heatmap';
import { composite, heatmapToRgba, resizeMap } from '../../tensor/heatmap';
import type { PictureFrame } from '../spec';
import { encodePng, shrink } from './encode';
import type { Picture } from './picture';
import { toRgb } from './picture';

export interface OverlayOptions extends HeatMapColors {
  /** Longest side of the result in pixels; smaller pictures keep their size. Default 2048. */
  readonly maxSide?: number;
  /** Brightness of what the model did not see (outside the frame), 0…1. Default 0.45. */
  readonly outside?: number;
}

/**
 * Lays `map` over the part of `picture` that the model saw (`frame`, in pixels of the picture), and darkens the rest.
 * Returns the bytes of a PNG with the picture's aspect ratio.
 */
export async function renderOverlay(picture: Picture, map: HeatMap, frame: PictureFrame, options: OverlayOptions = {}): Promise<Uint8Array> {
  const base = toRgb(shrink(picture, options.maxSide ?? 2048));
  const { width, height } = base;
  const scaleX = width / frame.sourceWidth;
  const scaleY = height / frame.sourceHeight;
  const left = Math.round(frame.left * scaleX);
  const top = Math.round(frame.top * scaleY);
  const frameWidth = Math.max(1, Math.round((frame.left + frame.width) * scaleX) - left);
  const frameHeight = Math.max(1, Math.round((frame.top + frame.height) * scaleY) - top);
  const colours = heatmapToRgba(resizeMap(map, frameWidth, frameHeight), options);

  const overlay = new Uint8ClampedArray(width * height * 4);
  const darkness = 255 * (1 - Math.max(0, Math.min(1, options.outside ?? 0.45)));
  for (let i = 3; i < overlay.length; i += 4) overlay[i] = darkness;
  const fromX = Math.max(0, left);
  const toX = Math.min(width, left + frameWidth);
  for (let y = Math.max(0, top); y < Math.min(height, top + frameHeight); y++) {
    const row = ((y - top) * frameWidth + fromX - left) * 4;
    if (toX > fromX) overlay.set(colours.subarray(row, row + (toX - fromX) * 4), (y * width + fromX) * 4);
  }
  return encodePng({ width, height, channels: 4, data: composite(bytesOf(base), 3, overlay) });
}

function bytesOf(picture: Picture): Uint8Array | Uint8ClampedArray {
  return picture.data instanceof Uint8Array ? picture.data : Uint8ClampedArray.from(picture.data);
}
