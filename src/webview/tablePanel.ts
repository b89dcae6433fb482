/** The page of a table: what the model reads of it, and tabs that explain the model through it. */
import './table/tablePanel.css';
import type { WireError } from '../protocol/engine';
import type { OpenTableResult } from '../protocol/table';
import type { FromTablePanel, TablePanelState, TableQuestion, ToTablePanel } from '../protocol/webview';
import { Questions } from './common/ask';
import { h, replace } from './common/dom';
import { actionButton } from './common/errorMessage';
import { connect } from './common/host';
import { icon } from './common/icons';
import { openMenu, type MenuItem } from './common/menu';
import { t } from './common/strings';
import { tableControls } from './table/controls';
import { dataTab } from './table/dataTab';
import { featuresTab } from './table/featuresTab';
import { interactionsTab } from './table/interactionsTab';
import { mappingView } from './table/mappingView';
import { rowTab } from './table/rowTab';
import { qualityTab } from './table/qualityTab';
import { RunStatus } from './table/runStatus';
import { openSession, type OwnSession } from './table/session';
import type { Choice, Selection, TabMaker, TableKnown, TablePage, TableTab } from './table/tab';
import { shapTab } from './table/shapTab';
import { treeTab } from './table/treeTab';

/** In the order of their buttons. */
const makers: readonly TabMaker[] = [dataTab, (page) => featuresTab(page, (run) => state && mark(run)), shapTab, interactionsTab, rowTab, qualityTab, treeTab];

interface Look extends Choice { readonly tab: string; /** By name: places change with the mapping. */ readonly feature?: string; readonly row?: number }
type Saved = TablePanelState & { readonly look: Look };

const host = connect<ToTablePanel, FromTablePanel, Saved>(receive);
let state: TablePanelState | undefined;
let look: Look = { tab: 'features', seed: 0, ...host.savedState()?.look };
let session: OwnSession | undefined, opened: OpenTableResult | undefined;
/** Takes back the opening that runs. */
let opening = new AbortController();

const questions = new Questions<TableQuestion, TableKnown>((message) => host.post(message));
const page: TablePage = {
  choice: choiceNow,
  ask: (question, params, signal, onProgress) => { const { target: _, ...choice } = choiceNow(); return questions.ask(question, { ...choice, ...params }, signal, onProgress); },
  change: (choice) => { save(choice); void start(); },
  show,
  copy: (text) => host.post({ type: 'copy', text }),
  save: (name, bytes) => host.post({ type: 'save', name, bytes }),
  showLog: () => host.post({ type: 'showLog' }),
};

const names = h('div', { class: 'names' }), controls = h('div', { class: 'table-controls' }), mapping = h('div', { class: 'mapping-place' });
const status = new RunStatus({ again: () => void (state ? start() : host.post({ type: 'ready' })), showLog: page.showLog, changed: (run) => { if (run === 'running' || run === 'failed' || run === 'cancelled') mark(run); } });
const tabs: readonly TableTab[] = makers.map((make) => make(page));
const buttons = tabs.map(({ id, title }) => h('button', { class: 'tab', attributes: { type: 'button', role: 'tab', 'data-tab': id, id: `tab-${id}`, 'aria-controls': 'tab-content' }, on: { click: () => show(id) } }, title));
const tabList = h('div', { class: 'tabs', attributes: { role: 'tablist' } }, ...buttons);
const content = h('div', { class: 'table-content', attributes: { role: 'tabpanel', id: 'tab-content' } });
const copy = h('button', { class: 'icon-button', title: t('Copy or save what this tab shows'), attributes: { type: 'button', 'aria-label': t('Copy'), 'aria-haspopup': 'menu', 'aria-expanded': 'false' } }, icon('copy'), h('span', { class: 'action-name' }, t('Copy')));
copy.addEventListener('click', () => {
  const own = shownTab().exports?.() ?? [], found = session?.found, bytes = (text: string): Uint8Array => new TextEncoder().encode(text);
  const all: MenuItem[] = found && found.results.length > 0 ? [{ label: t('Copy all that was found as JSON'), run: () => page.copy(found.json()) }, { label: t('Save all that was found as JSON…'), run: () => page.save('explanations.json', bytes(found.json())) }] : [];
  openMenu([...own, ...(own.length > 0 && all.length > 0 ? ['separator' as const] : []), ...all], copy);
});
const report = h('button', { class: 'icon-button', title: t('One page with everything that was found until now'), attributes: { type: 'button', disabled: true, 'aria-label': t('Save report…') }, on: { click: () => { if (session) host.post({ type: 'report', results: session.found.results, qualities: session.found.qualities }); } } }, icon('report'), h('span', { class: 'action-name' }, t('Save report…')));
tabList.addEventListener('keydown', (event) => {
  const at = tabs.findIndex(({ id }) => id === look.tab), to = { ArrowRight: at + 1, ArrowLeft: at - 1, Home: 0, End: tabs.length - 1 }[event.key];
  if (to === undefined) return;
  event.preventDefault();
  const place = (to + tabs.length) % tabs.length;
  show(tabs[place]!.id);
  buttons[place]!.focus();
});

