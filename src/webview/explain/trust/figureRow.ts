/** One figure: its bar in a line that opens into what it says, its curves and where it comes from. */
import type { Figure, MetricDescription, Skipped } from '../../../protocol/trust';
import { h } from '../../common/dom';
import { formatPercent, formatValue } from '../../common/format';
import { icon } from '../../common/icons';
import { t } from '../../common/strings';
import { bullet, bulletWords } from './bullet';
import { curveChart } from './curves';

/** Whether a figure speaks for the map; undefined where it says neither. */
export function speaks(figure: Figure): boolean | undefined {
  if (figure.passes !== undefined) return figure.passes;
  // How sparse a map is says nothing of its truth.
  if (figure.property === 'complexity' || figure.againstRandom === undefined) return undefined;
  return figure.againstRandom === 'better';
}

export function figureRow(figure: Figure, open: boolean, onToggle: (open: boolean) => void): HTMLElement {
  const good = speaks(figure);
  const row = h('details', { class: 'figure', attributes: { open, 'data-metric': figure.id } },
    h('summary', { title: bulletWords(figure) },
      good === undefined ? h('span', { class: 'no-verdict' }) : icon(good ? 'check' : 'warning'),
      good !== undefined && h('span', { class: 'sr-only' }, good ? t('fine:') : t('doubtful:')),
      h('span', { class: 'figure-title' }, t(figure.title)), h('span', { class: 'numeric figure-value' }, formatValue(figure.value)),
      bullet(figure)),
    h('div', { class: 'figure-body' },
      h('p', {}, t(figure.about)),
      h('p', { class: 'numeric muted' }, bulletWords(figure)),
      figure.details.unexplained !== undefined && h('p', {}, t('It leaves {0} of the change unexplained.', formatPercent(figure.details.unexplained))),
      figure.curves && curveChart(figure.curves, acrossWords(figure)),
      h('p', { class: 'muted source' }, figure.source)));
  row.addEventListener('toggle', () => onToggle(row.open));
  return row;
}

function acrossWords({ id }: Figure): string {
  if (id === 'insertion') return t('share put back');
  return id === 'parameter-randomisation' ? t('share of random layers') : t('share removed');
}

/** A figure that is still to come. */
export function pendingRow({ title }: MetricDescription, done: number | undefined): HTMLElement {
  const bar = h('span', { class: 'bullet-running' });
  bar.style.width = `${100 * (done ?? 0)}%`;
  return h('div', { class: 'figure pending' }, h('span', { class: 'no-verdict' }), h('span', { class: 'figure-title muted' }, t(title)),
    h('span', { class: 'numeric muted' }, done === undefined ? '' : `${Math.round(100 * done)}\u202f%`),
    h('span', { class: 'bullet' }, bar));
}

/** What was not measured, and why. */
export function skippedList(skipped: readonly Skipped[]): HTMLElement | false {
  return skipped.length > 0 && h('details', { class: 'skipped' }, h('summary', { class: 'muted' }, t('Not measured: {0}', skipped.length)),
    h('ul', {}, ...skipped.map(({ title, reason }) => h('li', {}, h('strong', {}, t(title)), ` ${reason}`))));
}
