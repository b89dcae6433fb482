/** What a counterfactual may change, feature by feature: locked, bounded, only up or only down. */
import type { Feature } from '../../../protocol/table';
import { h, replace } from '../../common/dom';
import { t } from '../../common/strings';
import { limitCount, type Limit, type Limits } from './limits';
import type { FeatureRange } from './sliders';
import { numberText } from './values';

const mostShown = 100;

export class LimitsForm {
  private readonly summary = h('summary', {});
  private readonly body = h('div', { class: 'row-limits-scroll', attributes: { tabindex: 0, role: 'region', 'aria-label': t('What may change') } });
  readonly element = h('details', { class: 'row-limits' }, this.summary, this.body);
  private readonly limits = new Map<number, Limit>();

  constructor(private readonly changed: () => void) {}

  get value(): Limits {
    return this.limits;
  }

  /** Limits of other features are forgotten. */
  begin(features: readonly Feature[], ranges: readonly FeatureRange[]): void {
    this.limits.clear();
    const all = h('button', { class: 'row-link', attributes: { type: 'button' }, on: { click: () => this.lockAll(features, true) } }, t('Lock all')), none = h('button', { class: 'row-link', attributes: { type: 'button' }, on: { click: () => this.lockAll(features, false) } }, t('Unlock all'));
    replace(this.body, h('p', { class: 'row-limits-all' }, all, none),
      h('table', { class: 'numbers' }, h('thead', {}, h('tr', {}, ...[t('Feature'), t('May change'), t('From'), t('To'), t('Direction')].map((text) => h('th', { attributes: { scope: 'col' } }, text)))),
        h('tbody', {}, ...features.slice(0, mostShown).map((feature, at) => this.line(feature, at, ranges[at])))),
      features.length > mostShown && h('p', { class: 'muted' }, t('The first {0} of {1} features; the others may change within the table’s range.', mostShown, features.length)));
    this.told();
  }

  private line(feature: Feature, at: number, range: FeatureRange | undefined): HTMLElement {
    const { name, kind } = feature, free = h('input', { attributes: { type: 'checkbox', checked: true, 'aria-label': t('{0} may change', name), 'data-free': at } });
    free.addEventListener('change', () => this.set(at, { locked: free.checked ? undefined : true }));
    const bound = (side: 'low' | 'high', usual: number | undefined): HTMLElement => {
      const box = h('input', { class: 'numeric', attributes: { type: 'number', step: kind === 'integer' ? 1 : 'any', placeholder: usual === undefined ? '' : numberText(usual), 'aria-label': side === 'low' ? t('{0} from', name) : t('{0} to', name), 'data-bound': `${side}-${at}` } });
      box.addEventListener('input', () => this.set(at, { [side]: box.value.trim() === '' || !Number.isFinite(Number(box.value)) ? undefined : Number(box.value) }));
      return box;
    };
    const direction = h('select', { attributes: { 'aria-label': t('Direction of {0}', name), 'data-direction': at } }, ...[['', t('any')], ['1', t('only up')], ['-1', t('only down')]].map(([value, text]) => h('option', { attributes: { value } }, text)));
    direction.addEventListener('change', () => this.set(at, { direction: direction.value === '' ? undefined : direction.value === '1' ? 1 : -1 }));
    const ordered = kind !== 'category';
    return h('tr', {}, h('th', { attributes: { scope: 'row' } }, name), h('td', {}, free), h('td', {}, ordered && bound('low', range?.minimum)), h('td', {}, ordered && bound('high', range?.maximum)), h('td', {}, ordered && direction));
  }

  private lockAll(features: readonly Feature[], locked: boolean): void {
    features.forEach((_, at) => this.limits.set(at, merged(this.limits.get(at), { locked: locked ? true : undefined })));
    for (const box of this.body.querySelectorAll<HTMLInputElement>('[data-free]')) box.checked = !locked;
    this.told();
  }

  private set(at: number, part: { [K in keyof Limit]?: Limit[K] | undefined }): void {
    this.limits.set(at, merged(this.limits.get(at), part));
    this.told();
  }

  private told(): void {
    const count = limitCount(this.limits);
    this.summary.textContent = count === 0 ? t('What may change: every feature, within the table’s range') : t('What may change: limits on {0} features', count);
    this.changed();
  }
}

function merged(limit: Limit | undefined, part: { [K in keyof Limit]?: Limit[K] | undefined }): Limit {
  return Object.fromEntries(Object.entries({ ...limit, ...part }).filter(([, value]) => value !== undefined));
}
