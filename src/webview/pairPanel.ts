/** The page of two models on one picture: both maps, their difference, and what both say. */
import './pair/pairPanel.css';
import '@vscode-elements/elements/dist/vscode-single-select/index.js';
import '@vscode-elements/elements/dist/vscode-option/index.js';
import type { ExplainProgress, HeatMap, MethodInfo, PictureFrame } from '../protocol/engine';
import type { PairFigures, PairResult } from '../protocol/pair';
import type { FromPairPanel, PairPanelState, ToPairPanel } from '../protocol/webview';
import { h, replace, replaceBefore } from './common/dom';
import { actionButton } from './common/errorMessage';
import { formatPercent } from './common/format';
import { connect } from './common/host';
import { icon } from './common/icons';
import { t } from './common/strings';
import { PictureView } from './explain/pictureView';
import { classTable } from './pair/classTable';

type Side = 'a' | 'b';

const host = connect<ToPairPanel, FromPairPanel, PairPanelState>(receive);
let state: PairPanelState | undefined;

/** One of the three pictures: its view, and above it what it is. */
class Pane {
  readonly head = h('div', { class: 'pane-head' });
  readonly words = h('p', { class: 'pane-words muted' });
  readonly view = new PictureView((reading) => {
    replace(this.reading, reading?.share === undefined ? '' : `${reading.x}, ${reading.y}: ${formatPercent(Math.abs(reading.share))}${reading.share < 0 ? ` ${this.negative}` : ''}`);
  }, () => undefined);
  private readonly reading = h('span', { class: 'pane-reading muted numeric' });
  readonly element = h('section', { class: 'pane' }, this.head, this.view.element, h('div', { class: 'pane-foot' }, this.words, this.reading));

  /** @param negative what values below zero mean. */
  constructor(private readonly negative: string) {
    this.view.setOptions({ opacity: 0.75, colorMap: 'auto', signed: true });
  }

  show(map: HeatMap | undefined, frame: PictureFrame | undefined): void {
    this.view.setFrame(frame);
    this.view.setMap(map);
  }
}

const panes = { a: new Pane(t('against')), b: new Pane(t('against')), difference: new Pane(t('less in the second')) };
const names = h('div', { class: 'names' });
const method = h('vscode-single-select', { class: 'pair-method', attributes: { 'aria-label': t('Method'), combobox: true } });
method.addEventListener('change', () => host.post({ type: 'chooseMethod', method: method.value }));
const status = h('div', { class: 'pair-status', attributes: { role: 'status' } });
const cancel = actionButton({ label: t('Cancel'), secondary: true, run: () => host.post({ type: 'cancel' }) });
const facts = h('div', { class: 'pair-facts' });

replace(panes.difference.head, icon('compare'), h('strong', {}, t('Difference')));
replace(document.getElementById('app')!, h('div', { class: 'pair' },
  h('header', { class: 'bar' }, names, h('label', { class: 'pair-choose' }, h('span', { class: 'muted' }, t('Method')), method),
    tool('swap', t('Swap the models'), () => host.post({ type: 'swap' })), tool('model', t('Another model…'), () => host.post({ type: 'chooseOther' })),
    tool('compare', t('Compare layers and weights of the models'), () => host.post({ type: 'compareModels' }))),
  status, h('div', { class: 'pair-panes' }, panes.a.element, panes.b.element, panes.difference.element), facts));

function tool(name: 'swap' | 'model' | 'compare', label: string, run: () => void): HTMLElement {
  return h('button', { class: 'icon-button', title: label, attributes: { type: 'button', 'aria-label': label }, on: { click: run } }, icon(name));
}

function receive(message: ToPairPanel): void {
  switch (message.type) {
    case 'state': return showState(message.state);
    case 'picture':
      for (const { view } of Object.values(panes)) void view.showPicture(message.bytes, message.mime, message.sourceWidth, message.sourceHeight);
      return;
    case 'methods': return showMethods(message.methods);
    case 'started': return started();
    case 'progress': return progress(message.side, message.value);
    case 'finished': return finished(message.result);
    case 'cancelled':
      document.body.dataset.run = 'cancelled';
      return replace(status, h('span', {}, t('cancelled')), actionButton({ label: t('Run again'), run: () => host.post({ type: 'run' }) }));
    case 'failed':
      document.body.dataset.run = 'failed';
      return replace(status, icon('error'), h('span', { class: 'error-text', attributes: { role: 'alert' } }, message.error.message, message.error.remedy === undefined ? '' : ` ${message.error.remedy}`),
        actionButton({ label: t('Try again'), run: () => host.post({ type: 'run' }) }), actionButton({ label: t('Show the log'), secondary: true, run: () => host.post({ type: 'showLog' }) }));
  }
}

