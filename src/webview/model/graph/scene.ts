/** The laid-out graph: levels inside levels, with an index in each, so that drawing and pointing cost what is visible. */
import { BoxIndex } from './boxIndex';
import { headerHeight, type Level, type LevelGeometry } from './compound';
import type { Items } from './items';

export interface Rect { readonly x: number; readonly y: number; readonly width: number; readonly height: number }

/** What lies under a point: a closed box, the header of an open one, or the room inside its frame. */
export interface Hit { readonly item: number; readonly part: 'box' | 'header' | 'frame' }

/** A line of a level. */
export interface LineRef { readonly level: number; readonly line: number }

/** A geometry with its indexes; equal blocks share both. */
export class IndexedGeometry {
  private boxIndex: BoxIndex | undefined;
  private lineIndex: BoxIndex | undefined;

  constructor(readonly shape: LevelGeometry) {}

  get boxes(): BoxIndex {
    const { x, y, widths, heights } = this.shape;
    return (this.boxIndex ??= new BoxIndex(Float32Array.from({ length: 4 * x.length }, (_, at) => {
      const box = at >> 2, side = at & 3;
      return side === 0 ? x[box]! - widths[box]! / 2 : side === 1 ? y[box]! - heights[box]! / 2 : side === 2 ? x[box]! + widths[box]! / 2 : y[box]! + heights[box]! / 2;
    })));
  }

  get lines(): BoxIndex {
    if (this.lineIndex) return this.lineIndex;
    const { points, offsets } = this.shape;
    const bounds = new Float32Array(4 * (offsets.length - 1));
    for (let line = 0; line < offsets.length - 1; line++) {
      let left = Infinity, top = Infinity, right = -Infinity, bottom = -Infinity;
      for (let p = offsets[line]!; p < offsets[line + 1]!; p++) {
        left = Math.min(left, points[2 * p]!);
        right = Math.max(right, points[2 * p]!);
        top = Math.min(top, points[2 * p + 1]!);
        bottom = Math.max(bottom, points[2 * p + 1]!);
      }
      bounds.set([left, top, right, bottom], 4 * line);
    }
    return (this.lineIndex = new BoxIndex(bounds));
  }
}

export type SceneLevel = Omit<Level, 'geometry'> & { readonly geometry: IndexedGeometry };

export class Scene {
  private readonly levels = new Map<number, SceneLevel>();
  /** Position of each visible item among its level's children. */
  private readonly position: Int32Array;

  constructor(readonly items: Items, levels: readonly SceneLevel[]) {
    this.position = new Int32Array(items.list.length).fill(-1);
    for (const level of levels) {
      this.levels.set(level.box, level);
      level.children.forEach((child, index) => { this.position[child] = index; });
    }
  }

  get root(): SceneLevel {
    return this.levels.get(-1)!;
  }

  get width(): number { return this.root.geometry.shape.width; }
  get height(): number { return this.root.geometry.shape.height; }

  /** Boxes to be seen: closed ones, and nodes. */
  get boxes(): number {
    let boxes = 1;
    for (const { children } of this.levels.values()) boxes += children.length - 1;
    return boxes;
  }

  /** The level inside an open item; undefined for closed ones. */
  level(item: number): SceneLevel | undefined {
    return this.levels.get(item);
  }

  allLevels(): Iterable<SceneLevel> {
    return this.levels.values();
  }

  isVisible(item: number): boolean {
    return this.position[item]! >= 0;
  }

  /** The visible item that stands for this one: itself, or the closed box it lies in. */
  shownAs(item: number): number {
    let at = item;
    while (this.position[at]! < 0 && this.items.get(at).parent >= 0) at = this.items.get(at).parent;
    return at;
  }

  /** Where a visible item is, in world units. */
  rect(item: number): Rect {
    const { parent } = this.items.get(item), index = this.position[item]!;
    const { x, y, widths, heights } = this.levels.get(parent)!.geometry.shape;
    const corner = this.corner(parent);
    return { x: corner.x + x[index]! - widths[index]! / 2, y: corner.y + y[index]! - heights[index]! / 2, width: widths[index]!, height: heights[index]! };
  }

  /** The corner of an open item's frame; of the root: the origin. */
  corner(box: number): { x: number; y: number } {
    let x = 0, y = 0;
    for (let at = box; at >= 0; at = this.items.get(at).parent) {
      const shape = this.levels.get(this.items.get(at).parent)!.geometry.shape, index = this.position[at]!;
      x += shape.x[index]! - shape.widths[index]! / 2;
      y += shape.y[index]! - shape.heights[index]! / 2;
    }
    return { x, y };
  }

  hit(x: number, y: number): Hit | undefined {
    let level = this.root, left = 0, top = 0, found: Hit | undefined;
    for (;;) {
      const { x: xs, y: ys, widths, heights } = level.geometry.shape;
      let index = -1;
      level.geometry.boxes.search(x - left, y - top, x - left, y - top, (box) => { index = box; });
      if (index < 0) return found;
      const item = level.children[index]!, inner = this.levels.get(item);
      if (!inner) return { item, part: 'box' };
      left += xs[index]! - widths[index]! / 2;
      top += ys[index]! - heights[index]! / 2;
      if (y - top <= headerHeight) return { item, part: 'header' };
      found = { item, part: 'frame' };
      level = inner;
    }
  }

  /** The line nearest to a point, if one is within `reach`. */
  lineAt(x: number, y: number, reach: number): LineRef | undefined {
    let nearest: LineRef | undefined, best = reach * reach;
    let level: SceneLevel | undefined = this.root, left = 0, top = 0;
    while (level) {
      const { points, offsets, x: xs, y: ys, widths, heights } = level.geometry.shape, current: SceneLevel = level, lx = x - left, ly = y - top;
      current.geometry.lines.search(lx - reach, ly - reach, lx + reach, ly + reach, (line) => {
        for (let p = offsets[line]!; p + 1 < offsets[line + 1]!; p++) {
          const distance = toSegment(lx, ly, points[2 * p]!, points[2 * p + 1]!, points[2 * p + 2]!, points[2 * p + 3]!);
          if (distance < best) { best = distance; nearest = { level: current.box, line }; }
        }
      });
      let index = -1;
      current.geometry.boxes.search(lx, ly, lx, ly, (box) => { index = box; });
      level = index < 0 ? undefined : this.levels.get(current.children[index]!);
      if (index >= 0) { left += xs[index]! - widths[index]! / 2; top += ys[index]! - heights[index]! / 2; }
    }
    return nearest;
  }

  /** Numbers of the edges that a line stands for. */
  edgesOf({ level, line }: LineRef): Uint32Array {
    const { edges, edgeStarts } = this.levels.get(level)!;
    return edges.subarray(edgeStarts[line]!, edgeStarts[line + 1]!);
  }
}

/** Squared distance of (x, y) to the segment a–b. */
function toSegment(x: number, y: number, ax: number, ay: number, bx: number, by: number): number {
  const dx = bx - ax, dy = by - ay, length = dx * dx + dy * dy;
  const along = length > 0 ? Math.min(1, Math.max(0, ((x - ax) * dx + (y - ay) * dy) / length)) : 0;
  return (x - ax - along * dx) ** 2 + (y - ay - along * dy) ** 2;
}
