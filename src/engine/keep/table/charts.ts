/** Charts of reports as SVG in the page: drawn once, coloured by the page's own style sheet, so that dark and light do. */
import { shortNumber } from '../../table/treeText';
import { escapeMarkup as text } from '../markup';

type Scale = (value: number) => number;

export const chartStyle = `
svg { display: block; max-width: 100%; height: auto; font: 12px system-ui, sans-serif; font-variant-numeric: tabular-nums; }
:root { --c0: #0072b2; --c1: #d07200; --c2: #00855f; --c3: #b05493; --c4: #a08a00; --c5: #b23c12; --c6: #5a49c0; --c7: #7d6238; --for: #c0472f; --against: #2f7fb8; }
@media (prefers-color-scheme: dark) { :root { --c0: #5aa9e6; --c1: #f0a04b; --c2: #3fc59d; --c3: #d789c4; --c4: #f4e05c; --c5: #e2704a; --c6: #9d8df1; --c7: #c8b08c; --for: #ee7a63; --against: #5aa9dd; } }
svg text { fill: var(--ink); } svg .quiet { fill: var(--muted); } svg .end { text-anchor: end; } svg .middle { text-anchor: middle; }
.axis { stroke: var(--line); } .zero { stroke: var(--muted); } .error { stroke: var(--ink); stroke-width: 1.4; }
.plain { fill: var(--c0); } .for { fill: var(--for); } .against { fill: var(--against); } .line { fill: none; stroke: var(--c0); stroke-width: 1.8; } .line.other { stroke: var(--c1); stroke-dasharray: 5 3; }
.faint { fill: none; stroke: var(--muted); stroke-opacity: .25; } .band { fill: var(--c0); fill-opacity: .16; } .band.other { fill: var(--c1); } .way { fill: none; stroke: var(--muted); stroke-opacity: .4; } .box { fill: var(--page); stroke: var(--line); } .halo { stroke: var(--page); stroke-width: 4px; paint-order: stroke; }
.multiples { display: grid; grid-template-columns: repeat(auto-fill, minmax(15rem, 1fr)); gap: .5rem 1rem; } .scroll { overflow-x: auto; } .scroll svg { min-width: 46rem; } .wide th, .wide td { white-space: nowrap; overflow-wrap: normal; }
details > summary { cursor: pointer; color: var(--muted); width: fit-content; } .key { display: inline-block; width: .7rem; height: .7rem; border-radius: 2px; margin-right: .3rem; } .keys { display: flex; flex-wrap: wrap; gap: .1rem 1.1rem; margin: .25rem 0; } .share { background: color-mix(in srgb, var(--c0) calc(var(--share) * 1%), transparent); }
`;

const n = (value: number): string => String(Math.round(value * 100) / 100);

/** Attributes by name; nothing of a file is among them but through `text`. */
export function tag(name: string, attributes: Readonly<Record<string, string | number>>, ...children: readonly (string | false)[]): string {
  return `<${name}${Object.entries(attributes).map(([key, value]) => ` ${key}="${typeof value === 'number' ? n(value) : text(value)}"`).join('')}>${children.filter((child) => child !== false).join('')}</${name}>`;
}

export function words(x: number, y: number, content: string, kind = ''): string {
  return tag('text', { x, y, ...(kind && { class: kind }) }, text(content));
}

/** @param title what there is to see, for those who do not. */
export function svg(width: number, height: number, title: string, ...children: readonly (string | false)[]): string {
  return tag('svg', { viewBox: `0 0 ${n(width)} ${n(height)}`, width, height, role: 'img' }, tag('title', {}, text(title)), ...children);
}

export function scale([low, high]: readonly [number, number], [start, end]: readonly [number, number]): Scale {
  return high > low ? (value) => start + ((value - low) / (high - low)) * (end - start) : () => (start + end) / 2;
}

export function extent(values: Iterable<number>, ...more: readonly number[]): [number, number] {
  let low = Infinity, high = -Infinity;
  for (const list of [values, more]) for (const value of list) if (Number.isFinite(value)) [low, high] = [Math.min(low, value), Math.max(high, value)];
  return low <= high ? [low, high] : [0, 1];
}

export const cut = (name: string, most: number): string => (name.length > most ? `${name.slice(0, most - 1)}…` : name);

export interface Bar { readonly name: string; readonly value: number; readonly error?: number }

