/** The page of the model editor: head, graph and table, and what links them. */
import './model/modelEditor.css';
import '@vscode-elements/elements/dist/vscode-progress-ring/index.js';
import type { InspectResult, WireError } from '../protocol/engine';
import type { FromModelEditor, ToModelEditor } from '../protocol/webview';
import { h, replace } from './common/dom';
import { errorMessage } from './common/errorMessage';
import { connect } from './common/host';
import { t } from './common/strings';
import type { GraphState } from './model/graph/api';
import { GraphView } from './model/graph/graphView';
import { LayerTable, type Sort } from './model/layerTable';
import { linkLayers, type Links } from './model/selection';
import { splitPanes } from './model/splitter';
import { summaryHeader } from './model/summaryHeader';

interface State {
  /** Position in the layer list. */
  readonly layer?: number;
  readonly graph?: GraphState;
  readonly sort?: Sort;
  readonly filter: string;
  readonly ratio: number;
  readonly tab: 'first' | 'second';
}

const app = document.getElementById('app')!;
const host = connect<ToModelEditor, FromModelEditor, State>(receive);
let state: State = { filter: '', ratio: 0.45, tab: 'first', ...host.savedState() };
let links: Links | undefined;
let shown = false;

const graph = new GraphView({
  onSelect: (key) => {
    const layer = key === undefined ? undefined : links?.layerOfNode.get(key);
    table.select(layer);
    change({ layer });
  },
  onState: (look) => change({ graph: look }),
});
const table = new LayerTable({
  onSelect: (layer) => {
    graph.select(links?.nodeOfLayer.get(layer), { reveal: true });
    change({ layer });
  },
  onSort: (sort) => change({ sort }),
  onFilter: (filter) => change({ filter }),
});

function receive(message: ToModelEditor): void {
  switch (message.type) {
    // A model that is on screen stays there while the file is read again.
    case 'loading': if (!shown) showLoading(message.file); return;
    case 'model': return showModel(message.result);
    case 'failed': return showError(message.error);
  }
}

function showLoading(file: string): void {
  const name = file.split(/[/\\]/).at(-1) ?? file;
  replace(app, h('section', { class: 'message', attributes: { 'aria-busy': true, 'aria-live': 'polite' } },
    h('vscode-progress-ring'), h('p', {}, t('Reading {0}…', name))));
}

function showError(error: WireError): void {
  shown = false;
  replace(app, errorMessage(t('This model could not be opened'), error, [
    { label: t('Try again'), run: () => host.post({ type: 'tryAgain' }) },
    { label: t('Reopen as text'), secondary: true, run: () => host.post({ type: 'openAsText' }) },
    { label: t('Show the log'), secondary: true, run: () => host.post({ type: 'showLog' }) },
  ]));
}

function showModel(result: InspectResult): void {
  const again = shown;
  shown = true;
  links = linkLayers(result.architecture);
  replace(app, h('div', { class: 'editor' },
    summaryHeader(result, { explainPicture: () => host.post({ type: 'explainPicture' }) }),
    splitPanes({
      first: { title: t('Graph'), element: graph.element },
      second: { title: t('Layers'), element: table.element },
      label: t('Width of the graph'), ratio: state.ratio, tab: state.tab,
      onChange: (ratio, tab) => change({ ratio, tab }),
    })));
  graph.show(result.architecture, state.graph);
  table.show(result.summary.layers, state.sort, state.filter);
  const { layer } = state;
  if (layer !== undefined && layer < result.summary.layers.length) {
    table.select(layer);
    graph.select(links.nodeOfLayer.get(layer), { reveal: false });
  } else if (again) change({ layer: undefined });
}

function change(part: Partial<State>): void {
  state = { ...state, ...part };
  host.saveState(state);
}

host.post({ type: 'ready' });
