/** The lines of a level: what flows between its boxes, with arrows, and dims where there is room to read them. */
import { formatDims } from '../../common/format';
import { t } from '../../common/strings';
import type { Brush } from './brush';
import type { FrameBox } from './draw';
import { anyLit, type Look } from './look';
import { detailFont } from './measure';
import type { Scene } from './scene';
import { fitted } from './text';

/** The window in world units. */
export interface View { readonly left: number; readonly top: number; readonly right: number; readonly bottom: number; readonly scale: number }

interface Line { readonly frame: FrameBox; readonly line: number }

const arrowsFrom = 0.4, labelsFrom = 0.72;
/** Wider than any dims of a real model, in world units. */
const longestLabel = 260;

export function drawLines(brush: Brush, scene: Scene, frames: readonly FrameBox[], look: Look, view: View): void {
  const { palette, marks } = look, { scale } = view;
  const plain: Line[] = [], lit: Line[] = [], onPath: Line[] = [];
  const hovered = look.hoveredLine;
  for (const frame of frames) {
    const { level } = frame, { x, y } = frame.corner ?? frame, { points, offsets, trunk } = level.geometry.shape;
    const special = new Map<number, 'lit' | 'path'>(), found: number[] = [];
    level.geometry.lines.search(view.left - x, view.top - y, view.right - x, view.bottom - y, (line) => {
      const first = offsets[line]!, last = offsets[line + 1]! - 1;
      // Less than a pixel or two long: the specks of its boxes cover it.
      if (Math.max(Math.abs(points[2 * last + 1]! - points[2 * first + 1]!), Math.abs(points[2 * last]! - points[2 * first]!)) * scale < 2.5) return;
      found.push(line);
      const edges = level.edges.subarray(level.edgeStarts[line]!, level.edgeStarts[line + 1]!);
      const kind = anyLit(edges, marks.pathEdges) ? 'path' : anyLit(edges, look.litEdges) || (hovered?.level === level.box && hovered.line === line) ? 'lit' : undefined;
      // A line that continues a trunk is lit with all of the trunk.
      if (kind) for (let at = line; at >= 0; at = trunk[at]!) special.set(at, kind);
    });
    for (const line of found) {
      const kind = special.get(line);
      (kind === 'path' ? onPath : kind === 'lit' ? lit : plain).push({ frame, line });
    }
  }
  const width = Math.max(1.1, 0.7 / scale), faded = (marks.path.size > 0 ? 0.3 : 1) * (look.motion ? look.motion.along ** 2 : 1);
  const draw = (lines: readonly Line[], color: string, lineWidth: number, alpha: number): void => {
    if (lines.length === 0) return;
    brush.stroke(color, lineWidth, alpha, (context) => { for (const line of lines) trace(context, line, scale < 0.2); });
    if (scale >= arrowsFrom) brush.fill(color, alpha, (context) => { for (const line of lines) arrow(context, scene, line); });
  };
  draw(plain, palette.edge, width, faded);
  draw(lit, palette.accent, Math.max(2, 1.4 / scale), 1);
  draw(onPath, palette.found, Math.max(3, 2 / scale), 1);
  brush.counts.edges += plain.length + lit.length + onPath.length;
  if (scale >= labelsFrom && !look.motion) drawLabels(brush, scene, [...plain, ...lit, ...onPath], look, view);
}

/** What `trace` draws on: a canvas, or whatever collects a path. */
export interface Pen {
  moveTo(x: number, y: number): void;
  lineTo(x: number, y: number): void;
  quadraticCurveTo(cx: number, cy: number, x: number, y: number): void;
  bezierCurveTo(ax: number, ay: number, bx: number, by: number, x: number, y: number): void;
}

const cornerRadius = 44, stub = 7;

