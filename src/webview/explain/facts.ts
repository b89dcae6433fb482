/** What stands behind the map: how the picture was prepared, how far to trust the result, and how to make it again. */
import type { ExplanationRecord } from '../../protocol/engine';
import { h } from '../common/dom';
import { formatDuration, formatValue } from '../common/format';
import { icon } from '../common/icons';
import { t } from '../common/strings';

/** The method's own checks and whatever the engine remarked. */
export function trustBlock({ checks, warnings }: ExplanationRecord): HTMLElement | undefined {
  if (checks.length + warnings.length === 0) return undefined;
  return h('section', { class: 'block trust' }, h('h2', {}, t('The method\'s own checks')),
    h('ul', { class: 'checks' },
      ...checks.map((check) => h('li', { class: check.ok ? 'ok' : 'doubt', title: `${check.id} = ${formatValue(check.value)}` },
        icon(check.ok ? 'check' : 'warning'), h('span', { class: 'sr-only' }, check.ok ? t('fine:') : t('doubtful:')), h('span', {}, check.message))),
      ...warnings.map((warning) => h('li', { class: 'remark' }, icon('info'), h('span', {}, warning)))));
}

/** Everything needed to make the explanation again. */
export function detailsBlock(record: ExplanationRecord): HTMLElement {
  const parameters = { ...record.parameters, ...record.chosen };
  const rows: [string, string][] = [
    [t('Target'), `${record.target.label || record.target.index} · ${record.target.space} ${formatValue(record.target.score)}`],
    ...(record.layer === undefined ? [] : [[t('Layer'), record.layer] as [string, string]]),
    [t('Preset'), record.preset],
    ...Object.entries(parameters).map(([name, value]): [string, string] => [name, String(value)]),
    [t('Seed'), String(record.seed)],
    [t('Device'), record.device.detail || record.device.id],
    ...Object.entries(record.timings).map(([name, value]): [string, string] => [timingName(name), formatDuration(value)]),
    [t('Model'), `sha256 ${record.model.sha256.slice(0, 16)}…`],
    ...Object.entries(record.versions),
  ];
  return h('details', { class: 'block details' }, h('summary', {}, t('Details')),
    h('dl', {}, ...rows.flatMap(([name, value]) => [h('dt', { class: 'muted' }, name), h('dd', { class: 'numeric', title: value }, value)])));
}

/** 'firstMapMs' as 'first map'. */
function timingName(key: string): string {
  return key.replace(/Ms$/, '').replace(/[A-Z]/g, (letter) => ` ${letter.toLowerCase()}`);
}
