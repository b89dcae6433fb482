/** Drawings of the table's page: SVG elements in one line each, scales, and ticks at round numbers. */

const namespace = 'http://www.w3.org/2000/svg';

/** A new SVG element. Text goes in as text nodes: names in files are no markup. */
export function s(tag: string, attributes: Readonly<Record<string, string | number>> = {}, ...children: readonly (Node | string | false | undefined)[]): SVGElement {
  const element = document.createElementNS(namespace, tag);
  for (const [name, value] of Object.entries(attributes)) element.setAttribute(name, typeof value === 'number' ? String(Math.round(value * 100) / 100) : value);
  for (const child of children) if (child) element.append(child);
  return element;
}

export type Scale = (value: number) => number;

/** From `low`…`high` to `start`…`end`; a range of one value goes to the middle. */
export function scale([low, high]: readonly [number, number], [start, end]: readonly [number, number]): Scale {
  return high > low ? (value) => start + ((value - low) / (high - low)) * (end - start) : () => (start + end) / 2;
}

/** The least and the greatest finite number. @returns undefined where there is none. */
export function extent(...lists: readonly ArrayLike<number>[]): [number, number] | undefined {
  let low = Infinity, high = -Infinity;
  for (const list of lists) {
    for (let i = 0; i < list.length; i++) {
      const value = list[i]!;
      if (!Number.isFinite(value)) continue;
      low = Math.min(low, value);
      high = Math.max(high, value);
    }
  }
  return low <= high ? [low, high] : undefined;
}

/** About `count` round numbers from `low` to `high`: steps of 1, 2 or 5 times a power of ten. */
export function ticks([low, high]: readonly [number, number], count: number): number[] {
  if (!(high > low)) return [low];
  const rough = (high - low) / Math.max(1, count), power = 10 ** Math.floor(Math.log10(rough)), step = power * ([1, 2, 5].find((size) => size * power >= rough) ?? 10);
  const first = Math.ceil(low / step - 1e-9), last = Math.floor(high / step + 1e-9);
  return Array.from({ length: last - first + 1 }, (_, i) => Number(((first + i) * step).toPrecision(12)));
}

/** A line through points; what is no number breaks it. */
export function linePath(xs: ArrayLike<number>, ys: ArrayLike<number>, x: Scale, y: Scale): string {
  let path = '', pen = 'M';
  for (let i = 0; i < xs.length; i++) {
    if (!Number.isFinite(ys[i]!) || !Number.isFinite(xs[i]!)) {
      pen = 'M';
      continue;
    }
    path += `${pen}${x(xs[i]!).toFixed(1)} ${y(ys[i]!).toFixed(1)}`;
    pen = 'L';
  }
  return path;
}

/** The area between two lines over the same points. */
export function bandPath(xs: ArrayLike<number>, low: ArrayLike<number>, high: ArrayLike<number>, x: Scale, y: Scale): string {
  const forth = Array.from(xs, (value, i) => `${x(value).toFixed(1)} ${y(high[i]!).toFixed(1)}`), back = Array.from(xs, (value, i) => `${x(value).toFixed(1)} ${y(low[i]!).toFixed(1)}`).reverse();
  const points = [...forth, ...back];
  return points.length === 0 || points.some((point) => point.includes('NaN')) ? '' : `M${points.join('L')}Z`;
}
