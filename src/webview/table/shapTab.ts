/** SHAP values of many rows: what each feature adds to the score, on average, row by row, and along one feature's values. */
import type { Attributions, ExplainTableParams, ExplainTableResult } from '../../protocol/table';
import './chartTabs.css';
import { h, replace } from '../common/dom';
import { actionButton } from '../common/errorMessage';
import { formatNumber, formatValue } from '../common/format';
import { t } from '../common/strings';
import { checkWords } from './checkWords';
import { labelled, select } from './controls';
import { Chart } from './plot';
import { RunStatus } from './runStatus';
import { scoreName } from './session';
import { beeswarm, meanBars, type ShapView } from './shap/beeswarm';
import { dependence } from './shap/dependence';
import { explainedRows, meanContributions, strongestPartner } from './shap/shapData';
import type { Selection, TablePage, TableSession, TableTab } from './tab';

type Parameters = NonNullable<ExplainTableParams['parameters']>;

const method = 'shap-summary';
/** Features that are drawn at first, and more at each wish for more. */
const step = 12;
/** Drawing thousands of points takes its time: while rows arrive, not more often than this. */
const redrawMs = 800;

export function shapTab(page: TablePage): TableTab {
  const status = new RunStatus({ again: () => start(), showLog: () => page.showLog() });
  const bars = new Chart(), swarm = new Chart(), scatter = new Chart();
  const controls = h('div', { class: 'tab-controls' }), words = h('div', { class: 'shap-words' }), row = h('p', { class: 'chosen-row', attributes: { role: 'status' } }), below = h('div', { class: 'tab-controls' });
  const more = actionButton({ label: t('Show more features'), secondary: true, run: () => { shown += step; draw(); } });
  const charts = h('div', { class: 'shap-charts', attributes: { hidden: true } }, h('div', { class: 'shap-pair' }, bars.element, swarm.element), h('div', { class: 'tab-controls' }, more), below, row, scatter.element);
  const nothing = h('p', { class: 'muted pad' }), element = h('div', { class: 'shap-tab scrolling-tab' }, controls, status.element, words, nothing, charts);
  let session: TableSession | undefined, begun = false, finding: Attributions | undefined, result: ExplainTableResult | undefined, shown = step, drawn = 0, parameters: Parameters = { rows: 200, background: 'centres', backgroundRows: 20, maxEvals: 200 };
  /** Who colours the scatter: a feature, nobody, or whoever goes together with the shown one most. */
  let partner: number | 'none' | 'strongest' = 'strongest';

  function start(): void {
    const mine = session;
    if (!mine) return;
    begun = true;
    finding = result = undefined;
    drawn = 0;
    drawControls();
    draw();
    const without = mine.without(method);
    if (without !== undefined) return replace(nothing, without);
    replace(nothing, t('The charts come with the first rows.'));
    const says = t('What each feature adds to the score of {0} rows', formatNumber(Number(parameters.rows)));
    void status.run(says, mine.signal, async (signal) => {
      const found = await mine.explain({ method, parameters }, signal, (value) => {
        if (value.type !== 'partial' || session !== mine) return;
        status.progress(says, value.done, value.total);
        if (value.finding?.kind !== 'attributions') return;
        finding = value.finding;
        if (performance.now() - drawn > redrawMs) draw();
      });
      if (session !== mine || found.finding.kind !== 'attributions') return;
      result = found;
      finding = found.finding;
    }).then((ended) => {
      if (session !== mine || status.running) return;
      draw();
      if (!ended && !finding) replace(nothing, t('The run was stopped before the first rows.'));
    });
  }

  function view(): ShapView | undefined {
    if (!session || !finding) return undefined;
    const { features, selection: { feature, row: chosenRow } } = session;
    return {
      finding, features, score: scoreName(session), shown: meanContributions(finding, features.length).slice(0, shown).map((one) => one.feature), keep: page,
      ...(result?.numbers && { numbers: result.numbers }), ...(feature !== undefined && { chosenFeature: feature }), ...(chosenRow !== undefined && { chosenRow }),
      chooseFeature: (chosen) => session?.chooseFeature(chosen), chooseRow: (number) => session?.chooseRow(number),
    };
  }

  function draw(): void {
    const seen = view();
    charts.hidden = !seen;
    nothing.hidden = !!seen;
    replace(words);
    if (!seen || !session) return;
    drawn = performance.now();
    for (const [chart, { options, about }] of [[bars, meanBars(seen)], [swarm, beeswarm(seen)]] as const) chart.show(options, about);
    more.hidden = seen.features.length <= shown;
    drawWords(seen);
    drawScatter(seen);
    drawRow(seen);
  }

  function drawWords({ finding: { base }, score }: ShapView): void {
    const { record } = result ?? {}, all = explainedRows(finding!).length;
    replace(words,
      h('p', { class: 'sentence' }, t('{0} rows. They start from {1}, the mean {2} over the background; what a row’s features add leads from there to its own score.', formatNumber(all), formatValue(base), score)),
      ...(record ? checkWords([record]) : []));
  }

  function drawScatter(seen: ShapView): void {
    const feature = seen.chosenFeature ?? seen.shown[0]!, found = partner === 'strongest' ? strongestPartner(seen.finding, feature, seen.features.length) : partner === 'none' || partner === feature ? undefined : partner;
    const focused = below.contains(document.activeElement) ? (document.activeElement as HTMLElement).dataset.control : undefined;
    const which = select(seen.features.map(({ name }, i) => [String(i), name]), String(feature), (value) => seen.chooseFeature(Number(value)));
    const colour = select([['strongest', t('the one it goes together with most')], ['none', t('nothing')], ...seen.features.map(({ name }, i) => [String(i), name] as const).filter(([i]) => i !== String(feature))], String(partner), (value) => {
      partner = value === 'strongest' || value === 'none' ? value : Number(value);
      draw();
    });
    which.dataset.control = 'feature';
    colour.dataset.control = 'partner';
    replace(below, labelled(t('Feature'), which), labelled(t('Coloured by'), colour));
    if (focused !== undefined) below.querySelector<HTMLElement>(`[data-control="${focused}"]`)?.focus();
    const { options, about } = dependence(seen, feature, found);
    scatter.show(options, about);
  }

  function drawRow({ chosenRow, numbers, finding: { scores } }: ShapView): void {
    const place = chosenRow === undefined ? -1 : numbers?.indexOf(chosenRow) ?? -1;
    if (chosenRow === undefined || place < 0) return replace(row, h('span', { class: 'muted' }, numbers ? t('A click on a point chooses its row.') : ''));
    replace(row, h('span', {}, t('Row {0}: score {1}', chosenRow, formatValue(scores[place]!))), actionButton({ label: t('Explain this row'), secondary: true, run: () => session?.chooseRow(chosenRow, 'row') }));
  }

  function drawControls(): void {
    const info = session?.opened.methods.find(({ id }) => id === method), change = (part: Parameters): void => { parameters = { ...parameters, ...part }; start(); };
    const number = (name: string): HTMLElement => {
      const spec = info?.parameters.find((one) => one.name === name), [least, most] = spec?.type === 'integer' ? [spec.minimum ?? 1, spec.maximum ?? 10_000] : [1, 10_000];
      const field = h('input', { class: 'seed', attributes: { type: 'number', min: least, max: most, step: 1, value: Number(parameters[name]), name } });
      field.addEventListener('change', () => change({ [name]: Math.min(most, Math.max(least, Math.round(Number(field.value) || least))) }));
      return field;
    };
    replace(controls, labelled(t('Rows'), number('rows')),
      labelled(t('Hidden features are taken from'), select([['rows', t('rows of the table')], ['centres', t('centres of its rows (k-means)')]], String(parameters.background), (background) => change({ background, backgroundRows: background === 'centres' ? 20 : 100 }))),
      labelled(t('How many'), number('backgroundRows')), labelled(t('Combinations for a row at most'), number('maxEvals')));
  }

  return {
    id: 'shap', title: 'SHAP', element,
    begin(next) {
      session = next;
      begun = false;
      finding = result = undefined;
      status.drop();
      replace(controls);
      draw();
      replace(nothing, next ? '' : t('Reading the table…'));
    },
    shown: () => { if (!begun) start(); },
    chosen: (_selection: Selection) => { if (finding) draw(); },
  };
}
