/** An explanation as one SVG: the picture and the map as layers of their own, so that either can be changed or hidden. */
import { decodePicture } from '../../data/image/decode';
import { encodePng, previewPicture } from '../../data/image/encode';
import { heatmapToRgba, type HeatMapColors } from '../../tensor/heatmap';
import type { Explained } from '../jobs/explain';
import { escapeMarkup } from './markup';

const largestSide = 2048;

/** @throws Error for explanations that are no map over a picture. */
export async function explanationSvg({ result: { map, record } }: Explained, colors: HeatMapColors = {}): Promise<string> {
  const { frame } = record;
  if (!frame || !map) throw new Error('only a map over a picture can be saved as SVG');
  const picture = await previewPicture(await decodePicture(record.inputs[record.input]!.file), largestSide);
  const scale = picture.width / frame.sourceWidth;
  const { opacity = 0.8, ...rest } = colors;
  const pixels = await encodePng({ width: map.width, height: map.height, channels: 4, data: heatmapToRgba(map, { ...rest, opacity: 1 }) });
  const box = [frame.left, frame.top, frame.width, frame.height].map((value) => Number((value * scale).toFixed(2)));
  const title = escapeMarkup(`${record.method} of ${record.target.label || record.target.index}`);
  return `<svg xmlns="http://www.w3.org/2000/svg" width="${picture.width}" height="${picture.height}" viewBox="0 0 ${picture.width} ${picture.height}" role="img">
<title>${title}</title>
<image id="picture" width="${picture.width}" height="${picture.height}" href="data:${picture.mime};base64,${base64(picture.bytes)}"/>
<image id="map" x="${box[0]}" y="${box[1]}" width="${box[2]}" height="${box[3]}" preserveAspectRatio="none" opacity="${opacity}" href="data:image/png;base64,${base64(pixels)}"/>
</svg>
`;
}

export function base64(bytes: Uint8Array): string {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('base64');
}
