/** A small line chart of how the class is lost or found again, and the same as a table. */
import type { Figure } from '../../../protocol/trust';
import { h } from '../../common/dom';
import { formatPercent, formatValue } from '../../common/format';
import { t } from '../../common/strings';

type Curves = NonNullable<Figure['curves']>;

const width = 300, height = 104, left = 36, bottom = 16, top = 6;
const svgNamespace = 'http://www.w3.org/2000/svg';
/** Places of a curve that the table has. */
const tableRows = 6;

/** @param across what the horizontal axis counts, in words. */
export function curveChart(curves: Curves, across: string): HTMLElement {
  const named = [['map', t('This map'), curves.map], ['random', t('Random map'), curves.random], ['edges', t('Edges'), curves.edges]] as const;
  const present = named.flatMap(([kind, title, curve]) => (curve ? [{ kind, title, curve }] : []));
  const values = present.flatMap(({ curve }) => curve.y), low = Math.min(0, ...values), high = Math.max(low + 1e-9, ...values);
  const x = (share: number): number => left + share * (width - left - 6), y = (value: number): number => top + ((high - value) / (high - low)) * (height - top - bottom);
  const chart = svg('svg', { viewBox: `0 0 ${width} ${height}`, class: 'curves', role: 'img', 'aria-label': present.map(({ title, curve }) => `${title}: ${formatValue(curve.y[0]!)} → ${formatValue(curve.y.at(-1)!)}`).join(', ') },
    svg('path', { class: 'axis', d: `M${left} ${top}V${height - bottom}H${width - 6}` }),
    label(left - 4, top + 7, formatValue(high), 'end'), label(left - 4, height - bottom, formatValue(low), 'end'),
    label(left, height - 3, '0'), label(width - 6, height - 3, across, 'end'),
    // The map's own line lies on top.
    ...[...present].reverse().map(({ kind, curve }) => svg('path', { class: `line ${kind}`, d: curve.x.map((share, point) => `${point === 0 ? 'M' : 'L'}${x(share).toFixed(1)} ${y(curve.y[point]!).toFixed(1)}`).join('') })));
  const shares = Array.from({ length: tableRows }, (_, row) => row / (tableRows - 1));
  return h('div', { class: 'curve-group' }, chart,
    h('details', { class: 'as-table' }, h('summary', { class: 'muted' }, t('As a table')),
      h('table', {}, h('tr', {}, h('th', {}, across), ...present.map(({ title }) => h('th', {}, title))),
        ...shares.map((share) => h('tr', {}, h('td', { class: 'numeric' }, formatPercent(share)), ...present.map(({ curve }) => h('td', { class: 'numeric' }, formatValue(valueAt(curve, share)))))))));
}

function valueAt({ x, y }: Curves['map'], share: number): number {
  const next = x.findIndex((place) => place >= share - 1e-9);
  if (next <= 0) return y[next === 0 ? 0 : y.length - 1]!;
  const [from, to] = [x[next - 1]!, x[next]!];
  return y[next - 1]! + ((y[next]! - y[next - 1]!) * (share - from)) / (to - from);
}

function label(x: number, y: number, text: string, anchor = 'start'): SVGElement {
  const element = svg('text', { x, y, 'text-anchor': anchor, class: 'tick' });
  element.textContent = text;
  return element;
}

function svg(tag: string, attributes: Readonly<Record<string, string | number>>, ...children: readonly SVGElement[]): SVGElement {
  const element = document.createElementNS(svgNamespace, tag);
  for (const [name, value] of Object.entries(attributes)) element.setAttribute(name, String(value));
  element.append(...children);
  return element;
}