/** The line through its points, corners rounded; it leaves and arrives upright. @param coarse without curves, for lines seen from afar. */
export function trace(pen: Pen, { frame, line }: Line, coarse = false): void {
  const { points, offsets } = frame.level.geometry.shape;
  const first = offsets[line]!, last = offsets[line + 1]! - 1;
  const x = (p: number): number => frame.x + points[2 * p]!, y = (p: number): number => frame.y + points[2 * p + 1]!;
  pen.moveTo(x(first), y(first));
  if (coarse) {
    for (let p = first + 1; p <= last; p++) pen.lineTo(x(p), y(p));
    return;
  }
  if (last - first === 1) {
    const middle = (y(first) + y(last)) / 2;
    if (x(first) === x(last)) pen.lineTo(x(last), y(last));
    else pen.bezierCurveTo(x(first), middle, x(last), middle, x(last), y(last));
    return;
  }
  const down = y(last) < y(first) ? -1 : 1;
  let fromX = x(first), fromY = y(first), cornerX = fromX, cornerY = fromY + down * stub;
  const corner = (nextX: number, nextY: number): void => {
    const before = Math.hypot(cornerX - fromX, cornerY - fromY), after = Math.hypot(nextX - cornerX, nextY - cornerY);
    const a = before > 0 ? Math.min(cornerRadius, before / 2) / before : 0, b = after > 0 ? Math.min(cornerRadius, after / 2) / after : 0;
    pen.lineTo(cornerX - a * (cornerX - fromX), cornerY - a * (cornerY - fromY));
    fromX = cornerX + b * (nextX - cornerX);
    fromY = cornerY + b * (nextY - cornerY);
    pen.quadraticCurveTo(cornerX, cornerY, fromX, fromY);
    cornerX = nextX;
    cornerY = nextY;
  };
  for (let p = first + 1; p < last; p++) corner(x(p), y(p));
  corner(x(last), y(last) - down * stub);
  corner(x(last), y(last));
  pen.lineTo(x(last), y(last));
}

function arrow(context: CanvasRenderingContext2D, scene: Scene, { frame: { level, x: left, y: top }, line }: Line): void {
  const target = level.ends[2 * line + 1]!;
  if (target < 0 || scene.level(target)) return;
  const { points, offsets } = level.geometry.shape;
  const tip = offsets[line + 1]! - 1, x = left + points[2 * tip]!, y = top + points[2 * tip + 1]!;
  // Lines of groups that feed each other both ways arrive from below.
  const back = points[2 * tip - 1]! > points[2 * tip + 1]! ? 6 : -6;
  context.moveTo(x, y);
  context.lineTo(x - 3.5, y + back);
  context.lineTo(x + 3.5, y + back);
}

/** Dims beside the beginning of lines, once for each value, where they touch no other label. */
function drawLabels(brush: Brush, scene: Scene, lines: readonly Line[], { palette }: Look, view: View): void {
  const { context } = brush;
  context.font = detailFont(palette.font).replace('11px', '10px');
  context.textAlign = 'left';
  context.textBaseline = 'middle';
  const taken: (readonly [left: number, top: number, right: number])[] = [], said = new Set<string>();
  for (const { frame: { level, x: left, y: top }, line } of lines) {
    const source = level.ends[2 * line]!, { points, offsets, trunk } = level.geometry.shape;
    if (source < 0 || trunk[line]! >= 0 || scene.level(source)) continue;
    const edges = level.edges.subarray(level.edgeStarts[line]!, level.edgeStarts[line + 1]!);
    const text = fitted(context, labelOf(scene, edges), longestLabel), key = `${source} ${text}`;
    if (text === '' || said.has(key)) continue;
    const first = offsets[line]!, x = left + points[2 * first]! + 6, y = top + points[2 * first + 1]! + (scene.items.get(source).kind === 'repeat' ? 16 : 10);
    if (y < view.top || y > view.bottom) continue;
    const right = x + context.measureText(text).width;
    if (taken.some(([l, t, r]) => Math.abs(t - y) < 12 && x - 4 < r && l - 4 < right)) continue;
    said.add(key);
    taken.push([x, y, right]);
    brush.fill(palette.frame(0), 0.75, () => context.roundRect(x - 2, y - 6, right - x + 4, 12, 3));
    context.fillStyle = palette.muted;
    brush.text(text, x, y);
  }
}

/** '1×64×56×56', or how many tensors a line stands for. */
export function labelOf(scene: Scene, edges: Uint32Array): string {
  const values = new Set<string>();
  for (const edge of edges) values.add(scene.items.edges[edge]!.value);
  if (values.size > 1) return t('{0} tensors', values.size);
  const dims = scene.items.edges[edges[0]!]?.dims;
  return dims ? formatDims(dims, '×') : '';
}
