/** How much methods agree, as a table of colours; a cell chooses its row's method. */
import type { AgreementRow } from '../../../protocol/trust';
import { h } from '../../common/dom';
import { t } from '../../common/strings';

export type AgreementBy = 'rank' | 'overlap';

export function agreementMatrix(rows: readonly AgreementRow[], by: AgreementBy, current: string | undefined, choose: (method: string) => void): HTMLElement {
  const named = rows.filter(({ reason }) => reason === undefined), columns = named.map((row) => rows.indexOf(row));
  const value = (a: number, b: number): number | null => rows[Math.max(a, b)]![by][Math.min(a, b)] ?? null;
  return h('table', { class: 'agreement' },
    h('caption', { class: 'sr-only' }, by === 'rank' ? t('Rank correlation of the maps of two methods') : t('Share of the top tenth that two maps have in common')),
    h('tr', {}, h('td'), ...named.map(({ title }, column) => h('th', { title: t(title), attributes: { scope: 'col', 'aria-label': t(title) } }, String(column + 1)))),
    ...named.map((row, index) => h('tr', { class: row.method === current ? 'current' : '' },
      h('th', { attributes: { scope: 'row' } }, h('button', { class: 'link', title: t(row.title), attributes: { type: 'button', 'data-method': row.method }, on: { click: () => choose(row.method) } }, `${index + 1} ${t(row.title)}`)),
      ...columns.map((column, other) => cell(value(columns[index]!, column), other === index, () => choose(row.method), t('{0} and {1}', t(row.title), t(named[other]!.title)))))));
}

function cell(value: number | null, own: boolean, choose: () => void, title: string): HTMLElement {
  if (own || value === null) return h('td', { class: 'own' }, own ? '' : '–');
  const strength = Math.round(100 * Math.max(0, Math.min(1, value)));
  const element = h('td', { class: 'cell numeric', title: `${title}: ${value.toFixed(2)}`, on: { click: choose } }, value.toFixed(2).replace(/^(-?)0\./, '$1.'));
  element.style.setProperty('--strength', `${strength}%`);
  return element;
}

/** Methods without a map to compare, and why. */
export function missingMethods(rows: readonly AgreementRow[]): HTMLElement | false {
  const missing = rows.filter(({ reason }) => reason !== undefined);
  return missing.length > 0 && h('ul', { class: 'muted' }, ...missing.map(({ title, reason }) => h('li', {}, `${t(title)}: ${reason}`)));
}
