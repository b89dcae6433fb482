/** The page of a table: what the model reads of it, which features matter, what each does, and a tree that does the same. */
import './table/tablePanel.css';
import type { ExplainTableResult, Importance, OpenTableResult } from '../protocol/table';
import type { FromTablePanel, TablePanelState, TableQuestion, ToTablePanel } from '../protocol/webview';
import type { WireError } from '../protocol/engine';
import { Questions, Refused } from './common/ask';
import { h, replace, replaceBefore } from './common/dom';
import { actionButton } from './common/errorMessage';
import { formatDuration } from './common/format';
import { connect } from './common/host';
import { icon } from './common/icons';
import { openMenu } from './common/menu';
import { t } from './common/strings';
import { DistilledTree } from './table/distilledTree';
import { EffectView } from './table/effectView';
import { Explanation, featuresAhead, type Choice, type Part, type TableKnown } from './table/explanation';
import { FeatureTable } from './table/featureTable';
import { mappingView } from './table/mappingView';

type Tab = 'features' | 'tree';
interface Look extends Choice { readonly tab: Tab; readonly feature?: string }
type Saved = TablePanelState & { readonly look: Look };

const host = connect<ToTablePanel, FromTablePanel, Saved>(receive);
let state: TablePanelState | undefined;
let look: Look = { tab: 'features', seed: 0, ...host.savedState()?.look };
let opened: OpenTableResult | undefined, explanation: Explanation | undefined, importance: Importance | undefined;
let run: AbortController | undefined, controller: AbortController | undefined, selected: number | undefined, began = 0;
const records = new Map<Part, ExplainTableResult['record']>();

const questions = new Questions<TableQuestion, TableKnown>((message) => host.post(message));
const table = new FeatureTable((feature) => choose(feature));
const effect = new EffectView(), tree = new DistilledTree();
const names = h('div', { class: 'names' }), controls = h('div', { class: 'table-controls' }), mapping = h('div', { class: 'mapping-place' });
const status = h('div', { class: 'table-status', attributes: { role: 'status' } });
const cancel = actionButton({ label: t('Cancel'), secondary: true, run: () => controller?.abort() });
const tabs = (['features', 'tree'] as const).map((id) => h('button', { class: 'tab', attributes: { type: 'button', role: 'tab', 'data-tab': id }, on: { click: () => show(id) } }, id === 'features' ? t('Features') : t('Distilled tree')));
const features = h('div', { class: 'features-view' }, h('div', { class: 'features-side' }, table.element), effect.element);
const content = h('div', { class: 'table-content', attributes: { role: 'tabpanel' } });
const copy = h('button', { class: 'icon-button', title: t('Copy or save the table'), attributes: { type: 'button', 'aria-haspopup': 'menu', 'aria-expanded': 'false' } }, icon('copy'), t('Copy'));
copy.addEventListener('click', () => openMenu([
  { label: t('Copy as CSV'), run: () => host.post({ type: 'copy', text: table.csv() }) },
  { label: t('Save as CSV…'), run: () => host.post({ type: 'save', name: 'importance.csv', bytes: new TextEncoder().encode(table.csv()) }) },
], copy));

replace(document.getElementById('app')!, h('div', { class: 'table-page' },
  h('header', { class: 'bar' }, names, controls), mapping, status, h('div', { class: 'tabs-bar' }, h('div', { class: 'tabs', attributes: { role: 'tablist' } }, ...tabs), copy), content));
show(look.tab);

function show(id: Tab): void {
  for (const tab of tabs) tab.setAttribute('aria-selected', String(tab.dataset.tab === id));
  replace(content, id === 'features' ? features : tree.element);
  copy.hidden = id !== 'features';
  save({ tab: id });
}

function save(part: Partial<Look> = {}): void {
  look = { ...look, ...part };
  if (state) host.saveState({ ...state, look });
}

function receive(message: ToTablePanel): void {
  switch (message.type) {
    case 'state': return begin(message.state);
    case 'failed': return failed(message.error);
    case 'answer': return questions.answered(message);
    case 'answerProgress': return questions.progressed(message);
  }
}

