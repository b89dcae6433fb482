/** The strokes a picture under its map is made of. All sizes are in CSS pixels of a context that begins at the picture's corner. */
import type { PictureFrame } from '../../protocol/engine';
import { themeColor } from '../common/theme';
import { maskedRest, type MapPainter } from './mapPainter';

export type Context = CanvasRenderingContext2D | OffscreenCanvasRenderingContext2D;

/** The picture as it is kept for drawing. */
export interface Picture {
  readonly bitmap: ImageBitmap;
  readonly sourceWidth: number;
  readonly sourceHeight: number;
}

/** What is drawn at one place: the picture, the map over it, the map alone, lines around it, or the picture's strong parts. */
export type Content = 'picture' | 'overlay' | 'map' | 'contour' | 'masked';

interface Area { readonly left: number; readonly top: number; readonly width: number; readonly height: number }

/** Everything needed to draw a place. */
export interface Scene {
  readonly picture: Picture;
  /** The part of the picture that the model saw; undefined: all of it. */
  readonly frame: PictureFrame | undefined;
  readonly map: MapPainter;
  readonly opacity: number;
}

/** @param scale of a pixel of the original picture. */
export function drawScene(context: Context, { picture, frame, map, opacity }: Scene, content: Content, scale: number): void {
  const { bitmap, sourceWidth, sourceHeight } = picture, shown = map.map ? content : 'picture';
  const seen = scaled(frame ?? { left: 0, top: 0, width: sourceWidth, height: sourceHeight }, scale);
  // Under a map the picture is the paler the more the map counts, so that the only strong colours are the map's.
  const pale = shown === 'overlay' || shown === 'map' ? Math.min(1, opacity * 1.15) : 0;
  context.imageSmoothingQuality = 'high';
  // Small pictures keep their pixels when enlarged.
  context.imageSmoothingEnabled = scale < 3;
  context.filter = pale > 0 ? `grayscale(${pale})` : 'none';
  context.drawImage(bitmap, 0, 0, sourceWidth * scale, sourceHeight * scale);
  context.filter = 'none';
  dimUnseen(context, picture, frame, scale);
  context.save();
  context.imageSmoothingEnabled = true;
  if (shown === 'overlay' || shown === 'map') {
    context.globalAlpha = shown === 'map' ? 1 : opacity;
    context.drawImage(map.image(shown === 'map'), seen.left, seen.top, seen.width, seen.height);
  } else if (shown === 'masked') {
    context.globalAlpha = 1 - maskedRest;
    context.drawImage(map.mask(), seen.left, seen.top, seen.width, seen.height);
  } else if (shown === 'contour') {
    drawContours(context, map, seen);
  }
  context.restore();
}

function scaled({ left, top, width, height }: Area, scale: number): Area {
  return { left: left * scale, top: top * scale, width: width * scale, height: height * scale };
}

/** Darkens what lies outside the frame: the model never saw it. */
function dimUnseen(context: Context, { sourceWidth, sourceHeight }: Picture, frame: PictureFrame | undefined, scale: number): void {
  if (!frame || (frame.left <= 0.5 && frame.top <= 0.5 && frame.width >= sourceWidth - 1 && frame.height >= sourceHeight - 1)) return;
  context.save();
  context.beginPath();
  context.rect(0, 0, sourceWidth * scale, sourceHeight * scale);
  context.rect(frame.left * scale, frame.top * scale, frame.width * scale, frame.height * scale);
  context.fillStyle = 'rgba(0, 0, 0, 0.5)';
  context.fill('evenodd');
  context.restore();
}

/** Each line on a dark halo, so that it is seen on any picture; the line around the least is the strongest. */
function drawContours(context: Context, map: MapPainter, seen: Area): void {
  const { width, height } = map.map!;
  context.translate(seen.left, seen.top);
  context.lineCap = context.lineJoin = 'round';
  for (const [at, { path, color }] of map.contours().entries()) {
    const placed = new Path2D();
    placed.addPath(path, { a: seen.width / width, d: seen.height / height });
    const thick = 2.6 - 0.6 * at;
    context.strokeStyle = 'rgba(0, 0, 0, 0.55)';
    context.lineWidth = thick + 2;
    context.stroke(placed);
    context.strokeStyle = color;
    context.lineWidth = thick;
    context.stroke(placed);
  }
}

/** The square of the reading cursor. */
export function drawCursor(context: Context, x: number, y: number): void {
  for (const [color, width] of [['#000', 3], [themeColor('--vscode-focusBorder', '#fff'), 1.5]] as const) {
    context.strokeStyle = color;
    context.lineWidth = width;
    context.strokeRect(x - 6, y - 6, 12, 12);
  }
}
