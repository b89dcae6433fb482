/** One figure as a bar: this map, and where maps that know nothing of the model stand. */
import type { Figure } from '../../../protocol/trust';
import { h } from '../../common/dom';
import { formatValue } from '../../common/format';
import { t } from '../../common/strings';

/** Bar, circle (random) and triangle (edges) on one scale from 0, or from the least value below it. */
export function bullet({ value, random, edges, better, range }: Figure): HTMLElement {
  const all = [value, random, edges].filter((item) => item !== undefined).filter(Number.isFinite);
  const low = Math.min(0, ...all), high = Math.max(range && range[1] <= 1.5 * Math.max(...all) ? range[1] : -Infinity, low === 0 ? 1e-9 : 0, ...all.map((item) => item * 1.04));
  const at = (item: number): string => `${(100 * (Math.min(high, Math.max(low, item)) - low)) / (high - low)}%`;
  const [from, to] = value < 0 ? [value, 0] : [0, value];
  const mark = (item: number | undefined, kind: string): HTMLElement | false => item !== undefined && Number.isFinite(item) && placed(`mark ${kind}`, at(item));
  return h('span', { class: 'bullet', attributes: { role: 'img', 'aria-label': bulletWords({ value, random, edges, better }) } },
    placed('bullet-bar', at(from), `calc(${at(to)} - ${at(from)})`),
    low < 0 && placed('bullet-zero', at(0)),
    mark(random, 'random'), mark(edges, 'edges'));
}

/** The page's policy allows no style attributes, only styles set one by one. */
function placed(name: string, left: string, width?: string): HTMLElement {
  const element = h('span', { class: name });
  element.style.left = left;
  if (width !== undefined) element.style.width = width;
  return element;
}

/** The same in words. */
export function bulletWords({ value, random, edges, better }: Pick<Figure, 'value' | 'random' | 'edges' | 'better'>): string {
  return [
    t('this map {0}', formatValue(value)),
    ...(random === undefined ? [] : [t('random map {0}', formatValue(random))]),
    ...(edges === undefined ? [] : [t('edges {0}', formatValue(edges))]),
    better === 'higher' ? t('higher is better') : t('lower is better'),
  ].join(' · ');
}
