/** A map as what is drawn of it: coloured pixels, contour lines, a mask. Each is made when first drawn, and kept. */
import type { HeatMap } from '../../protocol/engine';
import type { ExplainView } from '../../protocol/webview';
import { colorMaps, colorTable, type ColorMapName } from '../../tensor/colormap';
import { heatmapToRgba, mapScale, type MapScale } from '../../tensor/heatmap';
import { contour, massLevels, smoothed, StrengthRanks, strongestLevel } from '../../tensor/mapShape';
import { averaged } from '../../tensor/resample';
import { maxAbs } from '../../tensor/statistics';

export type ViewOptions = ExplainView;

/** Shares of the evidence that contour lines hold. */
export const contourShares = [0.5, 0.75, 0.9] as const;
/** Cells of the longer side that contours are drawn on: finer ones are noise. */
const contourSide = 160;
/** Smoothing, in parts of the map's longer side: gradient maps are speckled, contours of speckles are confetti. */
const smoothing = 1 / 64, contourSmoothing = 1 / 40;
/** What hides the weak parts of a masked picture: how much of them is still seen. */
export const maskedRest = 0.08;

export interface ContourLine {
  readonly share: number;
  readonly color: string;
  /** In cells of the map. */
  readonly path: Path2D;
}

export class MapPainter {
  private original: HeatMap | undefined;
  private options: ViewOptions = { opacity: 0.7, colorMap: 'auto', signed: true };
  private kept = new Map<string, unknown>();

  setMap(map: HeatMap | undefined): void {
    const fits = map && map.width > 0 && map.height > 0 && map.values.length === map.width * map.height;
    this.original = fits ? map : undefined;
    this.kept.clear();
  }

  setOptions(options: ViewOptions): void {
    const { smooth, colorMap, signed, strongest } = this.options;
    if (smooth !== options.smooth || colorMap !== options.colorMap || signed !== options.signed) this.kept.clear();
    else if (strongest !== options.strongest) this.kept.delete('mask');
    this.options = options;
  }

  get map(): HeatMap | undefined {
    return this.original;
  }

  /** The colours in use, and whether they tell for from against. */
  colors(): { readonly colorMap: ColorMapName; readonly signed: boolean } {
    const signed = (this.original?.signed ?? false) && this.options.signed, { colorMap } = this.options;
    const named = Object.hasOwn(colorMaps, colorMap) ? (colorMap as ColorMapName) : undefined;
    return { signed, colorMap: named ?? (signed ? 'blue-white-red' : 'inferno') };
  }

  /** What is drawn as nothing and at full strength. */
  scale(): MapScale {
    return this.once('scale', () => mapScale(this.shown(), { signed: this.colors().signed }));
  }

  /** Largest absolute value of the map as it was computed. */
  largest(): number {
    return this.once('largest', () => maxAbs(this.original?.values ?? []));
  }

  /** The share of all cells that are stronger than a value of the map. */
  rank(value: number): number {
    return this.once('ranks', () => new StrengthRanks(absolute(this.original!.values), this.largest())).share(Math.abs(value));
  }

  /** The coloured map; `even`: opaque everywhere instead of where it is strong. */
  image(even: boolean): OffscreenCanvas {
    return this.once(even ? 'even' : 'image', () => {
      const map = this.shown(), { colorMap, signed } = this.colors();
      return canvasOf(heatmapToRgba(map, { colorMap, signed, opacity: 1, opacityMode: even ? 'uniform' : 'strength' }), map);
    });
  }

  /** Lines around the cells that hold 50, 75 and 90 % of the evidence for the target (of all of it, shown without sign). */
  contours(): readonly ContourLine[] {
    return this.once('contours', () => {
      const { width, height, values } = this.original!, shrink = Math.max(1, Math.max(width, height) / contourSide);
      const columns = Math.max(1, Math.round(width / shrink)), rows = Math.max(1, Math.round(height / shrink));
      const evidence = this.evidence(values), small = shrink > 1 ? averaged(evidence, width, height, columns, rows) : evidence;
      const smooth = smoothed(small, columns, rows, Math.max(columns, rows) * contourSmoothing);
      const levels = massLevels(smooth, contourShares), { colorMap } = this.colors();
      return contourShares.flatMap((share, at) => {
        if (!Number.isFinite(levels[at])) return [];
        const path = new Path2D(), lines = contour(smooth, columns, rows, levels[at]!), x = width / columns, y = height / rows;
        for (let i = 0; i < lines.length; i += 4) {
          path.moveTo(lines[i]! * x, lines[i + 1]! * y);
          path.lineTo(lines[i + 2]! * x, lines[i + 3]! * y);
        }
        return [{ share, color: contourColor(colorMap, at), path }];
      });
    });
  }

  /** Opaque where the map is not among its strongest cells, which are smoothed as for contours of half the width: single pixels show nothing. */
  mask(): OffscreenCanvas {
    return this.once('mask', () => {
      const map = this.shown(), { width, height } = map;
      const evidence = smoothed(this.evidence(map.values), width, height, Math.max(width, height) * contourSmoothing / 2), level = strongestLevel(evidence, this.options.strongest ?? 0.1);
      const rgba = new Uint8ClampedArray(4 * evidence.length);
      for (let i = 0; i < evidence.length; i++) rgba[4 * i + 3] = evidence[i]! >= level && evidence[i]! > 0 ? 0 : 255;
      return canvasOf(rgba, map);
    });
  }

  /** What speaks for the target; shown without sign, or where nothing does, the strength. */
  private evidence(values: Float32Array): Float32Array {
    if (!this.colors().signed || values.every((value) => value <= 0)) return absolute(values);
    const out = new Float32Array(values.length);
    for (let i = 0; i < out.length; i++) out[i] = Math.max(0, values[i]!);
    return out;
  }

  /** The map as it is drawn. */
  private shown(): HeatMap {
    return this.once('shown', () => {
      const map = this.original!;
      if (!this.options.smooth) return map;
      // Without sign, speckles of both signs would cancel where the evidence is.
      const values = this.colors().signed ? map.values : absolute(map.values);
      return { ...map, values: smoothed(values, map.width, map.height, Math.max(map.width, map.height) * smoothing) };
    });
  }

  private once<T>(name: string, make: () => T): T {
    if (!this.kept.has(name)) this.kept.set(name, make());
    return this.kept.get(name) as T;
  }
}

function absolute(values: Float32Array): Float32Array {
  const out = new Float32Array(values.length);
  for (let i = 0; i < out.length; i++) out[i] = Math.abs(values[i]!);
  return out;
}

function canvasOf(rgba: Uint8ClampedArray<ArrayBuffer>, { width, height }: HeatMap): OffscreenCanvas {
  const canvas = new OffscreenCanvas(width, height);
  canvas.getContext('2d')!.putImageData(new ImageData(rgba, width, height), 0, 0);
  return canvas;
}

/** From the strong end of the colour map inwards; all are seen on a dark halo. */
function contourColor(colorMap: ColorMapName, at: number): string {
  const table = colorTable(colorMap), row = 3 * Math.round(255 * (colorMaps[colorMap] === 'diverging' ? [0.86, 0.76, 0.66][at]! : [0.92, 0.76, 0.6][at]!));
  return `rgb(${table[row]}, ${table[row + 1]}, ${table[row + 2]})`;
}
