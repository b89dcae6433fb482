/** A mask over the picture: translucent colours, outlines, and the name of each class where most of it lies. */
import { noClass, type DetectedMask } from '../../../protocol/detections';
import type { PictureFrame } from '../../../protocol/engine';
import type { PictureLayer } from '../pictureView';
import { outline, regionCentres } from '../regions/mask';
import { classColour } from './colours';

export interface ShownMask {
  readonly mask: DetectedMask;
  readonly frame: PictureFrame;
  /** Classes that are drawn. */
  readonly classes: readonly number[];
  readonly chosen: number | undefined;
  readonly pointed: number | undefined;
  /** A heat map lies below: its colours must stay readable. */
  readonly mapped: boolean;
}

const font = '600 12px system-ui, sans-serif';

/** What is made once a mask. */
interface Made {
  readonly fills: Map<number, OffscreenCanvas>;
  readonly outlines: Map<number, Path2D>;
  readonly places: ReadonlyMap<number, { readonly x: number; readonly y: number }>;
}

const made = new WeakMap<DetectedMask, Made>();

export function maskLayer(shown: () => ShownMask | undefined): PictureLayer {
  return {
    draw: (context, scale) => {
      const now = shown();
      if (!now) return;
      const { mask, frame, classes, chosen, pointed, mapped } = now;
      context.save();
      context.translate(frame.left * scale, frame.top * scale);
      const across = frame.width * scale / mask.width, down = frame.height * scale / mask.height;
      context.imageSmoothingEnabled = false;
      for (const index of classes) {
        const fill = index === pointed ? 0.55 : mapped ? (index === chosen ? 0 : 0.25) : 0.45;
        if (fill === 0) continue;
        context.globalAlpha = fill;
        context.drawImage(fillOf(mask, index), 0, 0, mask.width * across, mask.height * down);
      }
      context.globalAlpha = 1;
      for (const index of classes) {
        const bold = index === chosen || index === pointed;
        stroke(context, outlineOf(mask, index), across, down, 'rgb(0 0 0 / 0.8)', bold ? 5 : 3);
        stroke(context, outlineOf(mask, index), across, down, classColour(index), bold ? 2.5 : 1.5);
      }
      context.font = font;
      for (const index of classes) name(context, mask, index, across, down);
      context.restore();
    },
  };
}

function stroke(context: CanvasRenderingContext2D, path: Path2D, across: number, down: number, colour: string, width: number): void {
  context.save();
  context.scale(across, down);
  context.strokeStyle = colour;
  context.lineWidth = width / Math.min(across, down);
  context.stroke(path);
  context.restore();
}

function name(context: CanvasRenderingContext2D, mask: DetectedMask, index: number, across: number, down: number): void {
  const at = contents(mask).places.get(index), label = mask.classes.find((one) => one.index === index)?.label;
  if (!at || label === undefined) return;
  const wide = context.measureText(label).width + 8, x = at.x * across - wide / 2, y = at.y * down - 9;
  context.fillStyle = classColour(index);
  context.fillRect(x, y, wide, 18);
  context.fillStyle = '#000';
  context.textBaseline = 'middle';
  context.fillText(label, x + 4, y + 9.5);
}

function contents(mask: DetectedMask): Made {
  let content = made.get(mask);
  if (!content) made.set(mask, (content = { fills: new Map(), outlines: new Map(), places: placesOf(mask) }));
  return content;
}

function fillOf(mask: DetectedMask, index: number): OffscreenCanvas {
  const { fills } = contents(mask);
  let canvas = fills.get(index);
  if (canvas) return canvas;
  canvas = new OffscreenCanvas(mask.width, mask.height);
  const context = canvas.getContext('2d')!;
  context.fillStyle = classColour(index);
  // Cells in a row are one rectangle.
  for (let y = 0; y < mask.height; y++) {
    for (let x = 0, start = -1; x <= mask.width; x++) {
      const inside = x < mask.width && mask.cells[y * mask.width + x] === index;
      if (inside && start < 0) start = x;
      if (!inside && start >= 0) { context.fillRect(start, y, x - start, 1); start = -1; }
    }
  }
  fills.set(index, canvas);
  return canvas;
}

function outlineOf(mask: DetectedMask, index: number): Path2D {
  const { outlines } = contents(mask);
  let path = outlines.get(index);
  if (path) return path;
  path = new Path2D();
  const lines = outline((cell) => mask.cells[cell] === index, mask.width, mask.height);
  for (let i = 0; i < lines.length; i += 4) {
    path.moveTo(lines[i]!, lines[i + 1]!);
    path.lineTo(lines[i + 2]!, lines[i + 3]!);
  }
  outlines.set(index, path);
  return path;
}

/** For every class the cell of its own that is nearest to its centre. */
function placesOf({ cells, width, classes }: DetectedMask): Map<number, { x: number; y: number }> {
  const most = Math.max(...classes.map(({ index }) => index), 0), plain = Uint16Array.from(cells, (value) => (value === noClass ? most + 1 : value));
  const centres = regionCentres(plain, most + 2, width), best = new Map<number, { x: number; y: number; far: number }>();
  cells.forEach((index, cell) => {
    if (index === noClass) return;
    const centre = centres[index]!, x = cell % width + 0.5, y = Math.floor(cell / width) + 0.5, far = (x - centre.x) ** 2 + (y - centre.y) ** 2;
    if (far < (best.get(index)?.far ?? Infinity)) best.set(index, { x, y, far });
  });
  return best;
}
