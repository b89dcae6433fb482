/** The whole graph as it is opened, as a picture to keep. */
import { t } from '../../common/strings';
import { drawScene } from './draw';
import { sceneToSvg } from './exportSvg';
import type { Look } from './look';
import { detailFont, titleFont } from './measure';
import type { Scene } from './scene';

/** Pictures have at most so many pixels, and no side longer than this. */
const mostPixels = 50e6, longestSide = 16_000, margin = 24;

/** An SVG document. @throws when too much stands open. */
export function svgOf(scene: Scene, look: Look): string {
  const context = document.createElement('canvas').getContext('2d')!, { font } = look.palette;
  const width = (of: string) => (text: string): number => { context.font = of; return context.measureText(text).width; };
  return sceneToSvg(scene, look, { title: width(titleFont(font)), detail: width(detailFont(font)) });
}

/** A PNG picture, twice the size on screen where the bounds allow it. */
export function pngOf(scene: Scene, look: Look): Promise<Blob> {
  const width = scene.width + 2 * margin, height = scene.height + 2 * margin;
  const scale = Math.min(2, Math.sqrt(mostPixels / (width * height)), longestSide / Math.max(width, height));
  const canvas = document.createElement('canvas');
  canvas.width = Math.max(1, Math.floor(width * scale));
  canvas.height = Math.max(1, Math.floor(height * scale));
  drawScene(canvas.getContext('2d')!, scene, { x: -margin, y: -margin, scale }, look, { width: canvas.width, height: canvas.height, ratio: 1 });
  return new Promise((resolve, reject) => canvas.toBlob((blob) => blob ? resolve(blob) : reject(new Error(t('The picture could not be made.'))), 'image/png'));
}
