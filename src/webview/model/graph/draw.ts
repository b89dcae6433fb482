/**
 * Drawing the visible part of a scene, level by level from the outside in. Detail follows the zoom: boxes with text,
 * coloured boxes with names, specks; frames too small to tell apart what is inside them are one speck themselves.
 */
import type { CameraState } from './camera';
import { Brush, Buckets, type Counts } from './brush';
import { drawBoxes, drawHeaders, outline, radiusOf, type Box } from './drawBoxes';
import { drawLines, type View } from './drawLines';
import { isDimmed, speckOf, type Look } from './look';
import { badge, titleFont } from './measure';
import type { Rect, Scene, SceneLevel } from './scene';
import { fitted } from './text';

/** Text is written on boxes from this zoom on. */
export const readable = 0.42;
/** Frames lower than this on screen are specks, and boxes thinner than this are not drawn apart. */
const leastFrame = 7;

export interface FrameBox extends Rect {
  readonly item: number;
  readonly level: SceneLevel;
  readonly depth: number;
  /** Where its corner will be: another place than where it is drawn while boxes still move. */
  readonly corner?: { readonly x: number; readonly y: number };
}

interface Name { readonly text: string; readonly box: Rect; readonly frame: boolean }

/** Draws one frame. @returns how many nodes and edges it drew, and by how many calls. */
export function drawScene(context: CanvasRenderingContext2D, scene: Scene, camera: CameraState, look: Look, view: { width: number; height: number; ratio: number }): Counts {
  const brush = new Brush(context);
  const { scale } = camera, { palette } = look;
  context.setTransform(view.ratio, 0, 0, view.ratio, 0, 0);
  brush.fill(palette.background, 1, () => context.rect(0, 0, view.width, view.height));
  const k = view.ratio * scale;
  context.setTransform(k, 0, 0, k, -camera.x * k, -camera.y * k);
  const window: View = { left: camera.x, top: camera.y, right: camera.x + view.width / scale, bottom: camera.y + view.height / scale, scale };
  const names: Name[] = [];
  let frames: FrameBox[] = [{ item: -1, level: scene.root, depth: 0, x: 0, y: 0, width: scene.width, height: scene.height }];
  while (frames.length > 0) frames = drawDepth(brush, scene, frames, look, window, names);
  context.setTransform(view.ratio, 0, 0, view.ratio, 0, 0);
  drawNames(brush, names, camera, look);
  return brush.counts;
}

/** All frames of one depth at once: their ground, their lines, their boxes and headers. @returns the open boxes among these. */
function drawDepth(brush: Brush, scene: Scene, frames: readonly FrameBox[], look: Look, view: View, names: Name[]): FrameBox[] {
  const { palette } = look, { scale } = view;
  const inner = frames.filter(({ item }) => item >= 0), depth = frames[0]!.depth;
  if (inner.length > 0) {
    const path = (context: CanvasRenderingContext2D): void => { for (const { x, y, width, height } of inner) context.roundRect(x, y, width, height, 8); };
    brush.fill(palette.frame(depth), 1, path);
    brush.stroke(palette.border, Math.max(1, 0.6 / scale), 1, path);
  }
  drawLines(brush, scene, frames, look, view);
  const boxes: Box[] = [], next: FrameBox[] = [];
  for (const { level, x, y, corner } of frames) {
    const { x: left, y: top } = corner ?? { x, y };
    const { x: xs, y: ys, widths, heights } = level.geometry.shape;
    level.geometry.boxes.search(view.left - left, view.top - top, view.right - left, view.bottom - top, (index) => {
      const item = level.children[index]!, width = widths[index]!, height = heights[index]!;
      const place = { x: left + xs[index]! - width / 2, y: top + ys[index]! - height / 2, width, height };
      const rect = look.motion ? look.motion.place(item, place) : place;
      if (!rect) return;
      const box = { item, ...rect }, open = scene.level(item);
      if (open && Math.min(width, height) * scale > leastFrame) next.push({ ...box, level: open, depth: depth + 1, ...(look.motion && { corner: place }) });
      else boxes.push(box);
    });
  }
  if (scale >= readable) {
    drawBoxes(brush, scene, boxes, look, scale);
    drawHeaders(brush, scene, inner, look, scale);
  } else {
    drawSpecks(brush, scene, boxes, look, scale);
    for (const box of boxes) if (box.height * scale >= 13 && box.width * scale >= 40) names.push({ text: titled(scene, box.item), box, frame: false });
    for (const box of inner) if (box.height * scale >= 40 && box.width * scale >= 70) names.push({ text: titled(scene, box.item), box, frame: true });
  }
  for (const { item, ...frame } of inner) {
    if (item === look.selected) outline(brush, frame, 9, palette.accent, Math.max(2, 2 / scale));
    else if (item === look.hovered) outline(brush, frame, 9, palette.text, Math.max(1, 1 / scale));
  }
  brush.counts.nodes += boxes.length;
  return next;
}

