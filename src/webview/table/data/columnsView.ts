/** The file and its columns: how it was read, and what each column holds. */
import type { OpenTableResult, TableColumnInfo } from '../../../protocol/table';
import { h } from '../../common/dom';
import { formatNumber, formatValue } from '../../common/format';
import { t } from '../../common/strings';

const wordsShown = 4;

export function fileView({ name, total, count, notes }: OpenTableResult): HTMLElement {
  return h('section', { class: 'data-file' },
    h('h2', {}, t('The file')),
    h('p', {}, h('strong', {}, name), ' · ', count < total ? t('{0} of {1} rows, drawn at random', formatNumber(count), formatNumber(total)) : t('{0} rows', formatNumber(total))),
    notes.length > 0 && h('ul', { class: 'assumed' }, ...notes.map((note) => h('li', {}, note))));
}

export function columnsView({ columns }: OpenTableResult): HTMLElement {
  const heads = [t('Column'), t('Holds'), t('Missing'), t('Different'), t('Values'), t('Role')];
  return h('section', { class: 'data-columns' },
    h('h2', {}, t('{0} columns', formatNumber(columns.length))),
    h('div', { class: 'columns-scroll', attributes: { tabindex: 0, role: 'region', 'aria-label': t('Columns of the table') } }, h('table', { class: 'numbers' },
      h('thead', {}, h('tr', {}, ...heads.map((text, at) => h('th', { class: at === 2 || at === 3 ? 'count' : '', attributes: { scope: 'col' } }, text)))),
      h('tbody', {}, ...columns.map((column) => h('tr', { class: `role-${column.role}` },
        h('th', { attributes: { scope: 'row' }, title: column.name }, column.name), h('td', {}, typeWords(column.type)), h('td', { class: 'count' }, column.missing ? formatNumber(column.missing) : ''), h('td', { class: 'count' }, formatNumber(column.distinct)),
        h('td', { class: 'values' }, valuesOf(column)), h('td', {}, { feature: t('feature'), label: t('label'), unused: t('not used') }[column.role])))))));
}

function typeWords(type: TableColumnInfo['type']): string {
  return { number: t('numbers'), integer: t('whole numbers'), category: t('categories'), text: t('texts'), constant: t('one value'), identifier: t('numbers of rows') }[type];
}

function valuesOf({ minimum, maximum, categories, distinct }: TableColumnInfo): string {
  if (minimum !== undefined && maximum !== undefined) return minimum === maximum ? formatValue(minimum) : `${formatValue(minimum)} … ${formatValue(maximum)}`;
  return categories ? `${categories.slice(0, wordsShown).join(', ')}${distinct > wordsShown ? ', …' : ''}` : '';
}
