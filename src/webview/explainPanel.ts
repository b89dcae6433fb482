/** The page of the explain panel: the picture under its map, and beside it what was predicted, how, and how sure. */
import './explain/explainPanel.css';
import type { EngineRequests, ExplainProgress, ExplainResult, MethodInfo } from '../protocol/engine';
import type { ExplainPanelState, ExplainSubject, ExplainWishes, FromExplainPanel, ToExplainPanel, ToldToExplainPanel } from '../protocol/webview';
import { Questions } from './common/ask';
import { h, replace } from './common/dom';
import { formatDuration, formatPercent } from './common/format';
import { connect } from './common/host';
import { icon, type IconName } from './common/icons';
import { t } from './common/strings';
import { AdviceBlock } from './explain/adviceBlock';
import { detectionsPart } from './explain/detections/detectionsPart';
import { detailsBlock, trustBlock } from './explain/facts';
import { keepPart } from './explain/keep/keepPart';
import { mapInWordsPart } from './explain/keep/mapInWords';
import { LayerStrip } from './explain/layerStrip';
import { MethodGallery } from './explain/methodGallery';
import { ParametersBlock } from './explain/parametersBlock';
import { PictureView, type ViewOptions } from './explain/pictureView';
import { Predictions } from './explain/predictions';
import { preprocessingPart } from './explain/preprocessing/preprocessingPart';
import { regionParts } from './explain/regions/regionsPart';
import { RunStatus } from './explain/runStatus';
import { TargetBlock } from './explain/targetBlock';
import { classWish } from './explain/targetWish';
import { trustPart } from './explain/trust/trustPart';
import { ViewControls } from './explain/viewControls';
import { ViewToolbar } from './explain/viewToolbar';
import type { Part, Place, Prepared, Workbench } from './explain/workbench';

const host = connect<ToldToExplainPanel, FromExplainPanel, ExplainPanelState>(hear);
let state: ExplainPanelState | undefined;
let methods: readonly MethodInfo[] = [];
let prepared: Prepared | undefined;
let result: ExplainResult | undefined;
const heard = new Set<number>();
/** Partial maps seen in this run; in the page's data for those who watch. */
let partials = 0;

const picture = new PictureView((reading) => controls.showReading(reading), (split) => changeView({ split }));
const controls = new ViewControls(changeView);
const toolbar = new ViewToolbar({ onChange: changeView, onBare: (bare) => picture.setBare(bare) });
picture.element.append(controls.reading, controls.note);
const status = new RunStatus({
  cancel: () => host.post({ type: 'cancel' }),
  tryAgain: () => host.post({ type: 'tryAgain' }),
  showDevices: () => host.post({ type: 'showDevices' }),
  showLog: () => host.post({ type: 'showLog' }),
});
const predictions = new Predictions({ onChoose: (index) => target.choose({ index }), onRather: (index) => target.rather(index) });
const gallery = new MethodGallery({ choose: (method) => explain({ method }), opened: () => askEstimates() });
const questions = new Questions<keyof EngineRequests, ExplainSubject>((message) => host.post(message));
const workbench: Workbench = {
  get state() { return state; },
  get methods() { return methods; },
  get prepared() { return prepared; },
  get result() { return result; },
  picture, questions, explain,
  announce: (text) => { announcer.textContent = text; },
  post: (message) => host.post(message),
  reportSections: () => parts.flatMap((part) => part.reportSections?.() ?? []),
};
const target = new TargetBlock(workbench), parameters = new ParametersBlock(workbench), advice = new AdviceBlock(workbench);
/** Parts that find their own place on the page. */
const makers: readonly ((workbench: Workbench) => Part)[] = [(bench) => new LayerStrip(bench), keepPart, mapInWordsPart, detectionsPart, ...regionParts(), trustPart, preprocessingPart];
/** All are told what happens. */
const parts: readonly Part[] = [target, parameters, advice, ...makers.map((make) => make(workbench))];
const placed = (place: Place): HTMLElement[] => parts.flatMap((part) => (part.place === place && part.element ? [part.element] : []));
const facts = h('div', { class: 'facts' }), results = h('div', { class: 'facts' });
const announcer = h('div', { class: 'sr-only', attributes: { 'aria-live': 'polite', role: 'status' } });
const names = h('div', { class: 'names' });
const save = action('save', t('Save as PNG'), () => void savePng());
const copy = action('copy', t('Copy as JSON'), () => host.post({ type: 'copyRecord' }));

