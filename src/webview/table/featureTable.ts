/** Features by importance: bars with their spread and the effect of each in small. Rows in view alone are elements. */
import type { Feature, Importance } from '../../protocol/table';
import { csvLine } from '../common/csv';
import { h, replace } from '../common/dom';
import { formatValue } from '../common/format';
import { t } from '../common/strings';
import { rowAfterKey, rowsInView, scrollToRow } from '../common/virtualRows';
import { sparkline, type Effects } from './effectChart';
import { extent } from './svg';

const rowHeight = 36;

export class FeatureTable {
  readonly element: HTMLElement;
  private readonly unit = h('div', { class: 'cell importance', attributes: { role: 'columnheader' } });
  private readonly head = h('div', { class: 'feature-row head', attributes: { role: 'row', 'aria-rowindex': 1 } },
    h('div', { class: 'cell name', attributes: { role: 'columnheader' } }, t('Feature')), this.unit, h('div', { class: 'cell effect', attributes: { role: 'columnheader' } }, t('Effect')));
  private readonly body = h('div', { class: 'feature-rows', attributes: { role: 'rowgroup' } });
  private readonly scroller = h('div', { class: 'feature-scroller', attributes: { tabindex: 0, role: 'grid', 'aria-label': t('Features by importance') } }, this.head, this.body);
  private features: readonly Feature[] = [];
  private importance: Importance | undefined;
  private effects: ReadonlyMap<number, Effects> = new Map();
  private order: number[] = [];
  private selected: number | undefined;
  private frame = 0;

  constructor(private readonly onSelect: (feature: number) => void) {
    this.element = this.scroller;
    this.scroller.addEventListener('scroll', () => this.draw());
    this.scroller.addEventListener('keydown', (event) => {
      const to = rowAfterKey(event.key, this.selected === undefined ? -1 : this.order.indexOf(this.selected), this.order.length, Math.max(1, Math.floor(this.scroller.clientHeight / rowHeight) - 1));
      if (to === undefined || this.order.length === 0) return;
      event.preventDefault();
      this.choose(this.order[to]!);
    });
    this.body.addEventListener('click', (event) => {
      const row = (event.target as Element).closest<HTMLElement>('[data-feature]');
      if (row) this.choose(Number(row.dataset.feature));
    });
    new ResizeObserver(() => this.draw()).observe(this.scroller);
  }

  /** Features as the table has them; what was found of others is forgotten. */
  begin(features: readonly Feature[]): void {
    this.features = features;
    this.importance = undefined;
    this.effects = new Map();
    this.order = features.map((_, feature) => feature);
    this.draw();
  }

  showImportance(importance: Importance): void {
    this.importance = importance;
    const rank = (feature: number): number => { const mean = this.of(feature)?.mean ?? NaN; return Number.isNaN(mean) ? -Infinity : mean; };
    this.order.sort((one, other) => rank(other) - rank(one) || one - other);
    this.draw();
  }

  showEffects(effects: ReadonlyMap<number, Effects>): void {
    this.effects = effects;
    this.draw();
  }

  /** Features, the most important first. */
  get sorted(): readonly number[] {
    return this.order;
  }

  choose(feature: number, tell = true): void {
    this.selected = feature;
    scrollToRow(this.scroller, this.order.indexOf(feature), rowHeight, this.head.offsetHeight);
    this.draw();
    if (tell) this.onSelect(feature);
  }

  /** One line a feature, every repetition kept. */
  csv(): string {
    const repeats = this.importance?.features[0]?.repeats.length ?? 0;
    const lines = this.order.map((feature) => {
      const found = this.of(feature);
      return [this.features[feature]!.name, this.features[feature]!.kind, found?.mean, found?.spread, ...(found?.repeats ?? [])].map((value) => String(value ?? ''));
    });
    return [['feature', 'kind', `importance (${this.importance?.unit ?? ''})`, 'spread', ...Array.from({ length: repeats }, (_, i) => `repeat ${i + 1}`)], ...lines].map(csvLine).join('');
  }

  private of(feature: number): Importance['features'][number] | undefined {
    return this.importance?.features.find((one) => one.feature === feature);
  }

  private draw(): void {
    this.frame ||= requestAnimationFrame(() => { this.frame = 0; this.drawRows(); });
  }

  private drawRows(): void {
    const reach = extent(this.importance?.features.flatMap(({ mean, spread }) => [mean + (spread || 0), mean - (spread || 0)]) ?? [], [0]) ?? [0, 1];
    const heights = extent(...[...this.effects.values()].flatMap(({ pdp, ale }) => [pdp?.values ?? [], ale?.values ?? []]), [0]) ?? [0, 1];
    this.unit.textContent = this.importance ? t('Importance ({0})', this.importance.unit) : t('Importance');
    this.body.style.height = `${Math.max(1, this.order.length) * rowHeight}px`;
    this.scroller.setAttribute('aria-rowcount', String(this.order.length + 1));
    const { first, last } = rowsInView(this.scroller, this.order.length, rowHeight);
    replace(this.body, ...this.order.slice(first, last).map((feature, i) => this.row(feature, first + i, reach, heights)));
    if (this.selected !== undefined) this.scroller.setAttribute('aria-activedescendant', `feature-${this.selected}`);
  }

  private row(feature: number, position: number, reach: readonly [number, number], heights: readonly [number, number]): HTMLElement {
    const { name } = this.features[feature]!, found = this.of(feature), known = found && Number.isFinite(found.mean), effects = this.effects.get(feature);
    const text = known ? `${formatValue(found.mean)}${Number.isFinite(found.spread) ? ` ± ${formatValue(found.spread)}` : ''}` : '';
    const row = h('div', { class: 'feature-row', attributes: { role: 'row', id: `feature-${feature}`, 'data-feature': feature, 'aria-rowindex': position + 2, 'aria-selected': String(feature === this.selected) } },
      h('div', { class: 'cell name', title: name, attributes: { role: 'gridcell' } }, name),
      h('div', { class: 'cell importance', attributes: { role: 'gridcell' } }, h('span', { class: 'numeric' }, text), known && bar(found, reach)),
      h('div', { class: 'cell effect', attributes: { role: 'gridcell' } }, effects && sparkline(effects, heights)));
    row.style.top = `${position * rowHeight}px`;
    return row;
  }
}

/** From 0 to the mean, and the spread about it. */
function bar({ mean, spread }: Importance['features'][number], [low, high]: readonly [number, number]): HTMLElement {
  const at = (value: number): number => (100 * (value - low)) / (high - low || 1);
  const fill = h('span', { class: mean < 0 ? 'fill below' : 'fill' }), error = h('span', { class: 'error-bar' });
  fill.style.left = `${at(Math.min(0, mean))}%`;
  fill.style.width = `${at(Math.max(0, mean)) - at(Math.min(0, mean))}%`;
  error.style.left = `${at(mean - spread)}%`;
  error.style.width = `${at(mean + spread) - at(mean - spread)}%`;
  return h('span', { class: 'bar-track', attributes: { 'aria-hidden': true } }, fill, Number.isFinite(spread) && spread > 0 && error);
}
