/** Two maps over one picture, cell by cell, though the models may have seen different parts of it at different sizes. */
import { rankAgreement, strengths, topOverlap } from '../../metrics/agreement';
import type { HeatMap, PictureFrame } from '../../protocol/engine';
import type { PairFigures } from '../../protocol/pair';
import { resizeMap } from '../../tensor/heatmap';
import { pearson } from '../../tensor/statistics';

/** Sides of the grid both are compared on: finer than most maps, small enough to rank at once. */
const largestSide = 224;

export interface MapsApart { readonly difference: HeatMap; readonly figures: PairFigures }

/** @returns undefined where the models saw no common part of the picture. */
export function mapsApart(a: HeatMap, b: HeatMap, frames?: { readonly a: PictureFrame; readonly b: PictureFrame }): MapsApart | undefined {
  const scale = Math.min(1, largestSide / Math.max(a.width, a.height, b.width, b.height));
  const width = Math.max(1, Math.round(Math.max(a.width, b.width) * scale)), height = Math.max(1, Math.round(Math.max(a.height, b.height) * scale));
  const first = resizeMap(a, width, height).values, other = resizeMap(b, width, height).values;
  const second = new Float32Array(first.length), seen: number[] = [];
  for (let cell = 0; cell < first.length; cell++) {
    const from = frames ? cellOf(frames.a, frames.b, cell, width, height) : cell;
    if (from < 0) continue;
    second[cell] = other[from]!;
    seen.push(cell);
  }
  if (seen.length === 0) return undefined;
  const left = Float32Array.from(seen, (cell) => first[cell]!), right = Float32Array.from(seen, (cell) => second[cell]!);
  const values = new Float32Array(first.length), [sumA, sumB] = [left, right].map((map) => map.reduce((sum, value) => sum + Math.abs(value), 0));
  // Shares of all evidence: two models' scores have no common unit.
  for (const cell of seen) values[cell] = (sumB! > 0 ? second[cell]! / sumB! : 0) - (sumA! > 0 ? first[cell]! / sumA! : 0);
  const correlation = pearson(left, right), [strongA, strongB] = [strengths(left), strengths(right)];
  return {
    difference: { width, height, values, signed: true },
    figures: { rankCorrelation: rankAgreement(strongA, strongB), correlation: Number.isNaN(correlation) ? 0 : correlation, topOverlap: topOverlap(strongA, strongB) },
  };
}

/** The cell of a grid over `to` that lies where `cell` of a grid over `from` does; −1 outside. */
function cellOf(from: PictureFrame, to: PictureFrame, cell: number, width: number, height: number): number {
  const x = from.left + (((cell % width) + 0.5) / width) * from.width, y = from.top + ((Math.floor(cell / width) + 0.5) / height) * from.height;
  const column = Math.floor(((x - to.left) / to.width) * width), row = Math.floor(((y - to.top) / to.height) * height);
  return column < 0 || row < 0 || column >= width || row >= height ? -1 : row * width + column;
}