replace(document.getElementById('app')!,
  h('div', { class: 'explain' },
    h('header', { class: 'bar' }, names, h('div', { class: 'bar-actions' }, ...placed('bar'), save, copy)),
    h('div', { class: 'columns' },
      h('section', { class: 'left', attributes: { 'aria-label': t('Picture') } },
        h('div', { class: 'toolbar' }, toolbar.element, ...placed('tools')), picture.element, controls.element, ...placed('below')),
      h('aside', { class: 'side', attributes: { 'aria-label': t('Explanation') } }, status.element,
        h('div', { class: 'side-scroll' }, ...placed('top'), predictions.element, target.element, gallery.element, parameters.element, advice.element, results, ...placed('aside'), facts),
        gallery.gallery)),
    announcer));
save.disabled = copy.disabled = true;

function action(name: IconName, label: string, run: () => void): HTMLButtonElement {
  return h('button', { class: 'icon-button', title: label, attributes: { type: 'button', 'aria-label': label }, on: { click: run } }, icon(name));
}

/** What was told while the page loaded is told again when it says that it is ready: once is enough. */
function hear(message: ToldToExplainPanel): void {
  if (message.told !== undefined) {
    if (heard.has(message.told)) return;
    // What comes late was lost before: what followed it comes once more after it, and must count again.
    for (const later of heard) if (later > message.told) heard.delete(later);
    heard.add(message.told);
  }
  receive(message);
}

function receive(message: ToExplainPanel): void {
  switch (message.type) {
    case 'state': return showState(message.state);
    case 'picture': return void showPicture(message);
    case 'methods':
      methods = message.methods;
      gallery.show(methods);
      for (const part of parts) part.onMethods?.(methods);
      return showMethod();
    case 'started': return started(message.method);
    case 'progress': return progress(message.value);
    case 'finished': return finished(message.result);
    case 'failed':
      announcer.textContent = '';
      document.body.dataset.run = 'failed';
      for (const part of parts) part.onStopped?.('failed');
      return status.failed(message.error);
    case 'cancelled':
      announcer.textContent = t('cancelled');
      document.body.dataset.run = 'cancelled';
      for (const part of parts) part.onStopped?.('cancelled');
      return status.cancelled(methodTitle());
    case 'answer': return questions.answered(message);
    case 'answerProgress': return questions.progressed(message);
  }
}

function showState(next: ExplainPanelState): void {
  const otherModel = state !== undefined && state.model !== next.model;
  state = next;
  host.saveState(next);
  const file = (path: string): string => path.split(/[/\\]/).at(-1) ?? path;
  replace(names,
    icon('picture'), h('span', { class: 'name', title: next.image }, file(next.image)),
    h('span', { class: 'muted by' }, t('seen by')),
    icon('model'), h('button', { class: 'name link', title: `${t('Open the model')}\n${next.model}`, attributes: { type: 'button' }, on: { click: () => host.post({ type: 'openModel' }) } }, file(next.model)),
    action('swap', t('Choose another model'), () => host.post({ type: 'chooseModel' })),
    action('compare', t('Beside another model…'), () => host.post({ type: 'besideModel' })));
  showView(next.view);
  if (otherModel) {
    methods = [];
    gallery.show([]);
    gallery.showEstimates({});
    predictions.clear();
    replace(facts);
    prepared = result = undefined;
    for (const part of parts) part.onSubject?.();
  }
  for (const part of parts) part.onState?.(next);
  showMethod();
}

async function showPicture(message: Extract<ToExplainPanel, { type: 'picture' }>): Promise<void> {
  picture.describe(message.name);
  await picture.showPicture(message.bytes, message.mime, message.sourceWidth, message.sourceHeight);
  save.disabled = false;
  for (const part of parts) part.onPicture?.(message);
}

function showMethod(): void {
  if (state) gallery.choose(state.method);
}

function methodTitle(): string {
  const title = methods.find(({ id }) => id === state?.method)?.title;
  return title === undefined ? state?.method ?? '' : t(title);
}

