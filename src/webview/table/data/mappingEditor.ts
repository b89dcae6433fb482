/** Which column feeds what: a line for each of the model's numbers, or groups of them, with choices. */
import type { TableColumnInfo } from '../../../protocol/table';
import { h, replace } from '../../common/dom';
import { icon } from '../../common/icons';
import { t } from '../../common/strings';
import { canBeCategory, changed, feeding, kindOf, numbersOf, scaleOf, withColumn, withKind, withMore, without, withScale, type Draft, type DraftColumn, type Kind, type Scale } from './mappingDraft';

/** Lines that are shown without being asked for. */
const linesAtOnce = 150;

export interface MappingSubject {
  readonly columns: readonly TableColumnInfo[];
  /** Whether the table names its columns. */
  readonly named: boolean;
  /** Place of the label's column. */
  readonly label?: number;
  /** Inputs that take words. */
  readonly words: readonly string[];
}

export class MappingEditor {
  readonly element = h('div', { class: 'mapping-editor' });
  private draft: Draft = [];
  private subject: MappingSubject = { columns: [], named: true, words: [] };
  private shown = linesAtOnce;

  constructor(private readonly onEdit: (draft: Draft) => void) {}

  show(draft: Draft, subject: MappingSubject): void {
    this.draft = draft;
    this.subject = subject;
    this.draw();
  }

  private edit(input: string, place: number, column: DraftColumn, focus: string): void {
    this.set(changed(this.draft, input, place, column), `${input}/${place}`, focus);
  }

  private set(draft: Draft, line: string, focus: string): void {
    this.draft = draft;
    this.draw();
    // The lines were drawn anew: whoever changed one stays where they were.
    this.element.querySelector<HTMLElement>(`[data-line="${CSS.escape(line)}"] [data-part="${focus}"]`)?.focus();
    this.onEdit(draft);
  }

  private draw(): void {
    const several = this.draft.length > 1, scroll = this.element.scrollTop;
    let left = this.shown;
    const parts = this.draft.flatMap(({ input, columns }) => {
      let slot = 0;
      const lines = columns.slice(0, Math.max(0, left)).map((column, place) => {
        const line = this.line(input, place, column, slot, columns.length === 1 && several);
        slot += numbersOf(column);
        return line;
      });
      left -= columns.length;
      return several && columns.length === 1 ? lines : [...lines, this.total(input, slot, columns.length)];
    });
    const all = this.draft.reduce((sum, { columns }) => sum + columns.length, 0);
    replace(this.element, h('table', { class: 'mapping-lines' },
      h('caption', {}, t('What feeds the model')),
      h('thead', {}, h('tr', {}, ...[t('Goes to'), t('Column'), t('Kind'), t('Scaling'), ''].map((text) => h('th', { attributes: { scope: 'col' } }, text)))),
      h('tbody', {}, ...parts)),
    all > this.shown && h('button', { class: 'icon-button', attributes: { type: 'button' }, on: { click: () => { this.shown += 500; this.draw(); } } }, t('Show {0} more', Math.min(500, all - this.shown))));
    this.element.scrollTop = scroll;
  }

  private line(input: string, place: number, column: DraftColumn, slot: number, alone: boolean): HTMLElement {
    const { columns, named, label, words: wordInputs } = this.subject, word = wordInputs.includes(input), fed = feeding(column, place, columns, named), info = fed === undefined ? undefined : columns[fed], kind = kindOf(column), count = numbersOf(column);
    const to = alone ? input : `${input}[${slot}${count > 1 ? `…${slot + count - 1}` : ''}]`, words = (text: string): string => t('{0} of {1}', text, to);
    const edit = (next: DraftColumn, focus: string): void => this.edit(input, place, next, focus);
    return h('tr', { class: fed === undefined ? 'missing' : '', attributes: { 'data-line': `${input}/${place}` } },
      h('th', { class: 'mono', attributes: { scope: 'row' } }, to, column.name !== info?.name && h('span', { class: 'muted own-name' }, column.name)),
      h('td', {}, this.columnChoice(fed, label, words(t('Column')), (to) => edit(withColumn(column, to, columns, named), 'column'))),
      h('td', {}, word ? h('span', { class: 'muted' }, t('its words')) : info ? choice('kind', words(t('Kind')), kinds(info, kind), kind, (value) => edit(withKind(column, value, info), 'kind')) : ''),
      h('td', {}, word ? '' : info && kind === 'number' ? this.scaling(column, info, words, edit) : kind === 'one-hot' ? h('span', { class: 'muted' }, t('{0} numbers, one of them 1', count)) : ''),
      h('td', {}, !alone && h('button', { class: 'icon-button', title: t('Leave out'), attributes: { type: 'button', 'data-part': 'out', 'aria-label': words(t('Leave out')) }, on: { click: () => this.set(without(this.draft, input, place), `${input}/${Math.max(0, place - 1)}`, 'out') } }, icon('close'))));
  }

