/** Every feature of a row with what it may be: a slider, a stepper or a list, its own value marked, and the score along it. */
import type { Curve, Feature } from '../../../protocol/table';
import { h, replace } from '../../common/dom';
import { formatNumber, formatValue } from '../../common/format';
import { icon } from '../../common/icons';
import { t } from '../../common/strings';
import { extent, linePath, s, scale } from '../svg';
import { changedFeatures, numberText, sameValue, valueText, type RowValues } from './values';

/** What a feature is in the table. */
export interface FeatureRange {
  readonly minimum?: number;
  readonly maximum?: number;
  readonly missing: boolean;
}

export interface SliderEvents {
  /** A value moved. */
  moved(values: RowValues): void;
  /** Others are in the list: the filter changed. */
  listed(): void;
}

interface Field {
  readonly element: HTMLElement;
  readonly curve: HTMLElement;
  readonly range: readonly [number, number];
  set(value: number | null): void;
}

const mostShown = 100, filterFrom = 12;
/** Places of a slider whose feature is no whole number. */
const places = 200;

export class Sliders {
  readonly element = h('section', { class: 'row-what-if', attributes: { 'aria-label': t('What if') } });
  private readonly resetAll = h('button', { class: 'icon-button', attributes: { type: 'button' }, on: { click: () => this.set(this.own) } }, icon('reset'), t('Reset all'));
  private readonly filter = h('input', { class: 'row-filter', attributes: { type: 'search', placeholder: t('Filter features'), 'aria-label': t('Filter features') }, on: { input: () => { this.list(); this.events.listed(); } } });
  private readonly fields = h('div', { class: 'row-fields' });
  private readonly count = h('p', { class: 'muted' });
  private features: readonly Feature[] = [];
  private ranges: readonly FeatureRange[] = [];
  private curves: ReadonlyMap<number, Curve> = new Map();
  private made = new Map<number, Field>();
  private own: RowValues = [];
  private now: (number | null)[] = [];
  /** Features in the list. */
  listed: readonly number[] = [];

  constructor(private readonly events: SliderEvents) {
    replace(this.element, h('div', { class: 'row-section-head' }, h('h2', {}, t('What if')), this.filter, this.resetAll),
      h('p', { class: 'sentence' }, t('Move a value: the prediction follows. The line shows the score along the feature, everything else as it is now.')), this.fields, this.count);
  }

  get values(): RowValues {
    return this.now;
  }

  /** Another row, or none. */
  begin(features: readonly Feature[], ranges: readonly FeatureRange[], own: RowValues): void {
    this.features = features;
    this.ranges = ranges;
    this.own = own;
    this.now = [...own];
    this.curves = new Map();
    this.made = new Map();
    this.filter.hidden = features.length < filterFrom;
    this.list();
    this.mark();
  }

  /** Takes over values from elsewhere, such as a counterfactual, and tells of them. */
  set(values: RowValues): void {
    this.now = [...values];
    for (const [feature, field] of this.made) field.set(this.now[feature] ?? null);
    this.mark();
    this.events.moved(this.now);
  }

  /** The score along each feature, of the row as it is now. */
  showCurves(curves: readonly Curve[]): void {
    this.curves = new Map(curves.map((curve) => [curve.feature, curve]));
    for (const feature of this.made.keys()) this.drawCurve(feature);
  }

  private list(): void {
    const wanted = this.filter.value.trim().toLowerCase(), found = this.features.flatMap(({ name }, feature) => (wanted === '' || name.toLowerCase().includes(wanted) ? [feature] : [])), shown = found.slice(0, mostShown);
    this.listed = shown;
    replace(this.fields, ...shown.map((feature) => this.field(feature).element));
    this.count.textContent = found.length > shown.length ? t('{0} of {1} features; the filter finds the others.', formatNumber(shown.length), formatNumber(found.length)) : found.length === 0 && wanted !== '' ? t('No feature is called so.') : '';
    for (const feature of shown) this.drawCurve(feature);
  }

  private field(feature: number): Field {
    const known = this.made.get(feature);
    if (known) return known;
    const made = this.make(feature);
    this.made.set(feature, made);
    made.set(this.now[feature] ?? null);
    this.markOne(feature, made.element);
    return made;
  }

