/** Slices of rows on which the model errs most: bars beside the mean of all rows, a click lists the rows. */
import type { SliceQuality, TableQuality } from '../../../protocol/tableQuality';
import { h } from '../../common/dom';
import { formatNumber, formatPercent, formatValue } from '../../common/format';
import { t } from '../../common/strings';
import type { ChartTable } from '../plotTable';

export function errorName({ errorUnit }: TableQuality): string {
  return errorUnit === 'log loss' ? t('log loss') : errorUnit === 'share wrong' ? t('share of wrong rows') : t('absolute error');
}

export function sliceList(quality: TableQuality, chosen: SliceQuality | undefined, choose: (slice: SliceQuality) => void): HTMLElement {
  const { slices, slicing, error } = quality, name = errorName(quality), most = Math.max(error, ...slices.map((slice) => slice.error + slice.standardError));
  const tried = t('{0} slices by one or two of {1} columns were tried, each of at least {2} rows. “At least” is what is left when chance and their number are allowed for.', formatNumber(slicing.tried), formatNumber(slicing.columns), formatNumber(slicing.fewestRows));
  const row = (slice: SliceQuality): HTMLElement => {
    const fill = h('span', { class: 'slice-fill' }), spread = h('span', { class: 'slice-error' }), mean = h('span', { class: 'slice-mean' });
    const at = (value: number): string => `${(100 * Math.max(0, value)) / most}%`;
    fill.style.width = at(slice.error);
    spread.style.left = at(slice.error - slice.standardError);
    spread.style.width = at(Math.min(slice.error, slice.standardError) + slice.standardError);
    mean.style.left = at(error);
    return h('li', {}, h('button', { class: 'slice', attributes: { type: 'button', 'aria-pressed': String(slice === chosen) }, on: { click: () => choose(slice) } },
      h('span', { class: 'slice-words' }, slice.words),
      h('span', { class: 'slice-facts muted' }, [t('{0} rows', formatNumber(slice.rows)), slice.accuracy === undefined ? '' : t('{0} right', formatPercent(slice.accuracy))].filter(Boolean).join(' · ')),
      h('span', { class: 'slice-track', attributes: { 'aria-hidden': true } }, fill, spread, mean),
      h('span', { class: 'slice-value numeric' }, `${formatValue(slice.error)} ± ${formatValue(slice.standardError)}`),
      slice.lowerBound > 0 ? h('span', { class: 'slice-holds' }, t('at least {0} more than other rows', formatValue(slice.lowerBound))) : h('span', { class: 'slice-chance muted' }, t('may be chance'))));
  };
  return h('div', { class: 'slices' },
    h('p', { class: 'sentence' }, slices.length === 0 ? t('No slice is worse than the other rows.') : t('The {0} of all rows is {1} on average (the line in each bar).', name, formatValue(error)), ' ', tried),
    h('ol', { class: 'slice-list' }, ...slices.map(row)));
}

export function slicesTable(quality: TableQuality): ChartTable {
  return {
    head: ['slice', 'rows', 'accuracy', `mean ${quality.errorUnit}`, 'standard error', 'more than other rows', 'at least'],
    rows: quality.slices.map(({ words, rows, accuracy, error, standardError, difference, lowerBound }) => [words, rows, accuracy ?? NaN, error, standardError, difference, lowerBound]),
  };
}