const titled = (scene: Scene, item: number): string => [scene.items.get(item).title, badge(scene.items.get(item))].filter(Boolean).join('  ');

/** One fill a colour: twenty thousand specks are a dozen calls. */
function drawSpecks(brush: Brush, scene: Scene, boxes: readonly Box[], look: Look, scale: number): void {
  const buckets = new Buckets<Box>(), least = 1.2 / scale, marked: Box[] = [], named = scale > 0.2;
  for (const box of boxes) {
    const item = scene.items.get(box.item);
    const color = speckOf(item, look);
    // Boxes that are large enough for a name are lighter, so that it can be read.
    buckets.add(named && !look.heat ? look.palette.soft(color) : color, (named || item.children.length === 0 ? 1 : 0.7) * (isDimmed(box.item, look) ? 0.25 : 1), box);
    if (look.marks.found.has(box.item) || look.marks.path.has(box.item)) marked.push(box);
  }
  const round = scale > 0.12;
  buckets.fill(brush, (context, box) => {
    if (round) context.roundRect(box.x, box.y, box.width, box.height, radiusOf(scene, box));
    else context.rect(box.x, box.y, Math.max(least, box.width), Math.max(least, box.height));
  });
  const margin = 2 / scale;
  if (marked.length > 0) {
    brush.stroke(look.marks.found.size > 0 ? look.palette.found : look.palette.accent, Math.max(2, 2 / scale), 1, (context) => {
      for (const { x, y, width, height } of marked) context.rect(x - margin, y - margin, width + 2 * margin, height + 2 * margin);
    });
  }
  for (const box of boxes) if (box.item === look.selected) outline(brush, box, 4, look.palette.accent, 3 / scale);
}

/** Names at a size that can be read, where the boxes themselves are too small for their text. */
function drawNames(brush: Brush, names: readonly Name[], camera: CameraState, { palette }: Look): void {
  if (names.length === 0) return;
  const { context } = brush, { scale } = camera;
  context.textBaseline = 'middle';
  // Frames come from the outside in: an inner one's name does not cover an outer one's.
  const taken: (readonly [x: number, y: number, right: number])[] = [];
  for (const { text, box, frame } of names) {
    const x = (box.x - camera.x) * scale, y = (box.y - camera.y) * scale, width = box.width * scale, height = box.height * scale;
    context.font = frame ? titleFont(palette.font).replace('12px', '11px') : `10px ${palette.font}`;
    const shown = fitted(context, text, width - 8);
    if (shown === '') continue;
    if (frame) {
      const room = context.measureText(shown).width;
      if (taken.some(([left, top, right]) => Math.abs(top - y) < 16 && x < right && left < x + room + 10)) continue;
      taken.push([x, y, x + room + 10]);
      brush.fill(palette.background, 0.8, () => context.roundRect(x + 2, y + 2, room + 8, 15, 4));
      context.textAlign = 'left';
      context.fillStyle = palette.text;
      brush.text(shown, x + 6, y + 10);
    } else {
      context.textAlign = 'center';
      context.fillStyle = palette.text;
      brush.text(shown, x + width / 2, y + height / 2 + 0.5);
    }
  }
}
