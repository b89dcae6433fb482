/** The page of many pictures: how far the run is, a table that fills, and the average map of each class. */
import './many/manyPanel.css';
import '@vscode-elements/elements/dist/vscode-single-select/index.js';
import '@vscode-elements/elements/dist/vscode-option/index.js';
import type { MethodInfo } from '../protocol/engine';
import type { ManyResult } from '../protocol/many';
import type { FromManyPanel, ManyPanelState, ManyQuestion, ToManyPanel } from '../protocol/webview';
import { Questions } from './common/ask';
import { h, replace, replaceBefore } from './common/dom';
import { actionButton } from './common/errorMessage';
import { formatDuration, formatNumber } from './common/format';
import { connect } from './common/host';
import { icon } from './common/icons';
import { t } from './common/strings';
import { Averages } from './many/averages';
import { Thumbnails } from './many/pictureCell';
import { PictureTable, type PictureTableLook } from './many/pictureTable';

type Saved = ManyPanelState & { readonly look: PictureTableLook };
const host = connect<ToManyPanel, FromManyPanel, Saved>(receive);
let state: ManyPanelState | undefined;
let look: PictureTableLook = { words: '', ...host.savedState()?.look };
let total = 0, began = 0;

const questions = new Questions<ManyQuestion, 'folder'>((message) => host.post(message));
const thumbnails = new Thumbnails((number) => questions.ask('keptPicture', { number }));
const table = new PictureTable({
  onOpen: (file) => host.post({ type: 'open', file }),
  onLook: (next) => { look = next; save(); },
  onCopy: (text) => host.post({ type: 'copy', text }),
  onSave: (text) => host.post({ type: 'save', name: 'pictures.csv', bytes: new TextEncoder().encode(text) }),
}, thumbnails, look);
const averages = new Averages((label) => { table.filter(label); show('pictures'); });
const names = h('div', { class: 'names' });
const method = h('vscode-single-select', { class: 'many-method', attributes: { 'aria-label': t('Method'), combobox: true } });
method.addEventListener('change', () => host.post({ type: 'chooseMethod', method: method.value }));
const status = h('div', { class: 'many-status', attributes: { role: 'status' } });
const cancel = actionButton({ label: t('Cancel'), secondary: true, run: () => host.post({ type: 'cancel' }) });
const tabs = (['pictures', 'averages'] as const).map((id) => h('button', { class: 'tab', attributes: { type: 'button', role: 'tab', 'data-tab': id }, on: { click: () => show(id) } }, id === 'pictures' ? t('Pictures') : t('Average maps')));
const content = h('div', { class: 'many-content', attributes: { role: 'tabpanel' } });

replace(document.getElementById('app')!, h('div', { class: 'many' },
  h('header', { class: 'bar' }, names, h('label', { class: 'many-choose' }, h('span', { class: 'muted' }, t('Method')), method), folderButton()),
  status, h('div', { class: 'tabs', attributes: { role: 'tablist' } }, ...tabs), content));
show('pictures');
averages.show(undefined);

function folderButton(): HTMLElement {
  return h('button', { class: 'icon-button', title: t('Show the folder with the results'), attributes: { type: 'button', 'aria-label': t('Show the folder with the results') }, on: { click: () => host.post({ type: 'openFolder' }) } }, icon('save'));
}

function show(id: 'pictures' | 'averages'): void {
  for (const tab of tabs) tab.setAttribute('aria-selected', String(tab.dataset.tab === id));
  replace(content, id === 'pictures' ? table.element : averages.element);
}

function save(): void {
  if (state) host.saveState({ ...state, look });
}

