/** Boxes and lines over the picture: readable on any picture, because every stroke has a dark edge and every label a ground. */
import type { DetectedBox } from '../../../protocol/detections';
import { formatPercent } from '../../common/format';
import type { PictureLayer } from '../pictureView';
import { classColour } from './colours';

export interface ShownBoxes {
  readonly boxes: readonly DetectedBox[];
  /** The one that is explained. */
  readonly chosen: DetectedBox | undefined;
  /** The one under the pointer, or with the focus in the list. */
  readonly pointed: DetectedBox | undefined;
}

/** More labels than this hide the picture: then only those that matter have one. */
const mostLabels = 25;
const font = '600 12px system-ui, sans-serif', labelHeight = 18;

export function boxLayer(shown: () => ShownBoxes, width: () => number): PictureLayer {
  return {
    draw: (context, scale) => {
      const { boxes, chosen, pointed } = shown(), front = [chosen, pointed].filter((box) => box !== undefined);
      const back = boxes.filter((box) => !front.includes(box));
      // The best boxes are drawn last, those that matter now after them.
      for (const box of [...back].reverse()) draw(context, box, scale, chosen ? 0.75 : 1, 1.5);
      for (const box of front) draw(context, box, scale, 1, 3);
      context.font = font;
      for (const box of boxes.length <= mostLabels ? [...back].reverse() : []) label(context, box, scale, width() * scale, chosen ? 0.85 : 1);
      for (const box of front) label(context, box, scale, width() * scale, 1);
    },
  };
}

function draw(context: CanvasRenderingContext2D, box: DetectedBox, scale: number, alpha: number, line: number): void {
  context.globalAlpha = alpha;
  context.lineJoin = 'round';
  context.lineCap = 'round';
  for (const [colour, thickness] of [['rgb(0 0 0 / 0.75)', line + 2], [classColour(box.classIndex), line]] as const) {
    context.strokeStyle = colour;
    context.lineWidth = thickness;
    context.beginPath();
    if (box.line) {
      const [x0, y0, x1, y1] = box.line;
      context.moveTo(x0 * scale, y0 * scale);
      context.lineTo(x1 * scale, y1 * scale);
      // A joint without a limb is a point.
      if (x0 === x1 && y0 === y1) context.arc(x0 * scale, y0 * scale, 2, 0, 2 * Math.PI);
    } else context.rect(box.x * scale, box.y * scale, box.width * scale, box.height * scale);
    context.stroke();
  }
  context.globalAlpha = 1;
}

function label(context: CanvasRenderingContext2D, box: DetectedBox, scale: number, pictureWidth: number, alpha: number): void {
  const text = `${box.label} ${formatPercent(box.score)}`, wide = context.measureText(text).width + 8;
  const left = Math.max(0, Math.min(box.x * scale - 1, pictureWidth - wide)), above = box.y * scale - labelHeight;
  const top = above >= 0 ? above : box.y * scale + 1;
  context.globalAlpha = alpha;
  context.fillStyle = classColour(box.classIndex);
  context.fillRect(left, top, wide, labelHeight);
  context.fillStyle = '#000';
  context.textBaseline = 'middle';
  context.fillText(text, left + 4, top + labelHeight / 2 + 0.5);
  context.globalAlpha = 1;
}