  /** How many numbers an input gets, and one column more. */
  private total(input: string, numbers: number, lines: number): HTMLElement {
    const { columns, named, label } = this.subject;
    return h('tr', { class: 'total' }, h('td', { attributes: { colspan: 5 } }, h('button', { class: 'icon-button', attributes: { type: 'button', 'data-more': input }, on: { click: () => this.set(withMore(this.draft, input, columns, named, label), `${input}/${lines}`, 'column') } }, icon('plus'), t('Add a column')),
      h('span', { class: 'muted' }, lines > this.shown ? '' : t('{0} numbers in all', numbers))));
  }

  private scaling(column: DraftColumn, info: TableColumnInfo, words: (text: string) => string, edit: (column: DraftColumn, focus: string) => void): HTMLElement {
    const scale = scaleOf(column), { mean = 0, std = 1, range = [0, 1] } = column;
    const figure = (part: string, text: string, value: number, set: (value: number) => DraftColumn | undefined): HTMLElement => {
      const input = h('input', { class: 'figure', attributes: { type: 'number', step: 'any', value, 'aria-label': words(text), 'data-part': part } });
      input.addEventListener('change', () => {
        const next = input.value.trim() === '' ? undefined : set(Number(input.value));
        if (next) edit(next, part);
        else input.value = String(value);
      });
      return h('label', { class: 'figure-of' }, h('span', { class: 'muted' }, text), input);
    };
    return h('span', { class: 'scaling' },
      choice<Scale>('scale', words(t('Scaling')), [['none', t('as it is')], ['standardise', t('standardised')], ['range', t('from a range to 0…1')]], scale, (value) => edit(withScale(column, value, info), 'scale')),
      ...(scale === 'standardise' ? [figure('mean', t('mean'), mean, (value) => ({ ...column, mean: value })), figure('std', t('deviation'), std, (value) => (value === 0 ? undefined : { ...column, std: value }))] : []),
      ...(scale === 'range' ? [figure('low', t('from'), range[0], (value) => (value === range[1] ? undefined : { ...column, range: [value, range[1]] })), figure('high', t('to'), range[1], (value) => (value === range[0] ? undefined : { ...column, range: [range[0], value] }))] : []));
  }

  /** Its options are made when somebody opens it: hundreds of lines with hundreds of columns each are too many. */
  private columnChoice(fed: number | undefined, label: number | undefined, words: string, change: (place: number) => void): HTMLSelectElement {
    const { columns } = this.subject, text = (place: number): string => (place === label ? t('{0} (the label)', columns[place]!.name) : columns[place]!.name);
    const element = h('select', { attributes: { 'aria-label': words, 'data-part': 'column' } }, h('option', { attributes: { value: fed ?? '', selected: true } }, fed === undefined ? t('choose a column') : text(fed)));
    const fill = (): void => {
      if (element.options.length > 1) return;
      replace(element, ...(fed === undefined ? [h('option', { attributes: { value: '', selected: true } }, t('choose a column'))] : []), ...columns.map((_, place) => h('option', { attributes: { value: place, selected: place === fed } }, text(place))));
    };
    element.addEventListener('pointerdown', fill);
    element.addEventListener('focus', fill);
    element.addEventListener('change', () => { if (element.value !== '') change(Number(element.value)); });
    return element;
  }
}

function kinds(info: TableColumnInfo, now: Kind): readonly (readonly [Kind, string])[] {
  const all: readonly (readonly [Kind, string])[] = [['number', t('number')], ['place', t('category: its place')], ['one-hot', t('category: one number each')]];
  return canBeCategory(info) || now !== 'number' ? all : all.slice(0, 1);
}

function choice<T extends string>(part: string, label: string, options: readonly (readonly [T, string])[], value: T, change: (value: T) => void): HTMLSelectElement {
  const element = h('select', { attributes: { 'aria-label': label, 'data-part': part } }, ...options.map(([key, text]) => h('option', { attributes: { value: key, selected: key === value } }, text)));
  element.addEventListener('change', () => change(element.value as T));
  return element;
}