function begin(next: TablePanelState): void {
  // What was chosen of one model's classes says nothing of another's.
  if (state && state.model !== next.model) look = { tab: look.tab, seed: look.seed };
  state = next;
  save();
  const link = (text: string, label: string, click: () => void): HTMLElement => h('button', { class: 'name link', title: label, attributes: { type: 'button' }, on: { click } }, text);
  const base = (file: string): string => file.split(/[/\\]/).at(-1) ?? file;
  replace(names, icon('report'), link(base(next.file), `${t('Open the table')}\n${next.file}`, () => host.post({ type: 'openFile' })), h('span', { class: 'muted by' }, t('seen by')),
    icon('model'), link(base(next.model), `${t('Open the model')}\n${next.model}`, () => host.post({ type: 'openModel' })),
    h('button', { class: 'icon-button', title: t('Choose another model'), attributes: { type: 'button', 'aria-label': t('Choose another model') }, on: { click: () => host.post({ type: 'chooseModel' }) } }, icon('swap')));
  void start();
}

/** Reads the table and explains it, in place of what runs now. */
async function start(): Promise<void> {
  controller?.abort();
  const mine = (run = controller = new AbortController());
  records.clear();
  importance = opened = explanation = undefined;
  began = performance.now();
  document.body.dataset.run = 'running';
  replace(controls);
  replace(mapping);
  table.begin([]);
  effect.clear(t('Reading the table…'));
  tree.clear(t('The tree comes after importance and effects.'));
  replaceBefore(status, cancel, h('span', {}, t('Reading the table…')));
  try {
    const { label, seed } = look;
    const found = await questions.ask('openTable', { seed, ...(label !== undefined && { label }) }, mine.signal, ({ rows }) => replaceBefore(status, cancel, h('span', { class: 'numeric' }, t('{0} rows read', rows))));
    if (run !== mine) return;
    opened = found;
    replace(mapping, mappingView(found));
    drawControls();
    if (!found.reading) return failed(found.problem ?? { code: 'failed', message: t('The columns do not fit the model.') });
    const all = found.reading.mapping.features.map(({ feature }) => feature), wanted = all.findIndex(({ name }) => name === look.feature);
    table.begin(all);
    selected = wanted >= 0 ? wanted : undefined;
    if (selected !== undefined) table.choose(selected, false);
    drawEffect();
    explanation = new Explanation(questions, found, look, events(mine), mine.signal);
    await explanation.run(() => table.sorted);
    if (run !== mine) return;
    run = undefined;
    ended('finished', icon('check'), h('span', {}, t('Done in {0}', formatDuration(performance.now() - began))));
  } catch (error) {
    if (run !== mine) return;
    run = undefined;
    if (error instanceof Refused && error.error.code === 'cancelled') stopped();
    else failed(error instanceof Refused ? error.error : { code: 'failed', message: String(error) });
  }
}

function events(mine: AbortController): ConstructorParameters<typeof Explanation>[3] {
  const current = (act: () => void): void => { if (controller === mine) act(); };
  return {
    progress: (part, done, total) => current(() => running(part, done, total)),
    importance: (found, done) => current(() => {
      importance = found;
      table.showImportance(found);
      // The most important feature is what people look at first; it is settled only at the end.
      if (done && selected === undefined && table.sorted[0] !== undefined) choose(table.sorted[0]);
      drawEffect();
    }),
    effects: (effects) => current(() => { table.showEffects(effects); drawEffect(); }),
    tree: (found) => current(() => tree.show(found, opened!.reading!)),
    record: (part, { record }) => current(() => { records.set(part, record); drawEffect(); }),
  };
}

function choose(feature: number): void {
  selected = feature;
  table.choose(feature, false);
  save({ feature: opened?.reading?.mapping.features[feature]?.feature.name });
  drawEffect();
  if (run || !explanation || explanation.effects.has(feature)) return;
  const mine = explanation;
  // A feature further down the list: its curves are made when somebody looks.
  void mine.effectsOf([feature]).then(() => ended('finished', icon('check'), h('span', {}, t('Done'))), (error: unknown) => {
    if (!(error instanceof Refused) || explanation !== mine) return;
    if (error.error.code === 'cancelled') stopped();
    else failed(error.error);
  });
}

function drawEffect(): void {
  const reading = opened?.reading, feature = selected === undefined ? undefined : reading?.mapping.features[selected]?.feature;
  if (!reading || !feature || selected === undefined) return effect.clear(reading ? t('The most important feature is shown here as soon as it is known.') : t('Reading the table…'));
  const found = importance?.features.find((one) => one.feature === selected), place = table.sorted.indexOf(selected);
  const name = reading.outputs[look.target ?? reading.target] ?? reading.output, score = reading.task === 'classification' ? t('change of the probability of {0}', name) : t('change of {0}', name);
  effect.show({
    feature, effects: explanation?.effects.get(selected), score, records: (['pdp', 'ale'] as const).flatMap((part) => records.get(part) ?? []),
    ...(found && Number.isFinite(found.mean) && importance && { importance: { mean: found.mean, spread: found.spread, repeats: found.repeats.length, unit: importance.unit, rank: place + 1 } }),
    ...(!run ? { without: t('It has no curves: the run was stopped before.') } : place >= featuresAhead ? { without: t('Curves of the first {0} features are made at once; choose this one again when they are there.', featuresAhead) } : {}),
  });
}

