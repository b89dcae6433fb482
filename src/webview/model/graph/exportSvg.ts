/** The graph as it stands open, as an SVG document: frames, lines, boxes and their texts. */
import { headerHeight } from './compound';
import type { FrameBox } from './draw';
import { labelOf, trace, type Pen } from './drawLines';
import { fillOf, type Look } from './look';
import { badge, canOpen, detailLines, lineHeight, shorterFigures, textLeft } from './measure';
import type { Scene } from './scene';
import { cutToFit } from './text';

/** Boxes in one document at most; more would be a file that nothing opens. */
export const mostExported = 60_000;
const margin = 24;

/** Widths of texts in the title's and the details' font. */
export interface TextWidths { title(text: string): number; detail(text: string): number }

/** @throws when more boxes stand open than a document can hold. */
export function sceneToSvg(scene: Scene, look: Look, widths: TextWidths): string {
  if (scene.boxes > mostExported) throw new Error(`${scene.boxes.toLocaleString()} boxes are open, and a picture holds ${mostExported.toLocaleString()}: close some groups first`);
  const { palette } = look, out: string[] = [];
  const width = Math.ceil(scene.width + 2 * margin), height = Math.ceil(scene.height + 2 * margin);
  out.push(`<svg xmlns="http://www.w3.org/2000/svg" width="${width}" height="${height}" viewBox="${-margin} ${-margin} ${width} ${height}" font-family="${escape(palette.font)}" font-size="11">`);
  out.push(`<rect x="${-margin}" y="${-margin}" width="${width}" height="${height}" fill="${escape(palette.background)}"/>`);
  drawLevel(out, scene, { item: -1, level: scene.root, depth: 0, x: 0, y: 0, width: scene.width, height: scene.height }, look, widths);
  out.push('</svg>');
  return out.join('\n');
}

function drawLevel(out: string[], scene: Scene, frame: FrameBox, look: Look, widths: TextWidths): void {
  const { palette } = look, { level } = frame;
  if (frame.item >= 0) {
    const item = scene.items.get(frame.item);
    out.push(`<rect ${box(frame)} rx="8" fill="${palette.frame(frame.depth)}" stroke="${palette.border}"/>`);
    out.push(...lines(scene, frame, look));
    out.push(`<rect x="${n(frame.x + 0.5)}" y="${n(frame.y + 0.5)}" width="${n(frame.width - 1)}" height="${headerHeight - 4}" rx="7" fill="${palette.frame(frame.depth + 1.5)}"/>`);
    const title = [item.title, badge(item)].filter(Boolean).join('  '), room = frame.width - textLeft - 10, shown = cutToFit(title, room, widths.title);
    out.push(text(shown, frame.x + textLeft, frame.y + 18, palette.text, true));
    const used = widths.title(shown) + 14, note = shorterFigures(item).find((each) => widths.detail(each) <= room - used);
    if (note) out.push(text(note, frame.x + textLeft + used, frame.y + 18, palette.muted));
  } else out.push(...lines(scene, frame, look));
  const { x, y, widths: boxWidths, heights } = level.geometry.shape;
  level.children.forEach((child, index) => {
    const rect = { x: frame.x + x[index]! - boxWidths[index]! / 2, y: frame.y + y[index]! - heights[index]! / 2, width: boxWidths[index]!, height: heights[index]! };
    const inner = scene.level(child);
    if (inner) drawLevel(out, scene, { ...rect, item: child, level: inner, depth: frame.depth + 1 }, look, widths);
    else drawBox(out, scene, child, rect, look, widths);
  });
}