/** One bar a line, from 0; errors as whiskers. */
export function bars(title: string, list: readonly Bar[], most = 30): string {
  const shown = list.slice(0, most), width = 780, left = 215, right = 90, row = 22, signed = shown.some(({ value }) => value < 0);
  const reach = extent(shown.flatMap(({ value, error = 0 }) => [value - error, value + error]), 0), x = scale(reach, [left, width - right]);
  return `${svg(width, row * shown.length + 8, title, tag('line', { class: 'zero', x1: x(0), x2: x(0), y1: 0, y2: row * shown.length }), ...shown.map(({ name, value, error }, at) => {
    const y = at * row, known = Number.isFinite(value), end = known ? x(value) : x(0), far = Math.max(end, x(0), known && error ? x(value + error) : 0);
    return [
      words(left - 8, y + 15, cut(name, 28), 'end'), tag('rect', { class: value < 0 ? 'against' : signed ? 'for' : 'plain', x: Math.min(end, x(0)), y: y + 4, width: Math.abs(end - x(0)), height: row - 8, rx: 2 }),
      error ? tag('line', { class: 'error', x1: x(value - error), x2: x(value + error), y1: y + row / 2, y2: y + row / 2 }) : '', words(far + 6, y + 15, known ? shortNumber(Number(value.toPrecision(3))) : '–', 'quiet'),
    ].join('');
  }))}${list.length > most ? `<p class="muted">The ${most} largest of ${list.length}.</p>` : ''}`;
}

export interface Line { readonly x: ArrayLike<number>; readonly y: ArrayLike<number>; readonly error?: ArrayLike<number>; readonly kind?: 'other' | 'faint' }

/** Lines over one axis, with bands of twice the standard error. @param names of places on the axis, for categories. */
export function lines(title: string, list: readonly Line[], { ys, names, label }: { readonly ys: readonly [number, number]; readonly names?: readonly string[]; readonly label?: string }): string {
  const width = 260, height = 150, left = 44, bottom = height - 34, xs = extent(list.flatMap(({ x }) => Array.from(x))), x = scale(xs, [left, width - 8]), up = scale(ys, [bottom, 22]), y: Scale = (value) => Math.min(bottom, Math.max(22, up(value)));
  const path = (each: Line, of: (at: number) => number): string => Array.from(each.x, (value, at) => `${n(x(value))} ${n(y(of(at)))}`).filter((point) => !point.includes('NaN')).join('L');
  const tick = (value: number): string => (names ? cut(names[Math.round(value)] ?? '', 12) : shortNumber(Number(value.toPrecision(3))));
  return svg(width, height, title, words(left, 14, cut(title, 34)), tag('line', { class: 'axis', x1: left, x2: width - 8, y1: bottom, y2: bottom }), ys[0] < 0 && ys[1] > 0 && tag('line', { class: 'axis', x1: left, x2: width - 8, y1: y(0), y2: y(0) }),
    words(left - 6, 30, shortNumber(Number(ys[1].toPrecision(2))), 'quiet end'), words(left - 6, bottom + 4, shortNumber(Number(ys[0].toPrecision(2))), 'quiet end'), words(left, bottom + 16, tick(xs[0])), words(width - 8, bottom + 16, tick(xs[1]), 'end'), label !== undefined && words((left + width) / 2, height - 4, cut(label, 36), 'quiet middle'),
    ...list.map((each) => (each.error ? tag('path', { class: `band ${each.kind ?? ''}`, d: `M${path(each, (at) => each.y[at]! + 2 * each.error![at]!)}L${path({ ...each, x: Array.from(each.x).reverse() }, (at) => each.y[each.x.length - 1 - at]! - 2 * each.error![each.x.length - 1 - at]!)}Z` }) : '')),
    ...list.map((each) => tag('path', { class: each.kind === 'faint' ? 'faint' : `line ${each.kind ?? ''}`, d: `M${path(each, (at) => each.y[at]!)}` })));
}

