/** Which class is taken for which: counts as a heat table, a cell of which lists its rows. */
import { h } from '../../common/dom';
import { formatNumber, formatPercent } from '../../common/format';
import { t } from '../../common/strings';
import { cellAfterKey } from '../../model/details/cellCursor';
import type { ChartTable } from '../plotTable';

/** More classes than this are shown by their counts alone. */
const roomy = 10;

/** @param counts [actual, said]. @param choose called with a cell that is clicked. */
export function confusionTable(counts: readonly (readonly number[])[], outputs: readonly string[], choose: (actual: number, said: number) => void): HTMLElement {
  const totals = counts.map((row) => row.reduce((sum, count) => sum + count, 0)), small = outputs.length > roomy;
  const cell = (actual: number, said: number): HTMLElement => {
    const count = counts[actual]![said]!, share = totals[actual] ? count / totals[actual]! : 0;
    const button = h('button', { class: `confusion-cell ${actual === said ? 'right' : 'wrong'}${count === 0 ? ' none' : ''}`, title: t('{0} rows are {1} and said to be {2}: {3} of its rows', formatNumber(count), outputs[actual]!, outputs[said]!, formatPercent(share)), attributes: { type: 'button', tabindex: actual + said === 0 ? 0 : -1, 'data-cell': `${actual} ${said}` }, on: { click: () => choose(actual, said) } },
      h('span', { class: 'confusion-count' }, formatNumber(count)), !small && h('span', { class: 'confusion-share' }, formatPercent(share)));
    button.style.setProperty('--share', String(share));
    return h('td', {}, button);
  };
  const body = h('tbody', {}, ...outputs.map((name, actual) => h('tr', {}, h('th', { title: name, attributes: { scope: 'row' } }, name), ...outputs.map((_, said) => cell(actual, said)), h('td', { class: 'confusion-total muted' }, formatNumber(totals[actual]!)))));
  const table = h('table', { class: `confusion${small ? ' small' : ''}` }, h('caption', { class: 'sr-only' }, t('Rows by what they are and what they are said to be')),
    h('thead', {}, h('tr', {}, h('th', { class: 'confusion-corner', attributes: { scope: 'col' } }, t('is ↓  said →')), ...outputs.map((name) => h('th', { title: name, attributes: { scope: 'col' } }, name)), h('th', { class: 'confusion-total', attributes: { scope: 'col' } }, t('rows')))), body);
  table.addEventListener('keydown', (event) => {
    const [row, column] = (event.target as HTMLElement).dataset.cell?.split(' ').map(Number) ?? [], to = row === undefined || column === undefined ? undefined : cellAfterKey(event, { row, column }, { rows: outputs.length, columns: outputs.length });
    if (!to) return;
    event.preventDefault();
    (event.target as HTMLElement).tabIndex = -1;
    const next = table.querySelector<HTMLElement>(`[data-cell="${to.row} ${to.column}"]`)!;
    next.tabIndex = 0;
    next.focus();
  });
  return h('div', { class: 'confusion-scroll' }, table);
}

export function confusionNumbers(counts: readonly (readonly number[])[], outputs: readonly string[]): ChartTable {
  return { head: ['actual \\ said', ...outputs], rows: counts.map((row, actual) => [outputs[actual]!, ...row]) };
}