function drawBox(out: string[], scene: Scene, id: number, rect: { x: number; y: number; width: number; height: number }, look: Look, widths: TextWidths): void {
  const item = scene.items.get(id), { palette } = look, port = item.node !== undefined && item.node.kind !== 'op';
  const radius = item.kind !== 'node' ? 7 : port ? Math.min(14, rect.height / 2) : 5, { color, strength } = fillOf(item, look);
  out.push('<g>', `<title>${escape(item.node?.name || item.key)}</title>`);
  if (item.kind === 'repeat') for (const step of [6, 3]) out.push(`<rect ${box({ ...rect, x: rect.x + step, y: rect.y + step })} rx="7" fill="${palette.box}" stroke="${palette.border}"/>`);
  out.push(`<rect ${box(rect)} rx="${n(radius)}" fill="${palette.box}" stroke="${palette.border}"/>`);
  out.push(`<rect ${box(rect)} rx="${n(radius)}" fill="${escape(color)}" fill-opacity="${strength}"/>`);
  if (!port) {
    let from = 0;
    for (const [family, share] of look.mix.of(item)) {
      out.push(`<rect x="${n(rect.x)}" y="${n(rect.y + from * rect.height)}" width="4" height="${n(share * rect.height)}" fill="${escape(palette.families[family] ?? palette.muted)}"/>`);
      from += share;
    }
  }
  const title = cutToFit([item.title, badge(item)].filter(Boolean).join('  '), rect.width - textLeft - 8, widths.title);
  const anchor = port ? rect.x + rect.width / 2 : rect.x + textLeft;
  out.push(text(title, anchor, rect.y + (rect.height <= 28 ? rect.height / 2 + 4 : 18), palette.text, true, port));
  detailLines(item).forEach((line, index, all) => {
    const written = look.heat && !port && index === all.length - 1 ? look.heat.texts(item)[0]! : line;
    out.push(text(cutToFit(written, rect.width - textLeft - 8, widths.detail), anchor, rect.y + 33 + index * lineHeight, palette.muted, false, port));
  });
  if (canOpen(item)) out.push(`<path d="M${n(rect.x + rect.width - 13)} ${n(rect.y + 10)}l4.5 4l-4.5 4" fill="none" stroke="${palette.muted}" stroke-width="1.4"/>`);
  out.push('</g>');
}

function lines(scene: Scene, frame: FrameBox, { palette }: Look): string[] {
  const out: string[] = [], { level } = frame, { points, offsets, trunk } = level.geometry.shape;
  for (let line = 0; line < offsets.length - 1; line++) {
    const path = new SvgPath();
    trace(path, { frame, line });
    const edges = level.edges.subarray(level.edgeStarts[line]!, level.edgeStarts[line + 1]!);
    const target = level.ends[2 * line + 1]!, tip = offsets[line + 1]! - 1;
    const x = frame.x + points[2 * tip]!, y = frame.y + points[2 * tip + 1]!, back = points[2 * tip - 1]! > points[2 * tip + 1]! ? 6 : -6;
    const arrow = target < 0 || scene.level(target) ? '' : `<path d="M${n(x)} ${n(y)}l-3.5 ${back}h7z" fill="${palette.edge}"/>`;
    out.push(`<g><title>${escape([...new Set([...edges].slice(0, 8).map((edge) => scene.items.edges[edge]!.value))].join(', '))}</title><path d="${path.d}" fill="none" stroke="${palette.edge}" stroke-width="1.1"/>${arrow}</g>`);
    if (level.ends[2 * line]! >= 0 && trunk[line]! < 0 && !scene.level(level.ends[2 * line]!)) {
      const first = offsets[line]!, label = labelOf(scene, edges);
      if (label) out.push(`<text x="${n(frame.x + points[2 * first]! + 6)}" y="${n(frame.y + points[2 * first + 1]! + 13)}" font-size="9" fill="${palette.muted}">${escape(label)}</text>`);
    }
  }
  return out;
}

class SvgPath implements Pen {
  d = '';
  moveTo(x: number, y: number): void { this.d += `M${n(x)} ${n(y)}`; }
  lineTo(x: number, y: number): void { this.d += `L${n(x)} ${n(y)}`; }
  quadraticCurveTo(cx: number, cy: number, x: number, y: number): void { this.d += `Q${n(cx)} ${n(cy)} ${n(x)} ${n(y)}`; }
  bezierCurveTo(ax: number, ay: number, bx: number, by: number, x: number, y: number): void { this.d += `C${n(ax)} ${n(ay)} ${n(bx)} ${n(by)} ${n(x)} ${n(y)}`; }
}

function text(content: string, x: number, y: number, color: string, bold = false, centred = false): string {
  return `<text x="${n(x)}" y="${n(y)}" fill="${escape(color)}"${bold ? ' font-size="12" font-weight="600"' : ''}${centred ? ' text-anchor="middle"' : ''}>${escape(content)}</text>`;
}

const n = (value: number): string => String(Math.round(value * 10) / 10);
const box = ({ x, y, width, height }: { x: number; y: number; width: number; height: number }): string => `x="${n(x)}" y="${n(y)}" width="${n(width)}" height="${n(height)}"`;

/** Names from files are text: markup characters escaped, characters that XML has no place for replaced. */
export function escape(value: string): string {
  return value.replace(/[\u0000-\u0008\u000b\u000c\u000e-\u001f\ufffe\uffff]|[\ud800-\udbff](?![\udc00-\udfff])|(?<![\ud800-\udbff])[\udc00-\udfff]/g, '\ufffd')
    .replace(/[&<>"']/g, (character) => ({ '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;', "'": '&#39;' })[character]!);
}
