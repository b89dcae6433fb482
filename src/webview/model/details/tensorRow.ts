/** A stored tensor: what it is and where it lies; its values once somebody asks for them. */
import '@vscode-elements/elements/dist/vscode-button/index.js';
import type { StoredTensor, TensorDetails } from '../../../protocol/details';
import type { EngineRequests } from '../../../protocol/engine';
import { Refused } from '../../common/ask';
import { h, replace } from '../../common/dom';
import { compactDims, formatBytes, formatNumber, formatPercent, formatValue } from '../../common/format';
import { icon } from '../../common/icons';
import { t } from '../../common/strings';
import type { ModelQuestions } from '../types';
import { FilterTiles } from './filterTiles';
import { histogramView } from './histogram';
import { SliceView, type SliceChoice } from './sliceView';

export interface TensorRowActions {
  readonly questions: ModelQuestions;
  onSave(id: string): void;
  onCopy(text: string): void;
  /** Somebody opened or closed the values. */
  onToggle(id: string, open: boolean): void;
}

export class TensorRow {
  readonly element: HTMLElement;
  private readonly content = h('div', { class: 'tensor-content' });
  private readonly toggle: HTMLElement;
  private asking: AbortController | undefined;
  private slice: SliceView | undefined;
  private open = false;

  constructor(private readonly tensor: StoredTensor, private readonly axisNames: readonly string[] | undefined, private readonly actions: TensorRowActions) {
    const { name, role, dtype, dims, bytes, place, readable } = tensor;
    this.toggle = h('button', { class: 'tensor-toggle', attributes: { type: 'button', 'aria-expanded': 'false', 'aria-description': name, disabled: !readable } },
      readable && icon('chevron', 'twistie'), h('span', {}, readable ? t('Show values') : t('Values cannot be read')));
    this.toggle.addEventListener('click', () => this.setOpen(!this.open));
    this.content.hidden = true;
    this.element = h('li', { class: 'tensor' },
      h('div', { class: 'tensor-head' },
        h('span', { class: 'role mono' }, role), h('span', { class: 'tensor-name mono', title: name }, name)),
      h('div', { class: 'tensor-facts' },
        h('span', { class: 'mono' }, `${dtype} ${compactDims(dims)}`), h('span', { class: 'numeric', title: t('{0} bytes', formatNumber(bytes)) }, formatBytes(bytes)),
        h('span', { class: readable ? 'muted' : 'unreadable', title: place }, place)),
      this.toggle, this.content);
  }

  get id(): string {
    return this.tensor.id;
  }

  /** Asks for the values and shows them, or puts them away. */
  setOpen(open: boolean): void {
    if (open === this.open || (open && !this.tensor.readable)) return;
    this.open = open;
    this.toggle.setAttribute('aria-expanded', String(open));
    this.toggle.lastElementChild!.textContent = open ? t('Hide values') : t('Show values');
    this.content.hidden = !open;
    this.actions.onToggle(this.id, open);
    if (open) this.load();
    else this.leave();
  }

  /** Nobody looks any more: what is asked is taken back. */
  leave(): void {
    this.asking?.abort();
    this.asking = undefined;
    this.slice = undefined;
    replace(this.content);
  }

  private load(): void {
    const cancel = h('vscode-button', { attributes: { secondary: true } }, t('Cancel'));
    cancel.addEventListener('click', () => { this.setOpen(false); this.toggle.focus(); });
    const share = h('progress', { attributes: { 'aria-label': t('Reading {0}…', formatBytes(this.tensor.bytes)), max: 1 } });
    const wait = h('div', { class: 'tensor-wait', attributes: { role: 'status' } }, h('span', {}, t('Reading {0}…', formatBytes(this.tensor.bytes))), share, cancel);
    // What is there at once needs no sign that it is coming.
    const late = setTimeout(() => replace(this.content, wait), 120);
    this.ask({}, (details) => this.draw(details), (error) => this.fail(error), () => clearTimeout(late), ({ done, total }) => { share.value = total > 0 ? done / total : 0; });
  }

  private ask(choice: Partial<SliceChoice>, done: (details: TensorDetails) => void, failed: (error: Refused) => void, settled = (): void => undefined, onProgress?: (progress: EngineRequests['tensorDetails']['progress']) => void): void {
    this.asking?.abort();
    const asking = (this.asking = new AbortController());
    this.actions.questions.ask('tensorDetails', { id: this.id, ...choice }, asking.signal, onProgress).then(
      (details) => { settled(); if (this.asking === asking) done(details); },
      (error: unknown) => { settled(); if (this.asking === asking) failed(error instanceof Refused ? error : new Refused({ code: 'failed', message: String(error) })); });
  }

  private fail({ error }: Refused): void {
    const again = h('vscode-button', { attributes: { secondary: true } }, t('Try again'));
    again.addEventListener('click', () => { replace(this.content); this.load(); });
    replace(this.content, h('div', { class: 'details-error', attributes: { role: 'alert' } }, icon('error'),
      h('div', {}, h('p', {}, error.message), error.remedy !== undefined && h('p', { class: 'muted' }, error.remedy), h('div', { class: 'details-actions' }, again))));
  }

  private draw(details: TensorDetails): void {
    const save = h('vscode-button', { attributes: { secondary: true } }, t('Save as .npy…'));
    save.addEventListener('click', () => this.actions.onSave(this.id));
    const slice = (this.slice = new SliceView(this.axisNames, { onChoose: (choice) => this.choose(choice), onCopy: (text) => this.actions.onCopy(text) }));
    const { tiles } = details;
    const outFirst = this.axisNames?.[0] === t('output channel');
    replace(this.content,
      details.statistics && statisticsView(details, details.statistics),
      details.histogram && histogramView(details.histogram, details.count, isWhole(details.dtype)),
      tiles && new FilterTiles(tiles, outFirst ? (filter) => this.choose({ index: [filter, 0], rowStart: 0, columnStart: 0 }) : undefined).element,
      slice.element,
      h('div', { class: 'details-actions' }, save));
    slice.show(details);
  }

  private choose(choice: SliceChoice): void {
    this.ask(choice, (details) => this.slice?.show(details), (error) => this.fail(error));
  }
}

function isWhole(dtype: string): boolean {
  return /^u?int|^bool/.test(dtype);
}

function statisticsView({ count, dtype }: TensorDetails, found: NonNullable<TensorDetails['statistics']>): HTMLElement {
  const figure = (label: string, value: string, hint = ''): HTMLElement => h('div', { title: hint }, h('dt', {}, label), h('dd', { class: 'numeric' }, value));
  const value = (number: number): string => (Number.isNaN(number) ? '–' : formatValue(number));
  const exact = (number: number): string => (isWhole(dtype) && Math.abs(number) < 1e7 ? formatNumber(number) : value(number));
  return h('dl', { class: 'statistics' },
    figure(t('values'), formatNumber(count)),
    figure(t('min'), exact(found.min), String(found.min)), figure(t('max'), exact(found.max), String(found.max)),
    figure(t('mean'), value(found.mean), String(found.mean)), figure(t('std'), value(found.std), t('standard deviation: {0}', found.std)),
    figure(t('zeros'), formatPercent(found.sparsity), t('part that is exactly zero')),
    figure('L1', value(found.l1), t('sum of the magnitudes: {0}', found.l1)), figure('L2', value(found.l2), t('root of the sum of squares: {0}', found.l2)),
    found.nans > 0 && figure('NaN', formatNumber(found.nans)), found.infinities > 0 && figure('±∞', formatNumber(found.infinities)));
}
