/** The model on screen: head, toolbar, graph, table, details and path, and what links them. */
import type { InspectResult } from '../../protocol/engine';
import type { FromModelEditor } from '../../protocol/webview';
import { Questions } from '../common/ask';
import { h, replace } from '../common/dom';
import { actionButton } from '../common/errorMessage';
import { icon } from '../common/icons';
import { t } from '../common/strings';
import { Connections } from './connections';
import { DetailsView } from './details/detailsView';
import { alike, type EditorState } from './editorState';
import { GraphView } from './graph/graphView';
import { Panes, type TabId } from './panes';
import { PathView, type PathEnds, type PathMarks } from './path/pathView';
import { search, type Found } from './search/search';
import { SearchBox } from './search/searchBox';
import { SearchIndex } from './search/searchIndex';
import { summaryHeader, takesPictures } from './summaryHeader';
import { LayerTable } from './table/layerTable';
import { Toolbar } from './toolbar';
import type { ModelQuestions } from './types';

export interface PageHost {
  post(message: FromModelEditor): void;
  onState(state: EditorState): void;
}

type Source = 'graph' | 'table' | 'elsewhere';

export class ModelPage {
  readonly element: HTMLElement;
  readonly questions: ModelQuestions;
  private readonly head = h('div', { class: 'head-place' });
  private readonly notice = h('div', { class: 'notice-place', attributes: { 'aria-live': 'polite' } });
  private readonly graph: GraphView;
  private readonly table: LayerTable;
  private readonly details: DetailsView;
  private readonly path: PathView;
  private readonly searchBox: SearchBox;
  private readonly toolbar: Toolbar;
  private readonly panes: Panes;
  private result: InspectResult | undefined;
  private connections: Connections | undefined;
  private index: SearchIndex | undefined;
  private found: ReadonlySet<string> | undefined;
  private pathMarks: PathMarks | undefined;

  constructor(private readonly host: PageHost, private state: EditorState) {
    this.questions = new Questions((message) => host.post(message));
    const copy = (text: string): void => host.post({ type: 'copy', text });
    this.graph = new GraphView({
      onSelect: (key) => this.select(key, 'graph'),
      onState: (graph) => this.change({ graph }),
    });
    this.table = new LayerTable({
      onSelect: (key) => this.select(key, 'table'),
      onReveal: (key) => this.revealInGraph(key),
      onDetails: () => this.openTab('details'),
      onPathFrom: (key) => this.startPath(key),
      onSort: (sort) => this.change({ sort }),
      onCopy: copy,
      onSave: (name, text) => this.save(`${this.fileName}.${name}`, new TextEncoder().encode(text)),
    });
    this.details = new DetailsView({
      questions: this.questions,
      onJump: (key) => this.select(key, 'elsewhere'),
      onSaveTensor: (tensor, name) => host.post({ type: 'saveTensor', tensor, name }),
      onCopy: copy,
    });
    this.path = new PathView({
      onMarks: (marks) => { this.pathMarks = marks; this.mark(); },
      onSelect: (key) => this.select(key, 'elsewhere'),
      onEnds: (path) => this.pathChanged(path),
    });
    this.searchBox = new SearchBox({
      find: (query) => this.find(query),
      onFound: (query, found) => this.showFound(query, found),
      onMatch: (entries) => this.goTo(entries),
      onLeave: () => (this.panes.tab === 'layers' ? this.table.focus() : this.graph.element.querySelector('canvas')?.focus()),
    });
    this.toolbar = new Toolbar(this.searchBox.element, {
      path: () => (this.path.open ? this.path.close() : this.startPath(this.state.selected)),
      exportSvg: () => this.export('svg', async () => new TextEncoder().encode(this.graph.exportSvg())),
      exportPng: () => this.export('png', async () => new Uint8Array(await (await this.graph.exportPng()).arrayBuffer())),
      compare: () => host.post({ type: 'compareWith' }),
      explainPicture: () => host.post({ type: 'explainPicture' }),
    });
    this.panes = new Panes({
      panes: {
        graph: { title: t('Graph'), element: this.graph.element }, layers: { title: t('Layers'), element: this.table.element },
        details: { title: t('Details'), element: this.details.element }, path: { title: t('Path'), element: this.path.element },
      },
      label: t('Width of the graph'),
      onChange: (ratio, tab) => this.change({ ratio, tab }),
    });
    this.element = h('div', { class: 'editor' }, this.head, this.notice, this.toolbar.element, this.panes.element);
    document.addEventListener('keydown', (event) => this.key(event));
  }

  /** Shows a model, or the same one read again: what was selected, found and opened stays where it still exists. */
  show(result: InspectResult): void {
    const { state } = this;
    const again = this.result !== undefined;
    const { architecture, summary } = (this.result = result);
    this.connections = new Connections(architecture);
    this.index = undefined;
    // Ready before the first letter is typed, but not before the first picture.
    setTimeout(() => this.searchIndex(), 200);
    replace(this.head, summaryHeader(result, { onPort: (key) => this.select(key, 'elsewhere') }));
    replace(this.notice);
    const known = alike(state.nodes, architecture.nodes.length);
    this.change({ nodes: architecture.nodes.length });
    this.graph.show(architecture, known ? (again ? this.graph.state : state.graph) : undefined);
    this.table.show(summary.layers, this.connections, state.sort);
    this.path.show(this.connections, known ? state.path : undefined);
    this.searchBox.show(state.search);
    this.panes.offer('path', this.path.open);
    this.panes.restore(state.ratio, state.tab);
    this.apply(known && state.selected !== undefined && this.exists(state.selected) ? state.selected : undefined, false);
    if (again) this.details.modelChanged();
  }

