/** The head of the model editor: what the model is, what goes in, what comes out, how large it is, what runs it. */
import type { InspectResult } from '../../protocol/engine';
import type { Port, Summary } from './types';
import { h } from '../common/dom';
import { formatBytes, formatCount, formatDims, formatNumber } from '../common/format';
import { icon } from '../common/icons';
import { t } from '../common/strings';

const formatNames: Readonly<Record<string, string>> = { onnx: 'ONNX', keras: 'Keras', tfjs: 'TensorFlow.js' };
const portsShown = 6;

export interface HeaderEvents {
  /** Somebody clicked an input or output. */
  onPort(key: string): void;
}

export function summaryHeader({ summary, architecture: { omitted }, file }: InspectResult, events: HeaderEvents): HTMLElement {
  const { totals } = summary;
  const name = file.path.split(/[/\\]/).at(-1) ?? file.path;
  const remarks = [...summary.warnings, ...(omitted === undefined ? [] : [t('Layers of branches inside branches that are too deep or too many to be shown: {0}', formatNumber(omitted))])];
  const facts = [formatNames[summary.format] ?? summary.format, ...opsets(summary.opset), summary.producer, runtimeName(summary)];
  return h('header', { class: 'summary' },
    h('div', { class: 'summary-top' },
      h('div', { class: 'identity' },
        h('h1', { title: file.path }, name),
        h('div', { class: 'muted facts' }, facts.filter(Boolean).join('  ·  '))),
      h('dl', { class: 'figures' },
        figure(t('Layers'), formatNumber(totals.layers), t('{0} nodes', formatNumber(totals.nodes))),
        figure(t('Parameters'), formatCount(totals.parameters), formatNumber(totals.parameters)),
        figure(t('MACs'), totals.macs === null ? '–' : formatCount(totals.macs), totals.macs === null ? t('Some layers have unknown dims') : t('{0} multiply-accumulates for one sample', formatNumber(totals.macs))),
        figure(t('Weights'), formatBytes(totals.weightBytes), t('{0} bytes', formatNumber(totals.weightBytes))),
        figure(t('File'), formatBytes(file.bytes), t('{0} bytes', formatNumber(file.bytes))))),
    h('div', { class: 'ports' }, ports(t('Inputs'), 'input', summary.inputs, events), ports(t('Outputs'), 'output', summary.outputs, events)),
    runRemark(summary),
    remarks.length > 0 && warnings(remarks),
  );
}

/** Whether an input has the dims of a picture: four, one of them a number of channels. */
export function takesPictures({ dims }: Port): boolean {
  return dims?.length === 4 && [dims[1], dims[3]].some((channels) => channels === 1 || channels === 3 || channels === 4 || typeof channels !== 'number');
}

function runtimeName({ runtime }: Summary): string {
  if (!runtime) return '';
  return [runtime.id === 'onnxruntime' ? 'ONNX Runtime' : runtime.id === 'tfjs-node' ? 'TensorFlow.js (Node)' : 'TensorFlow.js', runtime.version].filter(Boolean).join(' ');
}

/** What stands in the way of running it: nothing, ONNX Runtime only, or everything. */
function runRemark({ runtime, notRunnable }: Summary): HTMLElement | undefined {
  if (runtime?.reason !== undefined) return remark('info', t('Runs on TensorFlow.js. {0}', runtime.reason));
  return notRunnable === undefined ? undefined : remark('warning', t('This model can be looked at, but not run: {0}', notRunnable));
}

function opsets(opset: Readonly<Record<string, number>>): string[] {
  return Object.entries(opset).map(([domain, version]) => (domain === '' || domain === 'ai.onnx' ? `opset ${version}` : `${domain} ${version}`));
}

function figure(label: string, value: string, hint: string): HTMLElement {
  return h('div', { class: 'figure', title: hint }, h('dt', {}, label), h('dd', { class: 'numeric' }, value));
}

function ports(title: string, kind: 'input' | 'output', list: readonly Port[], events: HeaderEvents): HTMLElement {
  const hidden = list.length - portsShown;
  return h('section', { class: 'port-list', attributes: { 'aria-label': title } },
    h('h2', {}, title),
    h('ul', {},
      ...list.slice(0, portsShown).map((port) => h('li', {},
        h('button', { class: 'port', title: t('Show {0} in the graph', port.name), attributes: { type: 'button' }, on: { click: () => events.onPort(`${kind}:${port.name}`) } },
          h('span', { class: 'port-name' }, port.name), h('span', { class: 'port-type mono muted' }, port.dtype), h('span', { class: 'port-dims mono' }, formatDims(port.dims))))),
      hidden > 0 && h('li', { class: 'muted', title: list.slice(portsShown).map((port) => `${port.name}  ${formatDims(port.dims)}`).join('\n') }, t('and {0} more', hidden)),
      list.length === 0 && h('li', { class: 'muted' }, t('none'))));
}

function remark(name: 'warning' | 'info', text: string): HTMLElement {
  return h('p', { class: `remark remark-${name}` }, icon(name), h('span', {}, text));
}

function warnings(list: readonly string[]): HTMLElement {
  const one = list.length === 1;
  return h('details', { class: 'warnings' },
    h('summary', {}, icon('warning'), h('span', { class: 'warning-first' }, one ? list[0]! : t('{0} remarks about this file', list.length))),
    h('ul', {}, ...list.map((line) => h('li', {}, line))));
}
