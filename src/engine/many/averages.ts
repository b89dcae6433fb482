/** The mean map of every class, taken while pictures pass by: memory grows with the classes that occur, not with the pictures. */
import type { HeatMap } from '../../protocol/engine';
import type { ClassAverage } from '../../protocol/many';
import { maxAbs } from '../../tensor/statistics';
import { resizeMap } from '../../tensor/heatmap';

const side = 56;

interface Sum { readonly label: string; readonly values: Float64Array; pictures: number; signed: boolean }

export class ClassAverages {
  private readonly sums = new Map<number, Sum>();

  /** One more map of class `index`; it counts as much as every other, however strong it is. */
  add(index: number, label: string, map: HeatMap): void {
    const strongest = maxAbs(map.values);
    if (!(strongest > 0) || !Number.isFinite(strongest)) return;
    let sum = this.sums.get(index);
    if (!sum) this.sums.set(index, sum = { label, values: new Float64Array(side * side), pictures: 0, signed: false });
    const { values } = resizeMap(map, side, side);
    for (let cell = 0; cell < values.length; cell++) sum.values[cell]! += values[cell]! / strongest;
    sum.pictures++;
    sum.signed ||= map.signed;
  }

  /** The classes with the most pictures first. */
  all(): ClassAverage[] {
    return [...this.sums].sort(([a, { pictures: most }], [b, { pictures: fewer }]) => fewer - most || a - b)
      .map(([index, { label, values, pictures, signed }]) => ({ index, label, pictures, map: { width: side, height: side, signed, values: Float32Array.from(values, (value) => value / pictures) } }));
  }
}