/** What can be chosen: the class that is explained, the label's column, the seed. */
function drawControls(): void {
  const reading = opened?.reading;
  const labelled = (text: string, control: HTMLElement): HTMLElement => h('label', { class: 'choose' }, h('span', { class: 'muted' }, text), control);
  const select = (options: readonly (readonly [string, string])[], value: string, change: (value: string) => void): HTMLSelectElement => {
    const element = h('select', {}, ...options.map(([key, text]) => h('option', { attributes: { value: key, selected: key === value } }, text)));
    element.addEventListener('change', () => change(element.value));
    return element;
  };
  const seed = h('input', { class: 'seed', attributes: { type: 'number', min: 0, step: 1, value: look.seed } });
  seed.addEventListener('change', () => { save({ seed: Math.max(0, Math.floor(Number(seed.value) || 0)) }); void start(); });
  const label = reading?.mapping.label;
  replace(controls,
    reading && reading.outputs.length > 1 && labelled(t('Explained'), select(reading.outputs.map((name, i) => [String(i), name]), String(look.target ?? reading.target), (value) => { save({ target: Number(value) }); void start(); })),
    opened && labelled(t('Label'), select([['', t('none')], ...opened.columns.map(({ name }, i) => [String(i), name] as const)], label === undefined ? '' : String(label), (value) => { save({ label: value === '' ? '' : Number(value), target: undefined }); void start(); })),
    labelled(t('Seed'), seed));
}

function running(part: Part, done: number, total: number): void {
  document.body.dataset.run = 'running';
  document.body.dataset.part = part;
  const bar = h('div', { class: 'table-progress', attributes: { role: 'progressbar', 'aria-label': t('Progress'), 'aria-valuemin': 0, 'aria-valuemax': Math.max(1, total), 'aria-valuenow': done } }, h('div'));
  (bar.firstElementChild as HTMLElement).style.width = `${total > 0 ? (100 * done) / total : 0}%`;
  const texts: Record<Part, string> = { importance: t('Shuffling features to see which matter'), pdp: t('Partial dependence and single rows'), ale: t('Accumulated local effects'), tree: t('Teaching a tree what the model answers') };
  replaceBefore(status, cancel, h('span', {}, texts[part]), bar);
}

function stopped(): void {
  ended('cancelled', h('span', {}, t('Stopped. What was found until then is shown.')), actionButton({ label: t('Start again'), run: () => void start() }));
}

function failed(error: WireError): void {
  run = undefined;
  ended('failed', icon('error'), h('span', { class: 'error-text', attributes: { role: 'alert' } }, inSentences(error)),
    actionButton({ label: t('Try again'), run: () => void (state ? start() : host.post({ type: 'ready' })) }), actionButton({ label: t('Choose another model'), secondary: true, run: () => host.post({ type: 'chooseModel' }) }), actionButton({ label: t('Show the log'), secondary: true, run: () => host.post({ type: 'showLog' }) }));
}

/** What happened and what can be done, as two sentences. */
function inSentences({ message, remedy }: WireError): string {
  return remedy === undefined ? message : `${message.replace(/[.\s]+$/, '')}. ${remedy.charAt(0).toLocaleUpperCase()}${remedy.slice(1)}`;
}

function ended(how: 'finished' | 'cancelled' | 'failed', ...parts: readonly Node[]): void {
  document.body.dataset.run = how;
  say(...parts);
  if (how === 'failed' && !importance) {
    effect.clear(t('Nothing was found out.'));
    tree.clear(t('Nothing was found out.'));
  } else drawEffect();
  if (how === 'cancelled' && !records.has('tree')) tree.clear(t('The run was stopped before the tree.'));
}

function say(...parts: readonly Node[]): void {
  // The focus stays on a button that is replaced by one of its kind.
  const focused = status.contains(document.activeElement);
  replace(status, ...parts);
  if (focused) status.querySelector<HTMLElement>('vscode-button')?.focus();
}

host.post({ type: 'ready' });