/** Points; with `diagonal` where both are the same. */
export function points(title: string, x: ArrayLike<number>, y: ArrayLike<number>, { labels, most = 1000, diagonal = false }: { readonly labels: readonly [string, string]; readonly most?: number; readonly diagonal?: boolean }): string {
  const width = 380, height = 300, left = 56, bottom = height - 40, step = Math.max(1, Math.ceil(x.length / most)), xs = extent(Array.from(x), ...(diagonal ? Array.from(y) : [])), ys = diagonal ? xs : extent(Array.from(y)), at = scale(xs, [left, width - 10]), up = scale(ys, [bottom, 12]);
  const dots: string[] = [];
  for (let i = 0; i < x.length; i += step) if (Number.isFinite(x[i]!) && Number.isFinite(y[i]!)) dots.push(`<circle cx="${n(at(x[i]!))}" cy="${n(up(y[i]!))}" r="2.4" fill="var(--c0)" fill-opacity=".6"/>`);
  return svg(width, height, title, tag('line', { class: 'axis', x1: left, x2: width - 10, y1: bottom, y2: bottom }), diagonal && tag('line', { class: 'zero', 'stroke-dasharray': '3 3', x1: at(xs[0]), y1: up(xs[0]), x2: at(xs[1]), y2: up(xs[1]) }), ...dots,
    words(left, bottom + 16, shortNumber(Number(xs[0].toPrecision(3))), 'quiet'), words(width - 10, bottom + 16, shortNumber(Number(xs[1].toPrecision(3))), 'quiet end'), words(left - 6, bottom, shortNumber(Number(ys[0].toPrecision(3))), 'quiet end'), words(left - 6, 20, shortNumber(Number(ys[1].toPrecision(3))), 'quiet end'), words((left + width) / 2, height - 6, labels[0], 'middle'), words(left + 4, 12, labels[1]));
}

/** One line of points a name: what it adds (x), coloured by its own value from low to high. */
export function swarm(title: string, rows: readonly { readonly name: string; readonly values: readonly number[]; /** 0…1, NaN where there is none. */ readonly colors: readonly number[] }[]): string {
  const width = 780, left = 215, row = 30, [low, high] = extent(rows.flatMap(({ values }) => values), 0), x = scale([low, high], [left, width - 20]), bottom = row * rows.length;
  return svg(width, bottom + 24, title, tag('line', { class: 'zero', x1: x(0), x2: x(0), y1: 0, y2: bottom }), ...rows.map(({ name, values, colors }, at) => {
    const lanes = new Map<number, number>(), middle = at * row + row / 2;
    return [words(left - 8, middle + 4, cut(name, 28), 'end'), ...values.map((value, i) => {
      // Points of one spot stand above and below one another.
      const bin = Math.round(x(value) / 4), taken = lanes.get(bin) ?? 0, color = colors[i]!;
      lanes.set(bin, taken + 1);
      const off = Math.min(row / 2 - 4, Math.ceil(taken / 2) * 2.2) * (taken % 2 ? 1 : -1);
      return `<circle cx="${n(x(value))}" cy="${n(middle + off)}" r="2.2" fill="${Number.isFinite(color) ? `color-mix(in oklab, var(--for) ${Math.round(100 * color)}%, var(--against))` : 'var(--muted)'}"/>`;
    })].join('');
  }), words(left, bottom + 16, shortNumber(Number(low.toPrecision(3))), 'quiet'), words(width - 20, bottom + 16, shortNumber(Number(high.toPrecision(3))), 'quiet end'), words(Math.min(width - 120, Math.max(left + 60, x(0))), bottom + 16, '0', 'quiet middle'));
}

/** A grid of cells coloured from the lowest to the highest value. */
export function heat(title: string, values: ArrayLike<number>, [down, across]: readonly [number, number], labels: readonly [string, string], ends: readonly [readonly [string, string], readonly [string, string]]): string {
  const size = Math.min(26, 420 / Math.max(down, across)), left = 110, [low, high] = extent(Array.from(values)), wide = left + across * size + 130, tall = 30 + down * size + 36;
  const cells = Array.from({ length: down * across }, (_, at) => {
    const value = values[at]!, share = high > low ? (value - low) / (high - low) : 0.5;
    return `<rect x="${n(left + (at % across) * size)}" y="${n(30 + (down - 1 - Math.floor(at / across)) * size)}" width="${n(size + 0.5)}" height="${n(size + 0.5)}" fill="${Number.isFinite(value) ? `color-mix(in oklab, var(--for) ${Math.round(100 * share)}%, var(--against))` : 'none'}"/>`;
  });
  return svg(wide, tall, title, ...cells, words(left, 20, `${cut(labels[0], 40)} (upwards) by ${cut(labels[1], 40)}`), words(left - 6, 42, cut(ends[0][1], 14), 'quiet end'), words(left - 6, 28 + down * size, cut(ends[0][0], 14), 'quiet end'), words(left, 46 + down * size, cut(ends[1][0], 14), 'quiet'), words(left + across * size, 46 + down * size, cut(ends[1][1], 14), 'quiet end'),
    words(left + across * size + 10, 42, `highest ${shortNumber(Number(high.toPrecision(3)))}`), words(left + across * size + 10, 60, `lowest ${shortNumber(Number(low.toPrecision(3)))}`));
}
