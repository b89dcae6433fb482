/** Small pictures with their maps: read when they come into view, and forgotten when many others have been looked at since. */
import type { KeptPicture, PictureRow } from '../../protocol/many';
import type { HeatMap } from '../../protocol/engine';
import { heatmapToRgba } from '../../tensor/heatmap';

const kept = 240;

export class Thumbnails {
  private readonly known = new Map<number, Promise<HTMLCanvasElement | undefined>>();

  constructor(private readonly read: (number: number) => Promise<KeptPicture>) {}

  /** The picture under its map; undefined where nothing is kept of it. */
  get(row: PictureRow): Promise<HTMLCanvasElement | undefined> {
    let drawn = this.known.get(row.number);
    drawn ??= this.read(row.number).then((found) => draw(found, row), () => undefined);
    this.known.delete(row.number);
    this.known.set(row.number, drawn);
    for (const oldest of this.known.keys()) {
      if (this.known.size <= kept) break;
      this.known.delete(oldest);
    }
    return drawn;
  }

  clear(): void {
    this.known.clear();
  }
}

/** Picture and map side by side would be small twice: the map lies over a greyed picture, as in the large view. */
async function draw({ picture, map }: KeptPicture, { frame }: PictureRow): Promise<HTMLCanvasElement | undefined> {
  if (!picture) return undefined;
  const bitmap = await createImageBitmap(new Blob([new Uint8Array(picture.bytes)], { type: picture.mime }));
  const canvas = document.createElement('canvas');
  canvas.width = 2 * bitmap.width + 2;
  canvas.height = bitmap.height;
  const context = canvas.getContext('2d')!;
  context.drawImage(bitmap, 0, 0);
  context.translate(bitmap.width + 2, 0);
  context.filter = 'grayscale(0.8)';
  context.drawImage(bitmap, 0, 0);
  context.filter = 'none';
  if (map) drawMap(context, map, bitmap.width, bitmap.height, frame);
  bitmap.close();
  return canvas;
}

/** The map in colour over a part of a picture of this size. */
export function drawMap(context: CanvasRenderingContext2D, map: HeatMap, width: number, height: number, [left, top, wide, high]: readonly [number, number, number, number] = [0, 0, 1, 1]): void {
  const layer = new OffscreenCanvas(map.width, map.height);
  layer.getContext('2d')!.putImageData(new ImageData(heatmapToRgba(map, { opacity: 0.85 }), map.width, map.height), 0, 0);
  context.imageSmoothingQuality = 'high';
  context.drawImage(layer, left * width, top * height, wide * width, high * height);
}
