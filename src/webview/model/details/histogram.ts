/** A histogram as bars, with the figures under the pointer, and as a table for screen readers. */
import type { TensorDetails } from '../../../protocol/details';
import { h, replace } from '../../common/dom';
import { formatNumber, formatPercent, formatValue } from '../../common/format';
import { t } from '../../common/strings';

type Histogram = NonNullable<TensorDetails['histogram']>;

const namespace = 'http://www.w3.org/2000/svg';
const height = 100;

/** @param whole whether the values are whole numbers: edges lie between them. */
export function histogramView({ edges, counts }: Histogram, count: number, whole: boolean): HTMLElement {
  const bins = counts.length, largest = counts.reduce((most, each) => Math.max(most, each), 1);
  const first = edges[0]!, last = edges[bins]!;
  const from = (bin: number): string => (whole ? formatNumber(Math.ceil(edges[bin]!)) : formatValue(edges[bin]!));
  const to = (bin: number): string => (whole ? formatNumber(Math.floor(edges[bin + 1]!)) : formatValue(edges[bin + 1]!));
  let logarithmic = false;
  const status = h('div', { class: 'histogram-status numeric', attributes: { 'aria-hidden': true } });
  const bars = document.createElementNS(namespace, 'svg');
  bars.setAttribute('viewBox', `0 0 ${bins} ${height}`);
  bars.setAttribute('preserveAspectRatio', 'none');
  bars.setAttribute('aria-hidden', 'true');
  const share = (each: number): number => (logarithmic ? Math.log1p(each) / Math.log1p(largest) : each / largest);
  const draw = (): void => {
    bars.textContent = '';
    counts.forEach((each, bin) => {
      // A bar that is there can be seen.
      const size = each > 0 ? Math.max(1.2, share(each) * height) : 0;
      const bar = document.createElementNS(namespace, 'rect');
      for (const [name, value] of Object.entries({ x: bin + (bins > 1 ? 0.06 : 0.3), y: height - size, width: bins > 1 ? 0.88 : 0.4, height: size })) bar.setAttribute(name, String(value));
      bars.appendChild(bar);
    });
  };
  const tell = (bin: number | undefined): void => {
    status.textContent = bin === undefined ? '' : t('{0} to {1}: {2} values ({3})', from(bin), to(bin), formatNumber(counts[bin]!), formatPercent(counts[bin]! / count));
    bars.querySelectorAll('rect').forEach((bar, at) => bar.classList.toggle('pointed', at === bin));
  };
  bars.addEventListener('pointermove', (event) => {
    const box = bars.getBoundingClientRect();
    tell(Math.min(bins - 1, Math.max(0, Math.floor(((event.clientX - box.left) / box.width) * bins))));
  });
  bars.addEventListener('pointerleave', () => tell(undefined));
  const scale = h('span', { class: 'numeric' }, formatNumber(largest));
  const toggle = h('button', { class: 'small-toggle', title: t('Heights by the logarithm of the counts'), attributes: { type: 'button', 'aria-pressed': 'false' } }, t('log'));
  toggle.addEventListener('click', () => {
    logarithmic = !logarithmic;
    toggle.setAttribute('aria-pressed', String(logarithmic));
    draw();
  });
  draw();
  const zero = first < 0 && last > 0 ? -first / (last - first) : undefined;
  const zeroMark = zero !== undefined && zero > 0.12 && zero < 0.88 && h('span', { class: 'axis-zero' }, '0');
  if (zeroMark) zeroMark.style.left = `${zero! * 100}%`;
  return h('figure', { class: 'histogram', attributes: { 'aria-label': t('Histogram') } },
    h('div', { class: 'histogram-head' }, h('span', { class: 'muted', title: t('Values in the fullest bar') }, scale), status, toggle),
    h('div', { class: 'histogram-plot' }, bars),
    h('div', { class: 'histogram-axis numeric' }, h('span', {}, from(0)), zeroMark, h('span', {}, to(bins - 1))),
    table(counts, from, to));
}

function table(counts: readonly number[], from: (bin: number) => string, to: (bin: number) => string): HTMLElement {
  const body = h('tbody');
  replace(body, ...counts.map((each, bin) => h('tr', {}, h('td', {}, from(bin)), h('td', {}, to(bin)), h('td', {}, formatNumber(each)))));
  return h('table', { class: 'sr-only' }, h('caption', {}, t('Histogram')),
    h('thead', {}, h('tr', {}, h('th', { attributes: { scope: 'col' } }, t('from')), h('th', { attributes: { scope: 'col' } }, t('to')), h('th', { attributes: { scope: 'col' } }, t('values')))), body);
}