  private change(feature: number, value: number | null, from?: HTMLElement): void {
    if (sameValue(this.now[feature] ?? null, value)) return;
    this.now[feature] = value;
    this.made.get(feature)?.set(value);
    // What is being typed is not written over.
    if (from instanceof HTMLInputElement && from.type === 'number' && value !== null) from.value = from.dataset.typed ?? from.value;
    const field = this.made.get(feature);
    if (field) this.markOne(feature, field.element);
    this.markReset();
    this.events.moved(this.now);
  }

  private make(feature: number): Field {
    const about = this.features[feature]!, own = this.own[feature] ?? null, id = `what-if-${feature}`, reset = h('button', { class: 'icon-button row-reset', title: t('Back to {0}', valueText(about, own)), attributes: { type: 'button', 'aria-label': t('{0}: back to {1}', about.name, valueText(about, own)) }, on: { click: () => this.change(feature, own) } }, icon('reset'));
    const range = this.rangeOf(feature), curve = h('div', { class: 'row-curve', attributes: { 'aria-hidden': true } }), label = h('label', { class: 'row-name', title: about.name, attributes: { for: id } }, about.unit === undefined ? about.name : `${about.name} [${about.unit}]`);
    const missing = this.ranges[feature]?.missing || own === null ? this.missingBox(feature) : undefined;
    const controls = about.kind === 'category' ? this.choice(feature, id) : this.number(feature, id, range);
    const element = h('div', { class: 'row-field', attributes: { 'data-feature': feature, role: 'group', 'aria-label': about.name } }, label, ...controls.elements, curve, missing?.element, reset);
    return { element, curve, range, set: (value) => { controls.set(value); missing?.set(value); } };
  }

  private choice(feature: number, id: string): { elements: readonly HTMLElement[]; set(value: number | null): void } {
    const { categories = [] } = this.features[feature]!, element = h('select', { attributes: { id } }, ...categories.map((name, place) => h('option', { attributes: { value: place } }, sameValue(this.own[feature] ?? null, place) ? t('{0} (own)', name) : name)));
    element.addEventListener('change', () => this.change(feature, Number(element.value)));
    return { elements: [element], set: (value) => { element.value = value === null ? '' : String(value); } };
  }

  private number(feature: number, id: string, [low, high]: readonly [number, number]): { elements: readonly HTMLElement[]; set(value: number | null): void } {
    const about = this.features[feature]!, whole = about.kind === 'integer', step = whole ? 1 : stepOf(low, high);
    const box = h('input', { class: 'numeric', attributes: { id, type: 'number', step: whole ? 1 : 'any' } }), bar = h('input', { class: 'row-slider', attributes: { type: 'range', min: low, max: high, step: whole ? 1 : 'any', 'aria-label': t('{0}, from {1} to {2}', about.name, numberText(low), numberText(high)) } });
    bar.addEventListener('input', () => this.change(feature, whole ? Math.round(Number(bar.value)) : snapped(Number(bar.value), low, high, step)));
    // A slider without steps leaves the arrow keys to the browser: here they go a two-hundredth of the range.
    bar.addEventListener('keydown', (event) => {
      const by = { ArrowRight: 1, ArrowUp: 1, ArrowLeft: -1, ArrowDown: -1, PageUp: 10, PageDown: -10 }[event.key];
      if (by === undefined) return;
      event.preventDefault();
      this.change(feature, snapped(Math.min(high, Math.max(low, Number(bar.value) + by * step)), low, high, step));
    });
    box.addEventListener('input', () => {
      const value = Number(box.value);
      if (box.value.trim() === '' || !Number.isFinite(value)) return;
      box.dataset.typed = box.value;
      this.change(feature, whole ? Math.round(value) : value, box);
      delete box.dataset.typed;
    });
    box.addEventListener('change', () => { if (box.value.trim() === '') box.value = this.now[feature] === null ? '' : String(this.now[feature]); });
    const set = (value: number | null): void => {
      box.value = value === null ? '' : String(Number(value.toPrecision(7)));
      bar.value = String(value ?? (low + high) / 2);
      bar.setAttribute('aria-valuetext', valueText(about, value));
      bar.classList.toggle('without', value === null);
    };
    return { elements: [bar, box], set };
  }

