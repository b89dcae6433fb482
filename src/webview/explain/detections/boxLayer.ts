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
      const labels = new Labels(context, scale, width() * scale);
      for (const box of front) labels.add(box, 1, true);
      for (const box of boxes.length <= mostLabels ? back : []) labels.add(box, chosen ? 0.85 : 1, false);
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

/** Labels that keep clear of each other: above their box, else inside it, else below. */
class Labels {
  private readonly taken: { left: number; top: number; wide: number }[] = [];

  constructor(private readonly context: CanvasRenderingContext2D, private readonly scale: number, private readonly pictureWidth: number) {}

  /** @param must a label that finds no room stands over others; else it is left out. */
  add(box: DetectedBox, alpha: number, must: boolean): void {
    const { context, scale } = this, text = `${box.label} ${formatPercent(box.score)}`, wide = context.measureText(text).width + 8;
    const x = (left: number): number => Math.max(0, Math.min(left * scale - 1, this.pictureWidth - wide)), right = x(box.x + box.width - wide / scale), top = box.y * scale, bottom = (box.y + box.height) * scale;
    const places = [[x(box.x), top - labelHeight], [right, top - labelHeight], [x(box.x), top + 1], [right, top + 1], [x(box.x), bottom - labelHeight - 1], [x(box.x), bottom]].map(([left, y]) => ({ left: left!, top: y!, wide }));
    const free = places.filter((place) => place.top >= 0), place = free.find((one) => !this.taken.some((other) => meet(one, other))) ?? (must ? free[0] ?? places[2]! : undefined);
    if (!place) return;
    this.taken.push(place);
    context.globalAlpha = alpha;
    context.fillStyle = classColour(box.classIndex);
    context.fillRect(place.left, place.top, wide, labelHeight);
    context.fillStyle = '#000';
    context.textBaseline = 'middle';
    context.fillText(text, place.left + 4, place.top + labelHeight / 2 + 0.5);
    context.globalAlpha = 1;
  }
}

function meet(a: { left: number; top: number; wide: number }, b: typeof a): boolean {
  return a.left < b.left + b.wide && b.left < a.left + a.wide && Math.abs(a.top - b.top) < labelHeight;
}