function fileName(path: string): string {
  return path.split(/[/\\]/).at(-1) ?? path;
}

function showState(next: PairPanelState): void {
  state = next;
  host.saveState(next);
  replace(names, icon('picture'), h('span', { class: 'name', title: next.image }, fileName(next.image)), h('span', { class: 'muted by' }, t('seen by two models')));
  for (const side of ['a', 'b'] as const) {
    replace(panes[side].head, icon('model'), h('button', { class: 'name link', title: `${t('Explain by this model alone')}\n${next[side]}`, attributes: { type: 'button' }, on: { click: () => host.post({ type: 'open', side }) } }, fileName(next[side])));
    panes[side].view.describe(t('{0} as {1} sees it', fileName(next.image), fileName(next[side])));
  }
  panes.difference.view.describe(t('Where the second model looks more (red) or less (blue) than the first'));
  method.value = next.method;
}

function showMethods(methods: readonly MethodInfo[]): void {
  replace(method, ...methods.map(({ id, title }) => h('vscode-option', { attributes: { value: id, selected: id === state?.method } }, t(title))));
  if (state) method.value = state.method;
}

function started(): void {
  document.body.dataset.run = 'running';
  for (const pane of Object.values(panes)) {
    pane.show(undefined, undefined);
    replace(pane.words);
  }
  replace(facts);
  replaceBefore(status, cancel, h('span', { class: 'muted' }, t('preparing…')));
}

function progress(side: Side, value: ExplainProgress): void {
  if (value.type === 'prepared') {
    panes[side].view.setFrame(value.frame);
    replace(panes[side].words, value.target.label);
    return;
  }
  // The result will hold a change of device as a warning.
  if (value.type === 'device') return;
  const percent = value.total > 0 ? Math.round((100 * value.done) / value.total) : 0;
  replaceBefore(status, cancel, h('span', { class: 'numeric' }, t('{0}: {1} %', fileName(state?.[side] ?? ''), percent)));
  if (value.map) panes[side].view.setMap(value.map);
}

function finished(result: PairResult): void {
  document.body.dataset.run = 'finished';
  for (const side of ['a', 'b'] as const) {
    const { record, map } = result[side], top = record.prediction.top[0];
    panes[side].show(map, record.frame);
    const said = top && top.probability !== null ? `${top.label} ${formatPercent(top.probability)}` : top?.label ?? '';
    replace(panes[side].words, t('says {0}; explained: {1}', said, record.target.label || record.target.index));
  }
  panes.difference.show(result.difference, result.a.record.frame);
  replace(panes.difference.words, result.difference ? t('red: the second looks there more; blue: less') : t('there is no common map'));
  const words = verdict(result);
  replace(status, icon(result.sameClass === false ? 'warning' : 'check'), h('span', {}, words));
  replace(facts, classTable(result, [fileName(state?.a ?? ''), fileName(state?.b ?? '')]),
    h('div', { class: 'pair-words' }, result.figures && figuresTable(result.figures), result.notes.length > 0 && h('ul', { class: 'pair-notes muted' }, ...result.notes.map((note) => h('li', {}, note)))));
}

/** The comparison in a sentence. */
function verdict({ sameClass, figures }: PairResult): string {
  const classes = sameClass === undefined ? '' : sameClass ? t('Both name the same class.') : t('They name different classes.');
  if (!figures) return classes;
  const { rankCorrelation: rank } = figures;
  const maps = rank > 0.9 ? t('They look at the same places.') : rank > 0.5 ? t('They look at similar places.') : rank > 0.2 ? t('They share some of the places they look at.') : t('They look at different places.');
  return `${classes} ${maps}`.trim();
}

function figuresTable({ rankCorrelation, correlation, topOverlap }: PairFigures): HTMLElement {
  const row = (title: string, value: string, hint: string): HTMLElement => h('tr', { title: hint }, h('th', { attributes: { scope: 'row' } }, title), h('td', { class: 'numeric' }, value));
  return h('table', { class: 'figure-table' }, h('tbody', {},
    row(t('Rank correlation'), rankCorrelation.toFixed(3), t('Of the strengths of all cells: 1 is the same order, 0 none in common')),
    row(t('Correlation'), correlation.toFixed(3), t('Of the values themselves, signs included')),
    row(t('Strongest tenth in common'), formatPercent(topOverlap), t('10 % is what chance gives'))));
}

host.post({ type: 'ready' });
