/** What a run says of its own figures: doubts in the open, the rest behind a click. */
import type { ExplainTableResult } from '../../protocol/table';
import { h } from '../common/dom';
import { icon } from '../common/icons';
import { t } from '../common/strings';

export function checkWords(records: readonly ExplainTableResult['record'][]): HTMLElement[] {
  const said = new Set<string>(), checks = records.flatMap(({ checks }) => checks).filter(({ message }) => !said.has(message) && said.add(message));
  return [
    ...checks.filter(({ ok }) => !ok).map(({ message }) => h('p', { class: 'warning' }, icon('warning'), h('span', {}, message))),
    h('details', { class: 'checks-of' }, h('summary', {}, t('How this was found')), h('ul', {}, ...checks.map(({ message }) => h('li', {}, message)), ...records.map((record) => h('li', { class: 'muted' }, recordWords(record))))),
  ];
}

/** Method, preset, parameters and seed in a line: what it takes to make the figures again. */
function recordWords({ method, preset, parameters, chosen, seed }: ExplainTableResult['record']): string {
  return [`${method} (${preset})`, ...Object.entries({ ...parameters, ...chosen }).map(([name, value]) => `${name} ${String(value)}`), `seed ${seed}`].join(', ');
}