function receive(message: ToManyPanel): void {
  switch (message.type) {
    case 'state': return showState(message.state, message.name);
    case 'methods': return showMethods(message.methods);
    case 'begun': return begun(message.total);
    case 'rows':
      table.add(message.rows);
      return running();
    case 'finished': return finished(message.result);
    case 'cancelled':
      document.body.dataset.run = 'cancelled';
      return say(h('span', {}, t('Stopped after {0} of {1} pictures.', formatNumber(table.all.length), formatNumber(total))), actionButton({ label: t('Go on'), run: () => host.post({ type: 'run' }) }));
    case 'failed':
      document.body.dataset.run = 'failed';
      return say(icon('error'), h('span', { class: 'error-text', attributes: { role: 'alert' } }, message.error.message, message.error.remedy === undefined ? '' : ` ${message.error.remedy}`),
        actionButton({ label: t('Try again'), run: () => host.post({ type: 'run' }) }), actionButton({ label: t('Show the log'), secondary: true, run: () => host.post({ type: 'showLog' }) }));
    case 'answer': return questions.answered(message);
    case 'answerProgress': return questions.progressed(message);
  }
}

function showState(next: ManyPanelState, source: string): void {
  state = next;
  save();
  const button = (label: string, run: () => void, ...inside: readonly (Node | string)[]): HTMLElement => h('button', { class: 'name link', title: label, attributes: { type: 'button' }, on: { click: run } }, ...inside);
  replace(names, icon('picture'), h('span', { class: 'name' }, source), h('span', { class: 'muted by' }, t('seen by')),
    icon('model'), button(`${t('Open the model')}\n${next.model}`, () => host.post({ type: 'openModel' }), next.model.split(/[/\\]/).at(-1) ?? next.model),
    h('button', { class: 'icon-button', title: t('Choose another model'), attributes: { type: 'button', 'aria-label': t('Choose another model') }, on: { click: () => host.post({ type: 'chooseModel' }) } }, icon('swap')));
}

function showMethods(methods: readonly MethodInfo[]): void {
  replace(method, ...methods.filter(({ applies }) => applies).map(({ id, title }) => h('vscode-option', { attributes: { value: id, selected: id === state?.method } }, t(title))));
  if (state) method.value = state.method;
}

function begun(count: number): void {
  total = count;
  began = performance.now();
  thumbnails.clear();
  table.clear();
  averages.show(undefined);
  running();
}

function running(): void {
  document.body.dataset.run = 'running';
  document.body.dataset.rows = String(table.all.length);
  const done = table.all.length, left = done > 3 ? (total - done) * ((performance.now() - began) / done) : undefined;
  const bar = h('div', { class: 'many-progress', attributes: { role: 'progressbar', 'aria-label': t('Progress'), 'aria-valuemin': 0, 'aria-valuemax': total, 'aria-valuenow': done } }, h('div'));
  (bar.firstElementChild as HTMLElement).style.width = `${total > 0 ? (100 * done) / total : 0}%`;
  replaceBefore(status, cancel, h('span', { class: 'numeric' }, t('{0} of {1} pictures', formatNumber(done), formatNumber(total))), bar,
    left !== undefined && left > 2000 && h('span', { class: 'muted numeric' }, t('about {0} left', formatDuration(left))));
}

function finished({ explained, failed, kept, milliseconds, averages: found }: ManyResult): void {
  document.body.dataset.run = 'finished';
  document.body.dataset.rows = String(table.all.length);
  const fresh = explained + failed - kept;
  say(icon('check'), h('span', {}, [
    t('{0} pictures explained', formatNumber(explained)),
    ...(failed > 0 ? [t('{0} could not be', formatNumber(failed))] : []),
    ...(kept > 0 ? [t('{0} of them before', formatNumber(kept))] : []),
    ...(fresh > 0 ? [t('{0} each', formatDuration(milliseconds / fresh))] : []),
  ].join(' · ')));
  averages.show(found);
}

function say(...parts: readonly Node[]): void {
  // The focus stays on a button that is replaced by one of its kind.
  const focused = status.contains(document.activeElement);
  replace(status, ...parts);
  if (focused) status.querySelector<HTMLElement>('vscode-button')?.focus();
}

host.post({ type: 'ready' });