  private missingBox(feature: number): { element: HTMLElement; set(value: number | null): void } {
    const box = h('input', { attributes: { type: 'checkbox' } }), range = this.rangeOf(feature), { kind } = this.features[feature]!;
    const filled = (): number => this.own[feature] ?? (kind === 'category' ? 0 : kind === 'integer' ? Math.round((range[0] + range[1]) / 2) : (range[0] + range[1]) / 2);
    box.addEventListener('change', () => this.change(feature, box.checked ? null : filled()));
    return { element: h('label', { class: 'row-missing muted' }, box, t('missing')), set: (value) => { box.checked = value === null; } };
  }

  private rangeOf(feature: number): [number, number] {
    const { minimum, maximum } = this.ranges[feature] ?? {}, own = this.own[feature] ?? undefined, { categories } = this.features[feature]!;
    if (categories) return [-0.5, categories.length - 0.5];
    const [low, high] = extent([minimum ?? NaN, maximum ?? NaN, own ?? NaN]) ?? [0, 1];
    return low < high ? [low, high] : [low - 1, high + 1];
  }

  private drawCurve(feature: number): void {
    const field = this.made.get(feature), curve = this.curves.get(feature), about = this.features[feature]!;
    if (!field) return;
    const width = 160, height = 26, ys = extent(...[...this.curves.values()].map(({ values }) => values)), own = this.own[feature] ?? null, value = this.now[feature] ?? null;
    const x = scale(field.range, [6, width - 6]), y = scale(ys ?? [0, 1], [height - 3, 3]), drawing = s('svg', { viewBox: `0 0 ${width} ${height}`, preserveAspectRatio: 'none' });
    if (own !== null) drawing.append(s('line', { class: 'row-own', x1: x(own), x2: x(own), y1: 0, y2: height, 'vector-effect': 'non-scaling-stroke' }));
    if (curve) {
      if (about.categories) curve.grid.forEach((place, i) => drawing.append(s('line', { class: 'row-stem', x1: x(place), x2: x(place), y1: height, y2: y(curve.values[i]!), 'vector-effect': 'non-scaling-stroke' })));
      else drawing.append(s('path', { class: 'row-line', d: linePath(curve.grid, curve.values, x, y), 'vector-effect': 'non-scaling-stroke' }));
    }
    if (value !== null) drawing.append(s('line', { class: 'row-now', x1: x(value), x2: x(value), y1: 0, y2: height, 'vector-effect': 'non-scaling-stroke' }));
    replace(field.curve, drawing);
    const reach = curve && extent(curve.values);
    field.curve.title = reach ? t('The score goes from {0} to {1} along {2}', formatValue(reach[0]), formatValue(reach[1]), about.name) : '';
  }

  /** Changed features, and the way back. */
  private mark(): void {
    this.markReset();
    for (const [feature, { element }] of this.made) this.markOne(feature, element);
  }

  private markReset(): void {
    this.resetAll.disabled = changedFeatures(this.own, this.now).length === 0;
  }

  private markOne(feature: number, element: HTMLElement): void {
    const changed = !sameValue(this.own[feature] ?? null, this.now[feature] ?? null);
    element.classList.toggle('changed', changed);
    element.querySelector<HTMLButtonElement>('.row-reset')!.disabled = !changed;
    this.drawCurve(feature);
  }
}

/** A round number near a two-hundredth of the range. */
function stepOf(low: number, high: number): number {
  const rough = (high - low) / places, power = 10 ** Math.floor(Math.log10(rough));
  return ([1, 2, 5].find((size) => size * power >= rough) ?? 10) * power;
}

/** The nearest round place; the ends stay as they are. */
function snapped(value: number, low: number, high: number, step: number): number {
  const round = Number((Math.round(value / step) * step).toPrecision(10));
  return value >= high || round > high ? high : value <= low || round < low ? low : round;
}