  /** Selects and shows a node somebody named elsewhere. @returns whether there is one. */
  reveal(key: string): boolean {
    if (!this.exists(key)) return false;
    this.select(key, 'elsewhere');
    if (!this.panes.narrow) this.openTab('details');
    return true;
  }

  /** A line between head and toolbar; undefined: none. */
  tell(notice: HTMLElement | undefined): void {
    replace(this.notice, notice);
  }

  private select(key: string | undefined, source: Source): void {
    const forPath = key !== undefined && this.path.waiting;
    this.apply(key, true, source);
    if (forPath) {
      this.path.end(key);
      if (!this.path.waiting) this.openTab('path');
    }
    // A click in the graph asks what this is; beside the graph there is room to answer.
    else if (key !== undefined && source === 'graph' && !this.panes.narrow && this.panes.tab === 'layers') this.openTab('details');
  }

  private apply(key: string | undefined, reveal: boolean, source: Source = 'elsewhere'): void {
    if (source !== 'table') this.table.select(key);
    if (source !== 'graph') this.graph.select(key !== undefined && this.isNode(key) ? key : undefined, { reveal });
    this.details.show(key);
    if (key !== this.state.selected) this.change({ selected: key });
    this.updateToolbar();
  }

  private revealInGraph(key: string): void {
    if (!this.isNode(key)) return;
    this.openTab('graph');
    this.graph.select(key, { reveal: true });
  }

  private openTab(tab: TabId): void {
    // Beside the other panes the graph is always there.
    if (tab === 'graph' && !this.panes.narrow) return;
    this.panes.show(tab);
    this.change({ tab });
  }

  private startPath(key: string | undefined): void {
    if (key === undefined || !this.isNode(key)) return;
    this.path.start(key);
    if (!this.panes.narrow) return this.openTab('path');
    this.tell(h('div', { class: 'notice' }, icon('path'), h('span', {}, t('Select the layer it leads to: in the graph, in the table or by searching.')),
      actionButton({ label: t('Cancel'), secondary: true, run: () => this.path.close() })));
  }

  private pathChanged(path: PathEnds | undefined): void {
    this.change({ path });
    this.panes.offer('path', path !== undefined);
    if (this.panes.narrow) this.tell(undefined);
    this.updateToolbar();
  }

  private find(query: string): Found | undefined {
    return this.result && query.trim() !== '' ? search(this.searchIndex(), query) : undefined;
  }

  private showFound(query: string, found: Found | undefined): void {
    this.found = found && new Set(found.entries.map((at) => this.searchIndex().entries[at]!.key));
    this.mark();
    this.table.setFilter(this.found);
    if (query === this.state.search) return;
    this.change({ search: query });
    // What was found is listed among the layers.
    if (found && !this.panes.narrow) this.openTab('layers');
  }

  private goTo(entries: readonly number[]): void {
    this.select(this.searchIndex().entries[entries[0]!]!.key, 'elsewhere');
  }

  private searchIndex(): SearchIndex {
    return (this.index ??= new SearchIndex(this.connections!, this.result!.summary.layers));
  }

  private mark(): void {
    this.graph.setMarks({ ...(this.found && { found: this.found }), ...(this.pathMarks && { path: this.pathMarks }) });
  }

  private updateToolbar(): void {
    const { selected } = this.state;
    this.toolbar.update({
      explain: this.result?.summary.inputs.some(takesPictures) === true,
      path: this.path.open || (selected !== undefined && this.isNode(selected)),
      pathOpen: this.path.open,
    });
  }

  private isNode(key: string): boolean {
    return this.connections?.position(key) !== undefined;
  }

  /** Nodes, and layers that have none: models inside the model. */
  private exists(key: string): boolean {
    return this.isNode(key) || this.table.has(key);
  }

  private key(event: KeyboardEvent): void {
    const { key, ctrlKey, metaKey, altKey, shiftKey } = event;
    const writing = event.composedPath()[0] instanceof HTMLInputElement || event.composedPath()[0] instanceof HTMLTextAreaElement;
    const command = (ctrlKey || metaKey) && !altKey && !shiftKey;
    if (!this.element.isConnected) return;
    if ((command && key === 'f') || (key === '/' && !writing && !ctrlKey && !metaKey && !altKey)) this.searchBox.focus();
    else if (key === 'F3') this.searchBox.go(shiftKey ? -1 : 1);
    else if (key === 'Escape' && this.path.waiting && !writing) this.path.close();
    else return;
    event.preventDefault();
  }

  private get fileName(): string {
    return (this.result?.file.path.split(/[/\\]/).at(-1) ?? 'model').replace(/\.[^.]+$/, '');
  }

  private export(kind: string, make: () => Promise<Uint8Array>): void {
    make().then(
      (bytes) => this.save(`${this.fileName}.${kind}`, bytes),
      (error: unknown) => this.tell(h('div', { class: 'notice' }, icon('warning'), h('span', {}, error instanceof Error ? error.message : String(error)))));
  }

  private save(name: string, bytes: Uint8Array): void {
    this.host.post({ type: 'save', name, bytes });
  }

  private change(part: Partial<EditorState>): void {
    this.state = { ...this.state, ...part };
    this.host.onState(this.state);
  }
}
