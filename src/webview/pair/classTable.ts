/** What both models say: their highest classes, a bar for each model. */
import type { PairClass, PairResult } from '../../protocol/pair';
import { h } from '../common/dom';
import { formatPercent, formatValue } from '../common/format';
import { t } from '../common/strings';

const shown = 8;

export function classTable({ classes, kinds }: PairResult, names: readonly [string, string]): HTMLElement {
  const listed = classes.slice(0, shown);
  /** Scores are drawn against the model's own largest: they have no common unit. */
  const largest = (side: 'a' | 'b'): number => (kinds[side] === 'probabilities' ? 1 : Math.max(1e-30, ...listed.map((row) => Math.abs(row[side] ?? 0))));
  const cell = (value: number | null, side: 'a' | 'b'): HTMLElement => {
    const bar = h('span', { class: `track side-${side}`, attributes: { 'aria-hidden': true } }, h('span', {}));
    (bar.firstElementChild as HTMLElement).style.width = `${Math.min(100, (100 * Math.abs(value ?? 0)) / largest(side))}%`;
    const words = value === null ? '–' : kinds[side] === 'probabilities' ? formatPercent(value) : formatValue(value);
    return h('td', { class: 'numeric', title: value === null ? t('not among the highest classes of this model') : undefined }, words, bar);
  };
  return h('table', { class: 'class-table' },
    h('thead', {}, h('tr', {}, h('th', { attributes: { scope: 'col' } }, t('Class')), ...names.map((name) => h('th', { class: 'model', title: name, attributes: { scope: 'col' } }, name)))),
    h('tbody', {}, ...listed.map((row: PairClass) => h('tr', {}, h('th', { title: row.label, attributes: { scope: 'row' } }, row.label || t('class {0}', row.index)), cell(row.a, 'a'), cell(row.b, 'b')))));
}
