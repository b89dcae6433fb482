/** The head of the comparison: both models side by side, with what differs marked. */
import type { CompareResult } from '../../protocol/compare';
import { h } from '../common/dom';
import { formatBytes, formatCount, formatDims, formatNumber } from '../common/format';
import { icon } from '../common/icons';
import { t } from '../common/strings';

export type Side = 'a' | 'b';

export interface HeadEvents {
  onOpen(side: Side): void;
  onSwap(): void;
  onChooseOther(): void;
}

const formatNames: Readonly<Record<string, string>> = { onnx: 'ONNX', keras: 'Keras', tfjs: 'TensorFlow.js' };

interface Fact { readonly label: string; readonly a: string; readonly b: string; readonly hint?: string }

export function compareHead(result: CompareResult, events: HeadEvents): HTMLElement {
  const name = (side: Side): HTMLElement => {
    const { file } = result[side];
    return h('button', { class: 'model-name', title: t('Open {0}', file), attributes: { type: 'button' }, on: { click: () => events.onOpen(side) } }, icon('model'), h('span', {}, shortName(result[side].file, result[side === 'a' ? 'b' : 'a'].file)));
  };
  return h('header', { class: 'summary compare-head' },
    h('div', { class: 'compare-names' },
      h('h1', {}, name('a'), h('span', { class: 'against muted' }, t('compared with')), name('b')),
      h('div', { class: 'compare-tools' },
        h('button', { class: 'icon-button', title: t('Swap the models'), attributes: { type: 'button', 'aria-label': t('Swap the models') }, on: { click: () => events.onSwap() } }, icon('swap')),
        h('button', { class: 'icon-button', title: t('Compare the first model with another one'), attributes: { type: 'button' }, on: { click: () => events.onChooseOther() } }, icon('compare'), t('Another…')))),
    factTable(factsOf(result)),
    result.warnings.length > 0 && h('ul', { class: 'compare-warnings muted' }, ...result.warnings.map((line) => h('li', {}, icon('info'), h('span', {}, line)))));
}

/** The file's name; where both have the same, with the folder it lies in. */
export function shortName(file: string, other: string): string {
  const parts = file.split(/[/\\]/), others = other.split(/[/\\]/);
  return parts.at(-1) === others.at(-1) ? parts.slice(-2).join('/') : parts.at(-1) ?? file;
}

function factsOf({ a, b }: CompareResult): Fact[] {
  const fact = (label: string, of: (side: CompareResult[Side]) => string): Fact => ({ label, a: of(a), b: of(b) });
  const ports = (list: CompareResult[Side]['summary']['inputs']): string => list.map((port) => `${port.name}  ${port.dtype}  ${formatDims(port.dims)}`).join('\n');
  return [
    fact(t('Format'), ({ summary }) => [formatNames[summary.format] ?? summary.format, ...Object.entries(summary.opset).map(([domain, version]) => domain === 'ai.onnx' || domain === '' ? `opset ${version}` : `${domain} ${version}`), summary.producer].filter(Boolean).join(' · ')),
    fact(t('Inputs'), ({ summary }) => ports(summary.inputs)),
    fact(t('Outputs'), ({ summary }) => ports(summary.outputs)),
    fact(t('Layers'), ({ summary }) => formatNumber(summary.totals.layers)),
    fact(t('Parameters'), ({ summary }) => formatCount(summary.totals.parameters)),
    fact(t('MACs'), ({ summary }) => summary.totals.macs === null ? '–' : formatCount(summary.totals.macs)),
    fact(t('Weights'), ({ summary }) => formatBytes(summary.totals.weightBytes)),
    fact(t('File'), ({ bytes }) => formatBytes(bytes)),
  ];
}

function factTable(facts: readonly Fact[]): HTMLElement {
  const long = facts.slice(0, 3), figures = facts.slice(3);
  const differs = ({ a, b }: Fact): boolean => a !== b;
  const marked = (fact: Fact): HTMLElement | false => differs(fact) && h('span', { class: 'sign kind-changed', title: t('differs') }, '~', h('span', { class: 'sr-only' }, t('differs')));
  return h('div', { class: 'compare-facts' },
    h('table', { class: 'fact-table' }, h('tbody', {}, ...long.map((fact) => h('tr', { class: differs(fact) ? 'differs' : '' },
      h('th', { attributes: { scope: 'row' } }, marked(fact), fact.label), h('td', {}, fact.a), h('td', {}, fact.b))))),
    h('dl', { class: 'figures' }, ...figures.map((fact) => h('div', { class: `figure${differs(fact) ? ' differs' : ''}` },
      h('dt', {}, marked(fact), fact.label), h('dd', { class: 'numeric' }, differs(fact) ? `${fact.a} → ${fact.b}` : fact.a)))));
}
