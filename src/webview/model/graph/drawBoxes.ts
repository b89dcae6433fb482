/** Boxes with their text, and the headers of open ones. Alike shapes are drawn in one call. */
import { t } from '../../common/strings';
import { Buckets, type Brush } from './brush';
import { headerHeight } from './compound';
import type { FrameBox } from './draw';
import { fillOf, isDimmed, type Look } from './look';
import { badge, badgeGap, canOpen, chevronRoom, detailFont, detailLines, lineHeight, shorterFigures, textLeft, titleFont } from './measure';
import type { Rect, Scene } from './scene';
import { fitted } from './text';

export interface Box extends Rect { readonly item: number }

export function radiusOf(scene: Scene, box: Box): number {
  const { kind, node } = scene.items.get(box.item);
  return kind !== 'node' ? 7 : node!.kind === 'op' ? 5 : Math.min(14, box.height / 2);
}

export function drawBoxes(brush: Brush, scene: Scene, boxes: readonly Box[], look: Look, scale: number): void {
  if (boxes.length === 0) return;
  const { palette, marks } = look, { items } = scene;
  const shape = (context: CanvasRenderingContext2D, box: Box, grow = 0): void => context.roundRect(box.x - grow, box.y - grow, box.width + 2 * grow, box.height + 2 * grow, radiusOf(scene, box) + grow);
  const repeats = boxes.filter(({ item }) => items.get(item).kind === 'repeat');
  for (const step of [6, 3]) {
    if (repeats.length === 0) break;
    const cards = (context: CanvasRenderingContext2D): void => { for (const box of repeats) context.roundRect(box.x + step, box.y + step, box.width, box.height, 7); };
    brush.fill(palette.box, 1, cards);
    brush.stroke(palette.border, 1, 1, cards);
  }
  brush.fill(palette.box, 1, (context) => { for (const box of boxes) shape(context, box); });
  const tints = new Buckets<Box>(), bars = new Buckets<readonly [Box, number, number]>(), measures = new Buckets<Box>();
  for (const box of boxes) {
    const item = items.get(box.item), dim = isDimmed(box.item, look) ? 0.3 : 1;
    const { color, strength } = fillOf(item, look);
    if (!palette.highContrast || look.heat || marks.kinds.size > 0) tints.add(color, Math.min(1, strength * dim * (palette.highContrast ? 0.6 : 1) * (box.item === look.hovered ? 1.5 : 1)), box);
    if (item.node && item.node.kind !== 'op') continue;
    let from = 0;
    for (const [family, share] of marks.kinds.size > 0 ? kindShares(look, box.item) : look.mix.of(item)) {
      bars.add((marks.kinds.size > 0 ? palette.kinds : palette.families)[family] ?? palette.muted, dim, [box, from, share]);
      from += share;
    }
    if (look.heat) measures.add(palette.text, 0.55, box);
  }
  tints.fill(brush, (context, box) => shape(context, box));
  bars.fill(brush, (context, [box, from, share]) => context.roundRect(box.x, box.y + from * box.height, 4, share * box.height, [from === 0 ? 5 : 0, 0, 0, from + share > 0.999 ? 5 : 0]));
  measures.fill(brush, (context, box) => {
    const share = look.heat!.share(items.get(box.item));
    if (share) context.rect(box.x + 5, box.y + box.height - 4, Math.max(1, (box.width - 10) * share ** 2), 3);
  });
  brush.stroke(palette.border, palette.highContrast ? 1.5 : 1, 1, (context) => { for (const box of boxes) shape(context, box); });
  const chevrons = boxes.filter(({ item }) => canOpen(items.get(item)));
  if (chevrons.length > 0) brush.stroke(palette.text, 1.6, 0.8, (context) => { for (const box of chevrons) chevron(context, box.x + textLeft + 2, box.y + 14, false); });
  drawTexts(brush, scene, boxes, look);
  drawOutlines(brush, scene, boxes, look, scale);
}

function kindShares({ marks }: Look, item: number): (readonly [string, number])[] {
  const counts = Object.entries(marks.kinds.get(item) ?? {}), total = counts.reduce((sum, [, count]) => sum + count, 0);
  return counts.map(([kind, count]) => [kind, count / total] as const);
}

function drawTexts(brush: Brush, scene: Scene, boxes: readonly Box[], look: Look): void {
  const { context } = brush, { palette, heat, marks } = look, { items } = scene;
  context.textBaseline = 'alphabetic';
  context.textAlign = 'left';
  context.font = titleFont(palette.font);
  for (const box of boxes) {
    const item = items.get(box.item), port = item.node !== undefined && item.node.kind !== 'op';
    const left = box.x + textLeft + (canOpen(item) ? chevronRoom : 0), mark = badge(item);
    const room = box.x + box.width - 10 - left - (mark ? context.measureText(mark).width + badgeGap : 0);
    context.globalAlpha = isDimmed(box.item, look) ? 0.45 : 1;
    context.fillStyle = palette.text;
    const title = fitted(context, item.title, room), y = box.y + (box.height <= 28 ? box.height / 2 + 4 : 18);
    const start = port ? box.x + (box.width - context.measureText(title).width) / 2 : left;
    brush.text(title, start, y);
    if (mark) {
      context.fillStyle = palette.accent;
      brush.text(mark, start + context.measureText(title).width + badgeGap, y);
    }
  }
  context.font = detailFont(palette.font);
  context.fillStyle = palette.muted;
  for (const box of boxes) {
    const item = items.get(box.item), port = item.node !== undefined && item.node.kind !== 'op';
    context.globalAlpha = isDimmed(box.item, look) ? 0.45 : 1;
    context.fillStyle = heat ? palette.text : palette.muted;
    const lines = [...detailLines(item)], changes = marks.kinds.size > 0 && item.children.length > 0 ? marks.kindsText(box.item) : '';
    if (lines.length > 0 && heat && !port) lines[lines.length - 1] = heat.texts(item).find((text) => fitted(context, text, box.width - textLeft - 10) === text) ?? '';
    if (lines.length > 0 && changes) lines[lines.length - 1] = changes;
    lines.forEach((line, index) => {
      const shown = fitted(context, line, box.width - textLeft - 10);
      brush.text(shown, port ? box.x + (box.width - context.measureText(shown).width) / 2 : box.x + textLeft, box.y + 33 + index * lineHeight);
    });
  }
  context.globalAlpha = 1;
}