replace(document.getElementById('app')!, h('div', { class: 'table-page' },
  h('header', { class: 'bar' }, names, controls), mapping, status.element, h('div', { class: 'tabs-bar' }, tabList, h('span', { class: 'tabs-actions' }, report, copy)), content));
show(look.tab);

function shownTab(): TableTab {
  return tabs.find(({ id }) => id === look.tab) ?? tabs[0]!;
}

function show(id: string): void {
  save({ tab: tabs.some((tab) => tab.id === id) ? id : tabs[0]!.id });
  const tab = shownTab();
  for (const button of buttons) {
    const here = button.dataset.tab === tab.id;
    button.setAttribute('aria-selected', String(here));
    button.tabIndex = here ? 0 : -1;
  }
  content.setAttribute('aria-labelledby', `tab-${tab.id}`);
  replace(content, tab.element);
  tab.shown();
}

function choiceNow(): Choice {
  const { tab: _tab, feature: _feature, row: _row, ...choice } = look;
  return choice;
}

function save(part: Partial<Look>): void {
  look = { ...look, ...part };
  if (state) host.saveState({ ...state, look });
}

/** The page's state for styles and for those who watch it from outside. */
function mark(run: string | undefined): void {
  if (run !== undefined) document.body.dataset.run = run;
}

function receive(message: ToTablePanel): void {
  switch (message.type) {
    case 'state': return begin(message.state);
    case 'show': return showRow(message.tab, message.row);
    case 'failed': return failed(message.error);
    case 'answer': return questions.answered(message);
    case 'answerProgress': return questions.progressed(message);
  }
}

/** Somebody pointed at a row elsewhere; while the table is read it is kept for then. */
function showRow(tab: string, row: number | undefined): void {
  if (row !== undefined && session) return session.chooseRow(row, tab);
  save({ ...(row !== undefined && { row }) });
  show(tab);
}

function begin(next: TablePanelState): void {
  // What was chosen of one model's classes says nothing of another's.
  if (state && state.model !== next.model) look = { tab: look.tab, seed: look.seed };
  state = next;
  save({});
  const link = (text: string, label: string, click: () => void): HTMLElement => h('button', { class: 'name link', title: label, attributes: { type: 'button' }, on: { click } }, text);
  const base = (file: string): string => file.split(/[/\\]/).at(-1) ?? file;
  replace(names, icon('report'), link(base(next.file), `${t('Open the table')}\n${next.file}`, () => host.post({ type: 'openFile' })), h('span', { class: 'muted by' }, t('seen by')),
    icon('model'), link(base(next.model), `${t('Open the model')}\n${next.model}`, () => host.post({ type: 'openModel' })),
    h('button', { class: 'icon-button', title: t('Choose another model'), attributes: { type: 'button', 'aria-label': t('Choose another model') }, on: { click: () => host.post({ type: 'chooseModel' }) } }, icon('swap')));
  void start();
}

/** Reads the table anew, in place of what runs now; tabs begin when it is read. */
async function start(): Promise<void> {
  opening.abort();
  session?.end();
  session = opened = undefined;
  const mine = (opening = new AbortController());
  report.disabled = true;
  drawControls();
  replace(mapping);
  for (const tab of tabs) tab.begin(undefined);
  await status.run(t('Reading the table…'), mine.signal, async (signal) => {
    const { tab: _tab, feature: _feature, row: _row, target: _target, ...choice } = look;
    const found = await questions.ask('openTable', choice, signal, ({ rows }) => status.progress(t('{0} rows read', rows), 0, 0));
    if (!mine.signal.aborted) wasOpened(found, choice);
  });
}

function wasOpened(found: OpenTableResult, choice: Omit<Choice, 'target'>): void {
  opened = found;
  replace(mapping, mappingView(found));
  drawControls();
  if (!found.reading) {
    for (const tab of tabs) tab.openedBadly?.(found);
    return failed(found.problem ?? { code: 'failed', message: t('The columns do not fit the model.') });
  }
  // What follows is told by the tabs.
  status.drop();
  const { feature, row, target } = look, place = found.reading.mapping.features.findIndex((one) => one.feature.name === feature);
  session = openSession({
    opened: found, reading: found.reading, choice: { ...choice, ...(target !== undefined && { target }) }, questions,
    selection: { ...(place >= 0 && { feature: place }), ...(row !== undefined && { row }) }, chosen, found: () => { report.disabled = (session?.found.results.length ?? 0) === 0; },
  });
  for (const tab of tabs) tab.begin(session);
  shownTab().shown();
}

function chosen(selection: Selection, go: string | undefined): void {
  const { feature, row } = selection;
  save({ ...(feature !== undefined && { feature: session?.features[feature]?.name }), row });
  for (const tab of tabs) tab.chosen?.(selection);
  if (go !== undefined) show(go);
}

function drawControls(): void {
  replace(controls, ...tableControls(opened, look, page));
}

function failed(error: WireError): void {
  status.failed(error, actionButton({ label: t('Choose another model'), secondary: true, run: () => host.post({ type: 'chooseModel' }) }));
}

host.post({ type: 'ready' });
