/** Where in a picture a map's evidence lies, in figures from which a sentence can be made for those who do not see it. */
import type { HeatMap } from './heatmap';

/** Quarters and halves of the picture; 'centre' is the middle quarter of its area, 'everywhere' no part in particular. */
export type MapPlace = 'upper left' | 'upper right' | 'lower left' | 'lower right' | 'centre' | 'upper half' | 'lower half' | 'left half' | 'right half' | 'everywhere';

export interface MapPlaces {
  readonly place: MapPlace;
  /** Share of the evidence for the target that lies there, 0…1. */
  readonly share: number;
  /** Where the strongest cell is, 0…1 from the left and from the top. */
  readonly peak: { readonly x: number; readonly y: number };
  /** Share of the picture's area that holds half of the evidence, strongest cells first. */
  readonly halfArea: number;
  /** Evidence against the target over all evidence, 0…1; 0 for maps without sign. */
  readonly against: number;
}

interface Region { readonly place: MapPlace; readonly left: number; readonly top: number; readonly right: number; readonly bottom: number; readonly least: number }

/** Smaller parts first: the first that holds enough of the evidence is said. `least` is well above the part's own area. */
const regions: readonly Region[] = [
  { place: 'centre', left: 0.25, top: 0.25, right: 0.75, bottom: 0.75, least: 0.5 },
  { place: 'upper left', left: 0, top: 0, right: 0.5, bottom: 0.5, least: 0.5 },
  { place: 'upper right', left: 0.5, top: 0, right: 1, bottom: 0.5, least: 0.5 },
  { place: 'lower left', left: 0, top: 0.5, right: 0.5, bottom: 1, least: 0.5 },
  { place: 'lower right', left: 0.5, top: 0.5, right: 1, bottom: 1, least: 0.5 },
  { place: 'upper half', left: 0, top: 0, right: 1, bottom: 0.5, least: 0.65 },
  { place: 'lower half', left: 0, top: 0.5, right: 1, bottom: 1, least: 0.65 },
  { place: 'left half', left: 0, top: 0, right: 0.5, bottom: 1, least: 0.65 },
  { place: 'right half', left: 0.5, top: 0, right: 1, bottom: 1, least: 0.65 },
];

/** @returns undefined for a map without evidence for the target (all zero or negative, or no numbers). */
export function whereInMap({ values, width, height }: HeatMap): MapPlaces | undefined {
  let total = 0, negative = 0, peak = -1;
  for (let cell = 0; cell < values.length; cell++) {
    const value = values[cell]!;
    if (!Number.isFinite(value)) continue;
    if (value > 0) total += value;
    else negative -= value;
    if (peak < 0 || value > values[peak]!) peak = cell;
  }
  if (!(total > 0)) return undefined;
  const shares = regions.map((region) => ({ region, share: sumIn(values, width, height, region) / total }));
  // Of the quarters (and then the halves) that hold enough, the one that holds most.
  const best = (least: number): (typeof shares)[number] | undefined => shares.filter(({ region, share }) => region.least === least && share >= least).sort((a, b) => b.share - a.share)[0];
  const found = best(0.5) ?? best(0.65);
  return {
    place: found?.region.place ?? 'everywhere', share: found ? Math.min(1, found.share) : 1,
    peak: { x: ((peak % width) + 0.5) / width, y: (Math.floor(peak / width) + 0.5) / height },
    halfArea: halfArea(values, total), against: negative / (total + negative),
  };
}

/** Positive values in a part; cells its edge cuts count by the part of them inside. */
function sumIn(values: Float32Array, width: number, height: number, { left, top, right, bottom }: Region): number {
  let sum = 0;
  const inside = (from: number, to: number, cell: number): number => Math.max(0, Math.min(to, cell + 1) - Math.max(from, cell));
  for (let y = 0; y < height; y++) {
    const rows = inside(top * height, bottom * height, y);
    if (rows === 0) continue;
    for (let x = 0; x < width; x++) {
      const value = values[y * width + x]!;
      if (value > 0) sum += value * rows * inside(left * width, right * width, x);
    }
  }
  return sum;
}

function halfArea(values: Float32Array, total: number): number {
  const sorted = values.filter((value) => value > 0).sort().reverse();
  let sum = 0;
  for (let count = 0; count < sorted.length; count++) {
    sum += sorted[count]!;
    if (sum >= total / 2) return (count + 1) / values.length;
  }
  return sorted.length / values.length;
}
