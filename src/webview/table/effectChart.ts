/** What the score does along one feature, drawn large: partial dependence, single rows, accumulated local effects. */
import type { Curve, Feature } from '../../protocol/table';
import { h } from '../common/dom';
import { formatValue } from '../common/format';
import { t } from '../common/strings';
import { bandPath, extent, linePath, s, scale, ticks } from './svg';

export interface Effects {
  /** Centred: 0 is the usual score. */
  readonly pdp?: Curve;
  readonly ale?: Curve;
}

const margin = { left: 50, right: 14, top: 30, bottom: 46 };

/** @param score what the axis counts: 'probability of setosa'. */
export function effectChart({ pdp, ale }: Effects, feature: Feature, score: string, [width, height]: readonly [number, number]): SVGElement {
  const words = feature.kind === 'category' ? feature.categories : undefined, right = width - margin.right, bottom = height - margin.bottom;
  const xs = extent(pdp?.grid ?? [], ale?.grid ?? []) ?? [0, 1], band = (curve: Curve | undefined, sign: number): number[] => (curve ? Array.from(curve.values, (value, i) => value + sign * 2 * (curve.standardErrors?.[i] ?? 0)) : []);
  const ys = extent(pdp?.values ?? [], ale?.values ?? [], band(pdp, 1), band(pdp, -1), band(ale, 1), band(ale, -1), pdp?.ice?.values ?? [], [0]) ?? [0, 1];
  const pad = (ys[1] - ys[0] || 1) * 0.05, x = scale(words ? [xs[0] - 0.5, xs[1] + 0.5] : xs, [margin.left, right]), y = scale([ys[0] - pad, ys[1] + pad], [bottom, margin.top]);
  const drawing = s('svg', { class: 'effect-chart', viewBox: `0 0 ${width} ${height}`, width, height, 'aria-hidden': 'true' });
  for (const value of ticks([ys[0] - pad, ys[1] + pad], 6)) {
    drawing.append(s('line', { class: value === 0 ? 'zero' : 'grid', x1: margin.left, x2: right, y1: y(value), y2: y(value) }),
      s('text', { class: 'tick', x: margin.left - 6, y: y(value) + 4, 'text-anchor': 'end' }, formatTick(value)));
  }
  const marks = words ? Array.from(pdp?.grid ?? []) : ticks(xs, Math.max(3, Math.floor((right - margin.left) / 80)));
  for (const value of marks) {
    drawing.append(s('line', { class: 'axis', x1: x(value), x2: x(value), y1: bottom, y2: bottom + 4 }),
      s('text', { class: 'tick', x: x(value), y: bottom + 17, 'text-anchor': 'middle' }, words ? shorten(words[value] ?? String(value)) : formatTick(value)));
  }
  drawing.append(s('line', { class: 'axis', x1: margin.left, x2: right, y1: bottom, y2: bottom }),
    s('text', { class: 'axis-title', x: (margin.left + right) / 2, y: height - 6, 'text-anchor': 'middle' }, feature.unit === undefined ? feature.name : `${feature.name} [${feature.unit}]`),
    s('text', { class: 'axis-title', x: 4, y: 14 }, score));
  if (pdp?.ice) {
    const points = pdp.grid.length;
    for (let row = 0; row < pdp.ice.rows.length; row++) drawing.append(s('path', { class: 'ice', d: linePath(pdp.grid, pdp.ice.values.subarray(row * points, (row + 1) * points), x, y) }));
  }
  for (const [name, curve] of [['pdp', pdp], ['ale', ale]] as const) {
    if (!curve) continue;
    drawing.append(s('path', { class: `band ${name}`, d: bandPath(curve.grid, band(curve, -1), band(curve, 1), x, y) }), s('path', { class: `line ${name}`, d: linePath(curve.grid, curve.values, x, y) }));
    if (words || curve.grid.length < 16) curve.grid.forEach((value, i) => drawing.append(s('circle', { class: `dot ${name}`, cx: x(value), cy: y(curve.values[i]!), r: 2.6 })));
  }
  // The rug: edges of the bins, between which lie about as many rows each.
  if (ale && !words) ale.grid.forEach((value) => drawing.append(s('line', { class: 'rug', x1: x(value), x2: x(value), y1: bottom - 7, y2: bottom })));
  return drawing;
}

/** The same as numbers, for eyes and screen readers. */
export function effectTable({ pdp, ale }: Effects, feature: Feature): HTMLElement {
  const table = (title: string, curve: Curve): HTMLElement => h('table', { class: 'numbers' }, h('caption', {}, title),
    h('thead', {}, h('tr', {}, ...[feature.name, t('change of the score'), t('standard error')].map((text) => h('th', { attributes: { scope: 'col' } }, text)))),
    h('tbody', {}, ...Array.from(curve.grid, (value, i) => h('tr', {}, h('th', { attributes: { scope: 'row' } }, feature.categories?.[value] ?? formatTick(value)), h('td', {}, formatValue(curve.values[i]!)), h('td', {}, curve.standardErrors ? formatValue(curve.standardErrors[i]!) : '–')))));
  return h('details', { class: 'numbers-of' }, h('summary', {}, t('The same as numbers')), h('div', { class: 'numbers-pair' }, pdp && table(t('Partial dependence'), pdp), ale && table(t('Accumulated local effects'), ale)));
}

/** A curve in a table's cell, all features on one scale so that they compare. */
export function sparkline({ pdp, ale }: Effects, ys: readonly [number, number]): SVGElement | undefined {
  // Of the same span as partial dependence where there is one: single rows far out would leave no room for the rest.
  const xs = extent(pdp?.grid ?? ale?.grid ?? []);
  if (!xs) return undefined;
  const width = 96, height = 24, x = scale(xs, [2, width - 2]), y = scale(ys, [height - 2, 2]);
  const drawing = s('svg', { class: 'sparkline', viewBox: `0 0 ${width} ${height}`, 'aria-hidden': 'true' }, s('line', { class: 'zero', x1: 0, x2: width, y1: y(0), y2: y(0) }));
  for (const [name, curve] of [['pdp', pdp], ['ale', ale]] as const) if (curve) drawing.append(s('path', { class: `line ${name}`, d: linePath(curve.grid, curve.values, x, y) }));
  return drawing;
}

function formatTick(value: number): string {
  const size = Math.abs(value);
  return (value !== 0 && (size >= 1e5 || size < 1e-3) ? value.toExponential(1) : String(Number(value.toPrecision(4)))).replace('-', '−');
}

function shorten(text: string): string {
  return text.length > 12 ? `${text.slice(0, 11)}…` : text;
}
