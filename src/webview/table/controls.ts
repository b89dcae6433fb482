/** What can be chosen of a table as a whole: the class that is explained, the label's column, the seed. */
import type { OpenTableResult } from '../../protocol/table';
import { h } from '../common/dom';
import { t } from '../common/strings';
import type { Choice, TablePage } from './tab';

export function tableControls(opened: OpenTableResult | undefined, { target, seed: chosenSeed }: Choice, page: TablePage): readonly (HTMLElement | false)[] {
  const reading = opened?.reading, label = reading?.mapping.label;
  const seed = h('input', { class: 'seed', attributes: { type: 'number', min: 0, step: 1, value: chosenSeed } });
  seed.addEventListener('change', () => page.change({ seed: Math.max(0, Math.floor(Number(seed.value) || 0)) }));
  return [
    reading !== undefined && reading.outputs.length > 1 && labelled(t('Explained'), select(reading.outputs.map((name, i) => [String(i), name]), String(target ?? reading.target), (value) => page.change({ target: Number(value) }))),
    opened !== undefined && labelled(t('Label'), select([['', t('none')], ...opened.columns.map(({ name }, i) => [String(i), name] as const)], label === undefined ? '' : String(label), (value) => page.change({ label: value === '' ? '' : Number(value), target: undefined }))),
    labelled(t('Seed'), seed),
  ];
}

export function labelled(text: string, control: HTMLElement): HTMLElement {
  return h('label', { class: 'choose' }, h('span', { class: 'muted' }, text), control);
}

export function select(options: readonly (readonly [string, string])[], value: string, change: (value: string) => void): HTMLSelectElement {
  const element = h('select', {}, ...options.map(([key, text]) => h('option', { attributes: { value: key, selected: key === value } }, text)));
  element.addEventListener('change', () => change(element.value));
  return element;
}
