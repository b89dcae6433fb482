/** The last two axes of a tensor at a place on the others: in colours and as numbers, with one cursor for both. */
import type { TensorDetails } from '../../../protocol/details';
import { h, replace } from '../../common/dom';
import { formatNumber } from '../../common/format';
import { icon } from '../../common/icons';
import { t } from '../../common/strings';
import { HeatMap } from './heatMap';
import { asText, cellText, ValuesGrid } from './valuesGrid';

export interface SliceChoice {
  readonly index: readonly number[];
  readonly rowStart: number;
  readonly columnStart: number;
}

export interface SliceEvents {
  /** Another place is wanted. */
  onChoose(choice: SliceChoice): void;
  onCopy(text: string): void;
}

/** Rows and columns that are shown at once. */
const windowSide = 256;

export class SliceView {
  readonly element: HTMLElement;
  private readonly steppers = h('div', { class: 'steppers' });
  private readonly status = h('div', { class: 'cursor-status numeric', attributes: { 'aria-live': 'polite' } });
  private readonly heatMap: HeatMap;
  private readonly grid: ValuesGrid;
  private readonly ownRange = h('button', { class: 'small-toggle', title: t('Colours from the smallest to the largest value of this slice, not of the whole tensor'), attributes: { type: 'button', 'aria-pressed': 'false' } }, t('own range'));
  private details: TensorDetails | undefined;

  constructor(private readonly axisNames: readonly string[] | undefined, private readonly events: SliceEvents) {
    this.heatMap = new HeatMap({ onCursor: (row, column) => { this.grid.mark(row, column); this.tell(row, column); } });
    this.grid = new ValuesGrid((row, column) => { this.heatMap.mark(row, column); this.tell(row, column); });
    this.ownRange.addEventListener('click', () => {
      this.ownRange.setAttribute('aria-pressed', String(this.ownRange.getAttribute('aria-pressed') !== 'true'));
      this.colour();
    });
    const copy = h('button', { class: 'icon-button', title: t('Copy these values, tab-separated'), attributes: { type: 'button' } }, icon('copy'), h('span', {}, t('Copy')));
    copy.addEventListener('click', () => { if (this.details) this.events.onCopy(asText(this.details.slice)); });
    this.element = h('div', { class: 'slice' },
      h('div', { class: 'slice-head' }, h('span', { class: 'subtitle' }, t('Values')), this.ownRange, copy),
      this.steppers, this.heatMap.element, this.status, this.grid.element);
  }

  show(details: TensorDetails): void {
    const focused = document.activeElement instanceof HTMLElement && this.steppers.contains(document.activeElement) ? document.activeElement.dataset.stepper : undefined;
    this.details = details;
    this.drawSteppers(details);
    if (focused !== undefined) this.steppers.querySelector<HTMLElement>(`[data-stepper="${focused}"]`)?.focus();
    const { slice } = details;
    const coloured = details.statistics !== null && slice.rows > 0 && slice.columns > 0 && Number.isFinite(details.statistics.min);
    this.heatMap.element.hidden = !coloured;
    this.ownRange.hidden = !coloured;
    this.grid.element.hidden = slice.rows === 0 || slice.columns === 0;
    this.status.textContent = slice.rows === 0 || slice.columns === 0 ? t('This tensor has no values.') : '\u00a0';
    if (coloured) this.colour();
    this.grid.show(slice, details.dtype);
  }

  private colour(): void {
    const { statistics, slice } = this.details!;
    if (!statistics) return;
    let { min, max } = statistics;
    if (this.ownRange.getAttribute('aria-pressed') === 'true') {
      min = Infinity;
      max = -Infinity;
      for (const value of slice.values) {
        if (!Number.isFinite(value)) continue;
        if (value < min) min = value;
        if (value > max) max = value;
      }
    }
    this.heatMap.show(slice, min, max);
  }

  private tell(row: number, column: number): void {
    const { slice, dtype, dims } = this.details!;
    const place = dims.length === 0 ? [] : [...slice.index, ...(dims.length > 1 ? [slice.rowStart + row] : []), slice.columnStart + column];
    this.status.textContent = `[${place.join(', ')}] = ${cellText(slice, row, column, dtype)}`;
  }

  private drawSteppers({ dims, slice }: TensorDetails): void {
    const choose = (part: Partial<SliceChoice>): void => this.events.onChoose({ index: slice.index, rowStart: slice.rowStart, columnStart: slice.columnStart, ...part });
    const rank = dims.length;
    const axes = slice.index.map((at, axis) => this.stepper(this.axisNames?.[axis] ?? t('Axis {0}', axis), at, dims[axis]!, `axis-${axis}`, (value) => choose({ index: slice.index.map((old, other) => (other === axis ? value : old)) })));
    const pages = ([['rowStart', t('Rows'), dims[rank - 2] ?? 1], ['columnStart', t('Columns'), dims[rank - 1] ?? 1]] as const)
      .filter(([, , length]) => length > windowSide)
      .map(([name, title, length]) => pager(title, slice[name], length, name, (start) => choose({ [name]: start })));
    replace(this.steppers, ...axes, ...pages);
  }

  private stepper(title: string, at: number, length: number, name: string, change: (value: number) => void): HTMLElement {
    const box = h('input', { class: 'numeric', attributes: { type: 'number', min: 0, max: Math.max(0, length - 1), step: 1, value: at, 'data-stepper': name } });
    box.addEventListener('change', () => {
      const value = Math.max(0, Math.min(length - 1, Math.round(Number(box.value) || 0)));
      box.value = String(value);
      change(value);
    });
    return h('label', { class: 'stepper' }, h('span', {}, title), box, h('span', { class: 'muted numeric' }, t('of {0}', formatNumber(length))));
  }
}

/** Moves the window along an axis that is longer than it. */
function pager(title: string, start: number, length: number, name: string, move: (start: number) => void): HTMLElement {
  const button = (text: string, label: string, to: number, id: string): HTMLElement => {
    const element = h('button', { class: 'icon-button', title: label, attributes: { type: 'button', 'aria-label': label, disabled: to === start, 'data-stepper': id } }, text);
    element.addEventListener('click', () => move(to));
    return element;
  };
  const end = Math.min(length, start + windowSide);
  return h('div', { class: 'stepper' },
    h('span', {}, title),
    button('‹', t('{0}: earlier', title), Math.max(0, start - windowSide), `${name}-before`),
    h('span', { class: 'numeric' }, t('{0} to {1} of {2}', formatNumber(start), formatNumber(end - 1), formatNumber(length))),
    button('›', t('{0}: later', title), end < length ? Math.min(start + windowSide, length - 1) : start, `${name}-after`));
}