function drawOutlines(brush: Brush, scene: Scene, boxes: readonly Box[], look: Look, scale: number): void {
  const { palette, marks } = look;
  const many = (list: readonly Box[], color: string, width: number, grow: number): void => {
    if (list.length > 0) brush.stroke(color, width, 1, (context) => { for (const box of list) context.roundRect(box.x - grow, box.y - grow, box.width + 2 * grow, box.height + 2 * grow, radiusOf(scene, box) + grow); });
  };
  many(boxes.filter(({ item }) => marks.path.has(item)), palette.found, Math.max(2.5, 1.5 / scale), 1.5);
  const found = boxes.filter(({ item }) => marks.found.has(item));
  many(found, palette.found, Math.max(2.5, 1.5 / scale), 2);
  many(boxes.filter(({ item }) => item === look.hovered && item !== look.selected), palette.text, 1.2, 0);
  many(boxes.filter(({ item }) => item === look.selected), palette.accent, Math.max(2, 1.5 / scale), 1.5);
  // How many of a closed group's nodes were found.
  const { context } = brush;
  context.font = detailFont(palette.font);
  context.textAlign = 'center';
  for (const box of found) {
    if (scene.items.get(box.item).children.length === 0) continue;
    const text = t('{0} found', marks.found.get(box.item)!), width = context.measureText(text).width + 12;
    brush.fill(palette.found, 1, () => context.roundRect(box.x + box.width - width + 6, box.y - 10, width, 17, 8));
    context.fillStyle = palette.background;
    brush.text(text, box.x + box.width - width / 2 + 6, box.y + 2.5);
  }
}

/** The strip at the top of open boxes. It covers the lines that come in behind it. */
export function drawHeaders(brush: Brush, scene: Scene, frames: readonly FrameBox[], look: Look, scale: number): void {
  if (frames.length === 0) return;
  const { palette, marks, heat } = look, { context } = brush;
  const depth = frames[0]!.depth;
  brush.fill(palette.frame(depth + 1.5), 1, () => { for (const { x, y, width } of frames) context.roundRect(x + 0.5, y + 0.5, width - 1, headerHeight - 4, [7, 7, 0, 0]); });
  brush.stroke(palette.text, 1.6, 0.8, () => { for (const { x, y } of frames) chevron(context, x + textLeft, y + 13.5, true); });
  context.textBaseline = 'alphabetic';
  context.textAlign = 'left';
  for (const { item: id, x, y, width } of frames) {
    const item = scene.items.get(id);
    context.globalAlpha = isDimmed(id, look) ? 0.45 : 1;
    context.font = titleFont(palette.font);
    context.fillStyle = palette.text;
    const start = x + textLeft + chevronRoom, mark = badge(item), room = width - textLeft - chevronRoom - 10;
    const title = fitted(context, item.title, room - (mark ? context.measureText(mark).width + badgeGap : 0));
    brush.text(title, start, y + 18);
    let end = start + context.measureText(title).width;
    if (mark) {
      context.fillStyle = palette.accent;
      brush.text(mark, end + badgeGap, y + 18);
      end += badgeGap + context.measureText(mark).width;
    }
    context.font = detailFont(palette.font);
    context.fillStyle = palette.muted;
    const notes = heat ? heat.texts(item) : marks.kinds.size > 0 ? [marks.kindsText(id)] : item.kind === 'node' ? [item.node!.detail] : shorterFigures(item);
    brush.text(notes.find((note) => fitted(context, note, x + width - 12 - end - 14) === note) ?? '', end + 14, y + 18);
  }
  context.globalAlpha = 1;
  const found = frames.filter(({ item }) => marks.found.has(item));
  if (found.length > 0) brush.stroke(palette.found, Math.max(1.5, 1 / scale), 0.7, () => { for (const { x, y, width, height } of found) context.roundRect(x, y, width, height, 8); });
}

/** '›' of a closed box, '⌄' of an open one. */
function chevron(context: CanvasRenderingContext2D, x: number, y: number, open: boolean): void {
  if (open) {
    context.moveTo(x, y - 2);
    context.lineTo(x + 4, y + 2.5);
    context.lineTo(x + 8, y - 2);
  } else {
    context.moveTo(x, y - 4);
    context.lineTo(x + 4.5, y);
    context.lineTo(x, y + 4);
  }
}

export function outline(brush: Brush, { x, y, width, height }: Rect, radius: number, color: string, lineWidth: number): void {
  brush.stroke(color, lineWidth, 1, (context) => context.roundRect(x - 1, y - 1, width + 2, height + 2, radius));
}
