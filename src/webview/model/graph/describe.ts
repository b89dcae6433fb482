/** What tooltips and screen readers say about boxes and lines. */
import { h, replace } from '../../common/dom';
import { formatBytes, formatCount, formatDims } from '../../common/format';
import { t } from '../../common/strings';
import type { Item, Items } from './items';
import { badge, canOpen, figures } from './measure';
import type { Scene } from './scene';

const mostRows = 6;

/** Fills a tooltip about a box. */
export function describeItem(tooltip: HTMLElement, items: Items, item: Item): void {
  const { node } = item;
  const row = (label: string, ...values: readonly (string | undefined)[]): HTMLElement | false =>
    values.some(Boolean) && h('div', { class: 'tooltip-row' }, h('span', { class: 'muted' }, label), h('span', { class: 'mono' }, values.filter(Boolean).join(' ')));
  const marks = items.list[item.id]!;
  replace(tooltip,
    h('strong', {}, item.title, marks.count !== undefined && ` ${badge(item)}`),
    node?.kind === 'op' && node.name && h('div', { class: 'mono' }, node.name),
    node?.detail && h('div', {}, node.detail),
    !node && h('div', {}, item.types),
    !node && h('div', { class: 'muted' }, figures(item)),
    node?.kind === 'op' && row(t('in'), inputDims(items, item).join(', ')),
    node?.kind === 'op' && row(t('out'), node.outputDims.slice(0, mostRows).map((dims) => formatDims(dims)).join(', ')),
    item.kind === 'node' && item.parameters > 0 && row(t('Parameters'), formatCount(item.parameters)),
    item.macs !== null && item.macs > 0 && row(t('MACs'), formatCount(item.macs)),
    item.activationBytes !== null && item.activationBytes > 0 && row(t('Activations'), formatBytes(item.activationBytes)));
}

function inputDims(items: Items, item: Item): string[] {
  const edges = items.incoming.get(item.id) ?? [];
  const shown = edges.slice(0, mostRows).map((edge) => formatDims(items.edges[edge]!.dims));
  return edges.length > mostRows ? [...shown, '…'] : shown;
}

/** Fills a tooltip about a line: the tensors it stands for, each with its dims. */
export function describeLine(tooltip: HTMLElement, items: Items, edges: Uint32Array): void {
  const values = new Map([...edges].map((edge) => [items.edges[edge]!.value, items.edges[edge]!.dims]));
  const rows = [...values].slice(0, mostRows);
  replace(tooltip,
    values.size > 1 && h('div', { class: 'muted' }, t('{0} tensors', values.size)),
    ...rows.map(([value, dims]) => h('div', { class: 'tooltip-line' }, h('strong', { class: 'mono' }, formatDims(dims)), h('span', { class: 'mono muted' }, value))),
    values.size > rows.length && h('div', { class: 'muted' }, '…'));
}

/** One sentence for screen readers. */
export function spoken(scene: Scene, item: Item): string {
  const parts = [item.title, badge(item), item.node?.kind === 'op' ? item.node.name : '', item.node?.detail ?? '', ...(item.node?.outputDims ?? []).slice(0, 3).map((dims) => formatDims(dims))];
  if (!item.node) parts.push(item.types, figures(item));
  if (canOpen(item)) parts.push(scene.level(item.id) ? t('open') : t('closed, Enter opens it'));
  const around = [...scene.items.around(item.id)][0];
  if (around) parts.push(t('in {0}', around.title));
  return parts.filter(Boolean).join(', ');
}
