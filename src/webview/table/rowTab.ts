/** One row: what the model says of it and why, what it would say if values were others, and rows like it. */
import './row/row.css';
import type { TableRowInfo } from '../../protocol/table';
import { Refused } from '../common/ask';
import { csvLine } from '../common/csv';
import { h } from '../common/dom';
import { t } from '../common/strings';
import { AttributionView, type AttributedRow } from './row/attributionView';
import { CounterfactualView } from './row/counterfactualView';
import { LivePredictor } from './row/live';
import { NeighboursView } from './row/neighboursView';
import { PredictionView } from './row/predictionView';
import { RowHead } from './row/rowHead';
import { Sliders, type FeatureRange } from './row/sliders';
import { best, changedFeatures, valueText, type RowValues } from './row/values';
import { RunStatus } from './runStatus';
import type { TablePage, TableSession, TableTab } from './tab';

/** Sliders rest this long before curves are drawn anew. */
const restMs = 200, curvePoints = 40;

export function rowTab(page: TablePage): TableTab {
  const status = new RunStatus({ again: () => load(), showLog: () => page.showLog() });
  const head = new RowHead(refused);
  const prediction = new PredictionView((output) => { target = output; showAll(); });
  const sliders = new Sliders({ moved, listed: () => { if (row) drawCurves(); } });
  const attribution = new AttributionView(page, (feature) => session?.chooseFeature(feature));
  const counterfactuals = new CounterfactualView(page, (values) => { sliders.set(values); sliders.element.scrollIntoView({ block: 'nearest' }); });
  const neighbours = new NeighboursView(page, labels);
  const content = h('div', { class: 'row-content' }, h('div', { class: 'row-left' }, prediction.element, sliders.element), h('div', { class: 'row-right' }, attribution.element, counterfactuals.element, neighbours.element));
  const element = h('div', { class: 'row-tab' }, head.element, status.element, content);

  let session: TableSession | undefined, row: TableRowInfo | undefined, latest: readonly number[] = [], target = 0, loaded: number | undefined, curves = new AbortController(), resting: ReturnType<typeof setTimeout> | undefined;
  const live = new LivePredictor(
    async (values) => (await session!.ask('predictRows', { values: [values] })).predictions[0]!,
    ({ values, prediction: now, took }) => showPrediction(now, values, took), refused,
  );

  function refused(error: unknown): void {
    if (error instanceof Refused && error.error.code === 'cancelled') return;
    status.failed(error instanceof Refused ? error.error : { code: 'failed', message: String(error) });
  }

  /** Reads the row that is chosen; where none is, the first. */
  function load(): void {
    const mine = session;
    if (!mine) return;
    const number = mine.selection.row;
    if (number === undefined) return void head.first();
    loaded = number;
    live.drop();
    clearTimeout(resting);
    curves.abort();
    void status.run(t('Reading row {0}…', number), mine.signal, async (signal) => {
      const { rows: [found] } = await mine.ask('tableRows', { numbers: [number] }, signal);
      if (session !== mine) return;
      if (!found) return notThere(mine, number);
      row = found;
      // What it gets is what people ask about, unless they chose a class for the whole page.
      target = mine.choice.target ?? (mine.reading.task === 'classification' && found.prediction.length > 1 ? best(found.prediction) : mine.target);
      content.hidden = false;
      head.show(found, mine.opened);
      sliders.begin(mine.features, rangesOf(mine), found.values);
      showAll();
    }).then((ended) => { if (ended && row && session === mine) status.drop(); });
  }

  function notThere({ opened: { total } }: TableSession, number: number): never {
    content.hidden = true;
    throw new Refused({ code: 'badInput', message: number < total ? t('Row {0} has another number of columns than the others, so it cannot be explained.', number) : t('There is no row {0}: the table has {1}, the first being 0.', number, total) });
  }

  function about(): AttributedRow | undefined {
    return row && { number: row.number, own: row.values, values: [...sliders.values], target };
  }

  /** Everything about the row as it is now. */
  function showAll(): void {
    const shown = about();
    if (!row || !shown) return;
    showPrediction(row.prediction, row.values);
    if (changedFeatures(row.values, shown.values).length > 0) live.ask(shown.values);
    attribution.show(shown);
    counterfactuals.show(shown, row.prediction);
    neighbours.show(shown);
    drawCurves();
  }

  function showPrediction(now: readonly number[], values: RowValues, took?: number): void {
    if (!row || !session) return;
    latest = now;
    prediction.show(session.reading, { own: row.prediction, now, ...(row.label !== undefined && { label: row.label }), changed: changedFeatures(row.values, values).length > 0, target, ...(took !== undefined && { took }) });
  }

  function moved(values: RowValues): void {
    const shown = about();
    if (!shown || !row) return;
    live.ask([...values]);
    attribution.show(shown);
    counterfactuals.show(shown, row.prediction);
    clearTimeout(resting);
    resting = setTimeout(drawCurves, restMs);
  }

  /** The score along every feature, of the row as it is now; an older question is taken back. */
  function drawCurves(): void {
    curves.abort();
    const mine = session, shown = about(), { signal } = (curves = new AbortController());
    if (!mine || !shown || mine.without('ceteris-paribus') !== undefined) return;
    // Of very many features, those that are in the list.
    const listed = sliders.listed, features = listed.length < mine.features.length ? listed.map((feature) => mine.features[feature]!.name) : undefined;
    mine.explain({ method: 'ceteris-paribus', ...(features && { features }), row: shown.number, ...(changedFeatures(shown.own, shown.values).length > 0 && { values: shown.values }), target, parameters: { gridResolution: curvePoints } }, signal, (value) => {
      if (value.type === 'partial' && value.finding?.kind === 'curves') sliders.showCurves(value.finding.curves);
    }).then(({ finding }) => { if (finding.kind === 'curves' && !signal.aborted) sliders.showCurves(finding.curves); }, refused);
  }

  async function labels(of: TableSession, numbers: readonly number[], signal: AbortSignal): Promise<ReadonlyMap<number, string>> {
    if (of.reading.mapping.label === undefined || numbers.length === 0) return new Map();
    const { rows } = await of.ask('tableRows', { numbers, limit: numbers.length }, signal), { task, outputs } = of.reading;
    return new Map(rows.flatMap(({ number, label }) => (label === undefined ? [] : [[number, task === 'classification' ? outputs[label] ?? String(label) : String(label)] as const])));
  }

  /** The row as it is now, and what the model says of it. */
  function rowCsv(): string {
    const features = session?.features ?? [], outputs = session?.reading.outputs ?? [];
    return csvLine([...features.map(({ name }) => name), ...outputs]) + csvLine([...features.map((feature, at) => valueText(feature, sliders.values[at] ?? null).replace('−', '-')), ...outputs.map((_, at) => String(latest[at] ?? ''))]);
  }

  return {
    id: 'row', title: t('Row'), element,
    begin(next) {
      session = next;
      row = loaded = undefined;
      content.hidden = true;
      clearTimeout(resting);
      curves.abort();
      live.drop();
      status.drop();
      prediction.clear();
      head.begin(next);
      attribution.begin(next);
      counterfactuals.begin(next, next ? rangesOf(next) : []);
      neighbours.begin(next);
    },
    shown() {
      if (session && (loaded === undefined || loaded !== session.selection.row)) load();
    },
    chosen({ row: number }) {
      // A row that is chosen while another tab is looked at is read when this one is.
      if (number !== undefined && number !== loaded && element.isConnected) load();
    },
    exports: () => {
      const csv = counterfactuals.csv;
      return [
        ...(row ? [{ label: t('Copy the row as CSV'), run: () => page.copy(rowCsv()) }] : []),
        ...(csv === undefined ? [] : [
          { label: t('Copy sets of edits as CSV'), run: () => page.copy(csv) },
          { label: t('Save sets of edits as CSV…'), run: () => page.save('counterfactuals.csv', new TextEncoder().encode(csv)) },
        ]),
      ];
    },
  };
}

/** What a feature is in the table, where one column holds it. */
function rangesOf({ opened: { columns }, reading }: TableSession): FeatureRange[] {
  return reading.mapping.features.map(({ columns: places }) => {
    const own = places.map((place) => columns[place]).filter((column) => column !== undefined), [first] = own;
    return { missing: own.some(({ missing }) => missing > 0), ...(own.length === 1 && first?.minimum !== undefined && { minimum: first.minimum, maximum: first.maximum! }) };
  });
}
