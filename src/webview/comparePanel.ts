/** The page of the comparison of two models: head, table and graph, and what links them. */
import './compare/comparePanel.css';
import '@vscode-elements/elements/dist/vscode-progress-ring/index.js';
import type { ChangeKind, CompareResult } from '../protocol/compare';
import type { WireError } from '../protocol/engine';
import type { ComparePanelState, FromComparePanel, ToComparePanel } from '../protocol/webview';
import { h, replace } from './common/dom';
import { actionButton, errorMessage } from './common/errorMessage';
import { connect } from './common/host';
import { t } from './common/strings';
import { CompareTable, type TableLook } from './compare/compareTable';
import { compareHead, shortName } from './compare/compareHead';
import { LayerDifference } from './compare/layerDifference';
import { kindName, kinds, kindSigns, rowsOf, type Row } from './compare/rows';
import type { GraphState } from './model/graph/api';
import { GraphView } from './model/graph/graphView';
import { Panes, type TabId } from './model/panes';

interface Look {
  readonly table: TableLook;
  readonly graph?: GraphState;
  readonly selected?: string;
  readonly ratio: number;
  readonly tab: TabId;
}

const app = document.getElementById('app')!;
const host = connect<ToComparePanel, FromComparePanel, ComparePanelState & { look: Look }>(receive);
let models: ComparePanelState | undefined;
let look: Look = { table: { kinds, words: '' }, ratio: 0.42, tab: 'layers', ...host.savedState()?.look };
let rows: Row[] = [];
let rowOfKey = new Map<string, number>();
let keyOfRow = new Map<number, string>();
let weighed = false;
let structure = '';

const headPlace = h('div', { class: 'head-place' });
const status = h('div', { class: 'notice-place', attributes: { 'aria-live': 'polite' } });
const graph = new GraphView({ onSelect: (key) => select(key, 'graph'), onState: (state) => change({ graph: state }) });
const table = new CompareTable({
  onSelect: (row) => select(keyOfRow.get(row), 'table'),
  onDetails: () => panes.show('details'),
  onLook: (next) => change({ table: next }),
  onCopy: (text) => host.post({ type: 'copy', text }),
  onSave: (extension, text) => host.post({ type: 'save', extension, bytes: new TextEncoder().encode(text) }),
}, look.table);
const difference = new LayerDifference();
const panes = new Panes({
  panes: {
    graph: { title: t('Graph'), element: graph.element }, layers: { title: t('Layers'), element: table.element },
    details: { title: t('Difference'), element: difference.element }, path: { title: t('Path'), element: h('div') },
  },
  label: t('Width of the graph'),
  onChange: (ratio, tab) => change({ ratio, tab }),
});
const page = h('div', { class: 'editor compare' }, headPlace, status, panes.element);

function receive(message: ToComparePanel): void {
  switch (message.type) {
    case 'comparing': return showComparing(message.state);
    case 'progress': return showProgress(message.done, message.total);
    case 'result': return showResult(message.result, message.weights);
    case 'failed': return showError(message.error);
    case 'cancelled': return tell(h('span', {}, t('Comparing weights was cancelled.')), actionButton({ label: t('Compare weights'), secondary: true, run: () => host.post({ type: 'compareWeights' }) }));
  }
}

function showComparing(state: ComparePanelState): void {
  const other = models && (models.a !== state.a || models.b !== state.b);
  models = state;
  if (other) change({ selected: undefined, graph: undefined });
  else save();
  if (page.isConnected && !other) return;
  structure = '';
  replace(app, h('section', { class: 'message', attributes: { 'aria-busy': true, 'aria-live': 'polite' } },
    h('vscode-progress-ring'), h('p', {}, t('Comparing {0} with {1}…', shortName(state.a, state.b), shortName(state.b, state.a)))));
}

function showError(error: WireError): void {
  replace(app, errorMessage(t('These models could not be compared'), error, [
    { label: t('Try again'), run: () => host.post({ type: 'tryAgain' }) },
    { label: t('Another model…'), secondary: true, run: () => host.post({ type: 'chooseOther' }) },
    { label: t('Show the log'), secondary: true, run: () => host.post({ type: 'showLog' }) },
  ]));
}

function showProgress(done: number, total: number): void {
  if (!page.isConnected) return;
  const fraction = total > 0 ? done / total : 0;
  const bar = h('div', { class: 'progress', attributes: { role: 'progressbar', 'aria-valuemin': 0, 'aria-valuemax': 100, 'aria-valuenow': Math.round(100 * fraction), 'aria-label': t('Comparing weights…') } }, h('div'));
  (bar.firstElementChild as HTMLElement).style.width = `${100 * fraction}%`;
  tell(h('span', {}, t('Comparing weights…')), bar, actionButton({ label: t('Cancel'), secondary: true, run: () => host.post({ type: 'cancel' }) }));
}

function tell(...content: readonly HTMLElement[]): void {
  replace(status, content.length ? h('div', { class: 'notice' }, ...content) : undefined);
}

function showResult(result: CompareResult, weights: boolean): void {
  weighed = weights;
  if (!page.isConnected) replace(app, page);
  replace(headPlace, compareHead(result, {
    onOpen: (side) => host.post({ type: 'open', side }),
    onSwap: () => host.post({ type: 'swap' }),
    onChooseOther: () => host.post({ type: 'chooseOther' }),
  }));
  if (weights) tell();
  rows = rowsOf(result.layers);
  keyOfRow = new Map(result.layers.map(({ node }, row) => [row, result.view.nodes[node]!.key]));
  rowOfKey = new Map([...keyOfRow].map(([row, key]) => [key, row]));
  table.show(rows);
  // With the weights comes the same graph again, perhaps with more changes in it.
  const shape = result.view.nodes.map(({ key }, node) => `${kindSigns[result.kinds[node]!]}${key}`).join('\n');
  if (shape !== structure) graph.show(withSigns(result), structure === '' ? look.graph : graph.state);
  structure = shape;
  graph.setMarks({ kinds: new Map(result.view.nodes.map(({ key }, node): [string, ChangeKind] => [key, result.kinds[node]!])) });
  panes.restore(look.ratio, look.tab);
  const kept = look.selected !== undefined && rowOfKey.has(look.selected) ? look.selected : undefined;
  apply(kept, 'neither');
  document.body.dataset.compared = weights ? 'weights' : 'structure';
}

/** The graph with what became of each node in words: colour does not say it alone. */
function withSigns({ view, kinds: changes }: CompareResult): CompareResult['view'] {
  return {
    ...view,
    nodes: view.nodes.map((node, at) => {
      const kind = changes[at]!;
      return kind === 'same' ? node : { ...node, detail: [`${kindSigns[kind]} ${kindName(kind)}`, node.detail].filter(Boolean).join(' · ') };
    }),
  };
}

function select(key: string | undefined, source: 'graph' | 'table'): void {
  apply(key, source);
  change({ selected: key });
}

function apply(key: string | undefined, source: 'graph' | 'table' | 'neither'): void {
  const row = key === undefined ? undefined : rowOfKey.get(key);
  if (source !== 'table') table.select(row);
  if (source !== 'graph') graph.select(key, { reveal: source === 'table' });
  difference.show(row === undefined ? undefined : rows[row], weighed);
}

function change(part: Partial<Look>): void {
  look = { ...look, ...part };
  save();
}

function save(): void {
  if (models) host.saveState({ ...models, look });
}

host.post({ type: 'ready' });