function started(method: string): void {
  partials = 0;
  document.body.dataset.method = method;
  document.body.dataset.run = 'running';
  document.body.dataset.partials = '0';
  copy.disabled = true;
  status.running(methodTitle(), t('preparing…'));
  results.classList.add('stale');
  result = undefined;
  for (const part of parts) part.onStarted?.(method);
}

function showPrepared(value: Prepared): void {
  prepared = value;
  const { prediction } = value;
  status.running(methodTitle(), t('explaining…'));
  predictions.show(prediction, value.target.index, targetIsContrast());
  replace(facts);
  picture.setFrame(value.frame);
  for (const part of parts) part.onPrepared?.(value);
  const top = prediction.top[0];
  if (top) announcer.textContent = top.probability === null ? t('Predicted {0}', top.label) : t('Predicted {0}, {1}', top.label, formatPercent(top.probability));
}

function progress(value: ExplainProgress): void {
  if (value.type === 'prepared') showPrepared(value);
  else if (value.type === 'partial') showPartial(value);
  // The result will hold it as a warning.
  else announcer.textContent = value.message;
}

function showPartial({ done, total, map, standardError }: Extract<ExplainProgress, { type: 'partial' }>): void {
  status.progress(done, total, standardError);
  if (!map) return;
  document.body.dataset.partials = String(++partials);
  showMap(map);
}

function showMap(map: ExplainResult['map'] | undefined): void {
  document.body.dataset.map = map ? 'shown' : 'none';
  picture.setMap(map);
  toolbar.enableSign(map?.signed ?? false);
  controls.showLegend(picture.legend());
  for (const part of parts) part.onMap?.(map);
}

function finished(finishedRun: ExplainResult): void {
  const { map, record } = finishedRun;
  result = finishedRun;
  document.body.dataset.run = 'finished';
  copy.disabled = false;
  results.classList.remove('stale');
  picture.setFrame(record.frame);
  showMap(map);
  status.finished(methodTitle(), record);
  replace(results, trustBlock(record));
  replace(facts, detailsBlock(record));
  const { totalMs } = record.timings;
  announcer.textContent = [totalMs === undefined ? t('{0} finished', methodTitle()) : t('{0} finished in {1}', methodTitle(), formatDuration(totalMs)), ...record.checks.map(({ message }) => message)].join('. ');
  picture.describe(t('{0} of {1} for {2}', methodTitle(), state?.image.split(/[/\\]/).at(-1) ?? '', record.target.label || record.target.index));
  for (const part of parts) part.onFinished?.(finishedRun);
  askEstimates();
}

/** What methods will take, once one has run: for the gallery. */
function askEstimates(): void {
  const about = state?.model;
  questions.ask('estimates', {}).then((estimates) => { if (state?.model === about) gallery.showEstimates(estimates); }, () => undefined);
}

function targetIsContrast(): boolean {
  return state !== undefined && classWish(state)?.against !== undefined;
}

/** Asks for another explanation: the present one with `change`. A chosen class ends a target that was more than a class. */
function explain(change: Partial<ExplainWishes>): void {
  if (!state) return;
  const other = change.method !== undefined && change.method !== state.method;
  state = { ...state, ...(other && { preset: undefined, parameters: undefined }), ...(change.targetClass !== undefined && { target: undefined }), ...change };
  host.saveState(state);
  // Another method's map must not be taken for this one's.
  if (other || change.targetClass !== undefined || change.target !== undefined || change.layer !== undefined) showMap(undefined);
  showMethod();
  if (change.targetClass !== undefined) predictions.mark(change.targetClass);
  const { method, preset, parameters, targetClass, target, layer, seed, preprocessing } = state;
  const hasLayer = methods.find(({ id }) => id === method)?.hasLayer ?? true;
  host.post({ type: 'explain', method, preset, parameters, targetClass, target, layer: hasLayer ? layer : undefined, seed, preprocessing });
}

function changeView(change: Partial<ViewOptions>): void {
  if (!state) return;
  const view = { ...state.view, ...change };
  state = { ...state, view };
  host.saveState(state);
  showView(view);
  host.post({ type: 'viewChanged', view });
}

function showView(view: ViewOptions): void {
  picture.setOptions(view);
  toolbar.show(view);
  controls.show(view);
  controls.showLegend(picture.legend());
}

async function savePng(): Promise<void> {
  const bytes = await picture.toPng();
  if (bytes) host.post({ type: 'savePng', bytes });
}

host.post({ type: 'ready' });
