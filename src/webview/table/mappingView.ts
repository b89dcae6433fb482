/** In words: what the table is, which column goes where, what was assumed, and how the model does on it. */
import type { OpenTableResult, TableFit } from '../../protocol/table';
import { h } from '../common/dom';
import { formatNumber, formatPercent } from '../common/format';
import { icon } from '../common/icons';
import { t } from '../common/strings';

export function mappingView({ total, count, notes, warnings, columns, reading }: OpenTableResult): HTMLElement {
  const rows = count < total ? t('{0} of {1} rows, drawn at random', formatNumber(count), formatNumber(total)) : t('{0} rows', formatNumber(total));
  const assumed = reading?.mapping.assumed ?? [];
  return h('div', { class: 'mapping' },
    h('p', { class: 'mapping-words' }, [rows, reading?.mapping.words, reading?.fit && fitWords(reading.fit)].filter(Boolean).join(' · ')),
    ...warnings.map((warning) => h('p', { class: 'warning' }, icon('warning'), h('span', {}, warning))),
    (reading ?? notes.length > 0) && h('details', {}, h('summary', {}, assumed.length === 1 ? t('Columns and inputs, one assumption') : assumed.length > 0 ? t('Columns and inputs, {0} assumptions', assumed.length) : t('Columns and inputs')),
      h('div', { class: 'mapping-inside' },
        (assumed.length > 0 || notes.length > 0) && h('ul', { class: 'assumed' }, ...[...notes, ...assumed].map((sentence) => h('li', {}, sentence))),
        reading && h('div', { class: 'mapping-scroll', attributes: { tabindex: 0, role: 'region', 'aria-label': t('Columns and inputs') } }, h('table', { class: 'numbers' },
          h('thead', {}, h('tr', {}, ...[t('Column'), t('Kind'), t('Goes to')].map((text) => h('th', { attributes: { scope: 'col' } }, text)))),
          h('tbody', {}, ...reading.mapping.features.map(({ feature, columns: places, to }) => h('tr', {}, h('th', { attributes: { scope: 'row' } }, places.map((place) => columns[place]?.name).join(', ')), h('td', {}, kindText(feature.kind)), h('td', { class: 'mono' }, to))),
            reading.mapping.label !== undefined && h('tr', {}, h('th', { attributes: { scope: 'row' } }, columns[reading.mapping.label]?.name), h('td', {}, t('label')), h('td', {}, t('what a row really is')))))))));
}

/** How the model does on rows whose label is known. */
export function fitWords({ kind, value, chance, rows }: TableFit): string {
  if (kind === 'r2') return t('The model explains {0} of the label’s variance (R²) on {1} rows', formatPercent(value), formatNumber(rows));
  const right = t('The model gives the label of {0} of {1} labelled rows', formatPercent(value), formatNumber(rows));
  return chance === undefined ? right : `${right} (${t('always saying the most frequent class: {0}', formatPercent(chance))})`;
}

function kindText(kind: 'number' | 'integer' | 'category'): string {
  return kind === 'category' ? t('category') : kind === 'integer' ? t('whole number') : t('number');
}
