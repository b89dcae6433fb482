/** What is chosen of the picture, drawn over it: the edited view in its place, the lines around what was chosen. */
import type { PictureRegions } from '../../../protocol/whatIf';
import type { PictureView, PictureLayer, PicturePoint } from '../pictureView';
import { Mask, outline, regionCentres, type Cell } from './mask';

/** The engine takes masks up to this side. */
const largestSide = 512;

interface Area { readonly left: number; readonly top: number; readonly width: number; readonly height: number }

export class Selection implements PictureLayer {
  readonly mask: Mask;
  readonly labels: Uint16Array;
  readonly count: number;
  readonly centres: readonly { readonly x: number; readonly y: number; readonly cells: number }[];
  /** The region under the pointer or the keys. */
  hovered: number | undefined;
  /** Whether all regions' edges are shown. */
  showRegions = false;
  private edited: ImageBitmap | undefined;
  private edge: Path2D | undefined;
  private readonly edges = new Map<number, Path2D>();
  private grid: Path2D | undefined;

  constructor(private readonly picture: PictureView, private readonly regions: PictureRegions) {
    const step = Math.max(1, Math.ceil(Math.max(regions.width, regions.height) / largestSide));
    const width = Math.floor(regions.width / step), height = Math.floor(regions.height / step);
    this.mask = new Mask(width, height);
    this.labels = Uint16Array.from({ length: width * height }, (_, i) => regions.labels[Math.floor(i / width) * step * regions.width + (i % width) * step]!);
    this.count = regions.count;
    this.centres = regionCentres(this.labels, regions.count, width);
  }

  /** A cell of the mask from a pixel of the picture. */
  cellAt(at: PicturePoint): Cell {
    const area = this.area();
    return { x: ((at.x - area.left) / area.width) * this.mask.width, y: ((at.y - area.top) / area.height) * this.mask.height };
  }

  /** The region at a pixel of the picture; undefined outside the model's view. */
  regionAt(at: PicturePoint): number | undefined {
    const { x, y } = this.cellAt(at), { width, height } = this.mask;
    return x < 0 || y < 0 || x >= width || y >= height ? undefined : this.labels[Math.floor(y) * width + Math.floor(x)];
  }

  isChosen(region: number): boolean {
    const cell = this.labels.indexOf(region);
    return cell >= 0 && this.mask.bytes[cell] === 1;
  }

  /** Call after every change of the mask. */
  changed(): void {
    this.edge = undefined;
    this.picture.redraw();
  }

  /** The edited view, in place of the picture; undefined shows the picture. */
  show(bitmap: ImageBitmap | undefined): void {
    this.edited?.close();
    this.edited = bitmap;
    this.picture.redraw();
  }

  dispose(): void {
    this.picture.removeLayer(this);
    this.edited?.close();
    this.edited = undefined;
  }

  draw(context: CanvasRenderingContext2D, scale: number): void {
    const area = this.area(), { width, height } = this.mask, all = this.picture.size;
    if (all) {
      // A letterboxed view reaches beyond the picture.
      context.beginPath();
      context.rect(0, 0, all.width * scale, all.height * scale);
      context.clip();
    }
    if (this.edited && !this.mask.isEmpty) context.drawImage(this.edited, area.left * scale, area.top * scale, area.width * scale, area.height * scale);
    context.translate(area.left * scale, area.top * scale);
    const sx = (area.width * scale) / width, sy = (area.height * scale) / height;
    const stroke = (path: Path2D, colour: string, thickness: number): void => {
      const scaled = new Path2D();
      scaled.addPath(path, new DOMMatrix([sx, 0, 0, sy, 0, 0]));
      context.strokeStyle = colour;
      context.lineWidth = thickness;
      context.lineCap = 'round';
      context.stroke(scaled);
    };
    if (this.showRegions) stroke((this.grid ??= pathOf(this.gridLines())), 'rgba(255, 255, 255, 0.28)', 0.8);
    if (!this.mask.isEmpty) {
      this.edge ??= pathOf(outline((cell) => this.mask.bytes[cell] === 1, width, height));
      stroke(this.edge, 'rgba(0, 0, 0, 0.75)', 3.4);
      stroke(this.edge, '#fff', 1.5);
    }
    if (this.hovered !== undefined) {
      const path = this.edgeOf(this.hovered);
      stroke(path, 'rgba(0, 0, 0, 0.8)', 4);
      stroke(path, '#ffd23f', 2);
    }
  }

  private area(): Area {
    const frame = this.regions.frame ?? this.picture.seen, all = this.picture.size;
    return frame ?? { left: 0, top: 0, width: all?.width ?? 1, height: all?.height ?? 1 };
  }

  private edgeOf(region: number): Path2D {
    let path = this.edges.get(region);
    if (!path) this.edges.set(region, path = pathOf(outline((cell) => this.labels[cell] === region, this.mask.width, this.mask.height)));
    return path;
  }

  /** The edges between all regions. */
  private gridLines(): number[] {
    const { width, height } = this.mask, { labels } = this, lines: number[] = [];
    for (let y = 0; y < height; y++) {
      for (let x = 0; x < width; x++) {
        const at = y * width + x;
        if (x > 0 && labels[at] !== labels[at - 1]) lines.push(x, y, x, y + 1);
        if (y > 0 && labels[at] !== labels[at - width]) lines.push(x, y, x + 1, y);
      }
    }
    return lines;
  }
}

function pathOf(lines: readonly number[]): Path2D {
  const path = new Path2D();
  for (let i = 0; i < lines.length; i += 4) {
    path.moveTo(lines[i]!, lines[i + 1]!);
    path.lineTo(lines[i + 2]!, lines[i + 3]!);
  }
  return path;
}
