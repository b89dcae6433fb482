/** Where nobody stated how numbers are scaled and the model does badly: how it does with the usual ways, to be taken or not. */
import type { TableScaling, TableScalings } from '../../../protocol/table';
import { h } from '../../common/dom';
import { formatNumber, formatPercent } from '../../common/format';
import { icon } from '../../common/icons';
import { t } from '../../common/strings';

export function scalingOffer({ rows, tried, better }: TableScalings, take: (scaling: TableScaling) => void): HTMLElement {
  const [plain] = tried, words = better === undefined
    ? t('The model gives {0} of the rows the same answer, and nobody stated how its numbers are scaled. The usual ways were tried on {1} rows; none is clearly better.', formatPercent(plain!.sameAnswer), formatNumber(rows))
    : plain!.fit ? t('The model seems to expect scaled numbers: it does clearly better with them. Nothing was changed.')
      : t('The model gives {0} of the rows the same answer: it seems to expect scaled numbers. Nothing was changed.', formatPercent(plain!.sameAnswer));
  return h('section', { class: better === undefined ? 'scaling-offer' : 'scaling-offer better', attributes: { 'aria-label': t('Unstated scaling') } },
    h('h3', {}, icon(better === undefined ? 'info' : 'warning'), t('Unstated scaling')), h('p', {}, words),
    h('table', { class: 'numbers' },
      h('thead', {}, h('tr', {}, ...[t('Numbers'), plain!.fit ? fitWords(plain!) : t('The most frequent answer'), ''].map((text) => h('th', { attributes: { scope: 'col' } }, text)))),
      h('tbody', {}, ...tried.map((one) => h('tr', { class: one.kind === better ? 'best' : '' },
        h('th', { attributes: { scope: 'row' } }, { none: t('as they are'), standardise: t('standardised by this table'), range: t('from their range to 0…1') }[one.kind]),
        h('td', {}, formatPercent(one.fit?.value ?? one.sameAnswer)),
        h('td', {}, one.kind !== 'none' && h('button', { class: 'link-button', attributes: { type: 'button', 'data-take': one.kind, 'aria-label': t('Try it: {0}', { none: '', standardise: t('standardised by this table'), range: t('from their range to 0…1') }[one.kind]) }, on: { click: () => take(one) } }, t('Try it'))))))));
}

function fitWords({ fit }: TableScaling): string {
  return fit?.kind === 'r2' ? t('Variance explained (R²)') : t('Rows that get their label');
}
