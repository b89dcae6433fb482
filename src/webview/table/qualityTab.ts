/** How good the model is on this table: figures, what is taken for what, calibration, residuals, slices, groups; and the rows behind each. */
import './quality/quality.css';
import type { GroupQuality, SliceQuality, TableQuality } from '../../protocol/tableQuality';
import { csvLine } from '../common/csv';
import { h, replace } from '../common/dom';
import { formatNumber } from '../common/format';
import { icon } from '../common/icons';
import type { MenuItem } from '../common/menu';
import { t } from '../common/strings';
import { labelled, select } from './controls';
import { Chart } from './plot';
import { tableCsv, type ChartTable } from './plotTable';
import { calibrationChart } from './quality/calibrationChart';
import { confusionNumbers, confusionTable } from './quality/confusion';
import { figuresTable, figureTiles } from './quality/figures';
import { gapList, groupChart } from './quality/groupChart';
import { residualChart, saidAndTrue, type ResidualView } from './quality/residualCharts';
import { sliceList, slicesTable } from './quality/sliceList';
import { RowList } from './rowList';
import { RunStatus } from './runStatus';
import type { TablePage, TableSession, TableTab } from './tab';

export function qualityTab(page: TablePage): TableTab {
  const status = new RunStatus({ again: () => start(), showLog: () => page.showLog() });
  const rows = new RowList({ choose: (number) => session?.chooseRow(number), explain: (number) => session?.chooseRow(number, 'row') });
  const calibration = new Chart(), said = new Chart(), residuals = new Chart(), grouped = new Chart();
  const without = h('div', { class: 'quality-without' }), tiles = h('div', { class: 'quality-figures' }), notes = h('ul', { class: 'quality-notes' });
  const confusion = section(t('What is taken for what')), calibrated = section(t('Are its probabilities right?')), values = section(t('How far off it is')), slices = section(t('Where it errs most')), groups = section(t('Groups'));
  const main = h('div', { class: 'quality-main', attributes: { tabindex: -1 } }, status.element, without, tiles, h('div', { class: 'quality-pair' }, confusion.element, calibrated.element), values.element, slices.element, groups.element, notes);
  const element = h('div', { class: 'quality-tab' }, main, rows.element);
  let session: TableSession | undefined, begun = false, found: TableQuality | undefined;
  /** By the column's place; the class of the calibration; what residuals are drawn against; the slice that is listed. */
  let group: number | undefined, curve: number | undefined, against: 'said' | 'actual' = 'said', listed: SliceQuality | undefined;

  function start(): void {
    const mine = session;
    if (!mine) return;
    begun = true;
    if (mine.reading.mapping.label === undefined) return draw();
    const words = t('Comparing what is said with what is true');
    void status.run(words, mine.signal, async (signal) => {
      const quality = await mine.ask('tableQuality', { target: mine.target, ...(group !== undefined && { group }) }, signal, ({ type, done, total }) => status.progress(type === 'rows' ? t('{0} of {1} rows run', formatNumber(done), formatNumber(total)) : t('Looking for the slices it errs on most'), done, total));
      if (session !== mine) return;
      found = quality;
      listed = undefined;
      draw();
    });
  }

  function draw(): void {
    for (const part of [confusion, calibrated, values, slices, groups]) part.element.hidden = true;
    replace(without);
    replace(tiles);
    replace(notes);
    if (session && session.reading.mapping.label === undefined) replace(without, icon('info'), h('p', {}, t('How good the model is shows where its answers are compared with what is true. Choose the column that holds the truth as “Label” above; rows and what is said of them are listed all the same.')));
    if (!session || !found) return;
    replace(tiles, ...figureTiles(found));
    replace(notes, ...found.notes.map((note) => h('li', { class: 'muted' }, note)));
    drawConfusion(found, session);
    drawCalibration(found, session);
    drawResiduals(found, session);
    drawSlices(found);
    drawGroups(found, session);
  }

  function drawConfusion({ confusion: counts, outputs }: TableQuality, { reading }: TableSession): void {
    if (!counts) return;
    confusion.element.hidden = false;
    replace(confusion.content, h('p', { class: 'sentence' }, t('Rows of the table by their class and the class that is said; shares are of the rows of a class. A cell lists its rows.')),
      confusionTable(counts, outputs, (actual, saidClass) => list({ words: actual === saidClass ? t('{0}, said to be so', reading.outputs[actual]!) : t('{0}, said to be {1}', reading.outputs[actual]!, reading.outputs[saidClass]!), actual, said: saidClass })));
  }

  function drawCalibration({ calibration: curves, outputs }: TableQuality, { target }: TableSession): void {
    if (!curves?.length) return;
    calibrated.element.hidden = false;
    const chosen = curves.find(({ output }) => output === (curve ?? target)) ?? curves[0]!;
    const chooser = curves.length > 1 && h('div', { class: 'quality-controls' }, labelled(t('Class'), select(curves.map(({ output }) => [String(output), outputs[output]!]), String(chosen.output), (value) => { curve = Number(value); refocus(calibrated, () => draw()); })));
    replace(calibrated.content, chooser, calibration.element);
    const { options, about } = calibrationChart(chosen, outputs[chosen.output]!, page);
    calibration.show(options, about);
  }

  function drawResiduals({ residuals: points, outputs, target }: TableQuality, mine: TableSession): void {
    if (!points) return;
    values.element.hidden = false;
    const view: ResidualView = { residuals: points, name: outputs[target]!, truth: outputs.length === 1 ? mine.opened.columns[mine.reading.mapping.label!]?.name ?? outputs[target]! : outputs[target]!, chosenRow: mine.selection.row, keep: page, chooseRow: (number) => session?.chooseRow(number) };
    const chooser = labelled(t('Residuals against'), select([['said', t('what is said')], ['actual', t('what is true')]], against, (value) => { against = value === 'said' ? 'said' : 'actual'; refocus(values, () => draw()); }));
    replace(values.content, h('p', { class: 'sentence' }, t('Each point is a row; a click chooses it.')), h('div', { class: 'quality-pair' }, said.element, h('div', {}, residuals.element, h('div', { class: 'quality-controls' }, chooser))));
    for (const [chart, { options, about }] of [[said, saidAndTrue(view)], [residuals, residualChart(view, against)]] as const) chart.show(options, about);
  }

  function drawSlices(quality: TableQuality): void {
    slices.element.hidden = false;
    const scrolled = main.scrollTop;
    replace(slices.content, sliceList(quality, listed, (slice) => {
      listed = slice;
      refocus(slices, () => drawSlices(quality));
      list({ words: slice.words, numbers: slice.numbers, of: slice.rows });
    }));
    main.scrollTop = scrolled;
  }

  function drawGroups(quality: TableQuality, { opened: { columns } }: TableSession): void {
    groups.element.hidden = false;
    // Texts and identifiers are different in every row.
    const places = columns.map((_, place) => place).filter((place) => !['text', 'identifier', 'constant'].includes(columns[place]!.type));
    const chooser = labelled(t('Compare groups of'), select([['', t('choose a column')], ...places.map((place) => [String(place), nameOf(place)] as const)], group === undefined ? '' : String(group), (value) => {
      group = value === '' ? undefined : Number(value);
      refocus(groups, () => start());
    }));
    replace(groups.content, h('div', { class: 'quality-controls' }, chooser),
      quality.group ? h('div', {}, grouped.element, gapList(quality, quality.group)) : h('p', { class: 'sentence' }, t('Whether the model does as well by one group as by another: choose a column, also one that the model does not see.')));
    if (!quality.group) return;
    const { options, about } = groupChart(quality, quality.group, page, (one: GroupQuality) => list({ words: `${quality.group!.column}: ${one.name}`, numbers: one.numbers, of: one.rows }));
    grouped.show(options, about);
  }

  /** A column as its feature is called. */
  function nameOf(place: number): string {
    const feature = session?.reading.mapping.features.find(({ columns }) => columns.length === 1 && columns[0] === place);
    return feature?.feature.name ?? session?.opened.columns[place]?.name ?? '';
  }

  function list(filter: Parameters<RowList['show']>[0]): void {
    rows.show(filter);
    rows.element.scrollIntoView({ block: 'nearest' });
  }

  function files(): readonly (readonly [string, string, ChartTable])[] {
    if (!found) return [];
    return [
      [t('Figures'), 'figures', figuresTable(found)], [t('Slices'), 'slices', slicesTable(found)],
      ...(found.confusion ? [[t('Confusion matrix'), 'confusion', confusionNumbers(found.confusion, found.outputs)] as const] : []),
    ];
  }

  const bytes = (text: string): Uint8Array => new TextEncoder().encode(text);
  return {
    id: 'quality', title: t('Quality'), element,
    begin(next) {
      session = next;
      begun = false;
      found = listed = undefined;
      curve = undefined;
      // Places of columns stay what they are as long as the table does; another one has other columns.
      if (next && group !== undefined && !next.opened.columns[group]) group = undefined;
      status.drop();
      rows.begin(undefined);
      draw();
    },
    shown() {
      if (begun || !session) return;
      // Figures first: the list waits for the rows that they run.
      start();
      rows.begin(session);
    },
    chosen({ row }) {
      rows.chosen(row);
      if (found?.residuals && session) drawResiduals(found, session);
    },
    exports: (): readonly MenuItem[] => [
      ...files().flatMap(([title, name, table]) => [
        { label: t('{0}: copy as CSV', title), run: () => page.copy(tableCsv(table)) }, { label: t('{0}: save as CSV…', title), run: () => page.save(`${name}.csv`, bytes(tableCsv(table))) },
      ]),
      ...(found?.group ? [{ label: t('Gaps between groups: save as CSV…'), run: () => page.save('gaps.csv', bytes([['gap', 'figure', 'value', 'standard error', 'highest', 'lowest'], ...found!.group!.gaps.map((gap) => [gap.id, gap.figure, String(gap.value), String(gap.standardError), gap.high.name, gap.low.name])].map(csvLine).join(''))) }] : []),
      ...(session ? [...(found ? ['separator' as const] : []), { label: t('Listed rows: save as CSV…'), run: () => void rows.csv().then((text) => page.save('rows.csv', bytes(text)), () => undefined) }] : []),
    ],
  };
}

interface Section {
  readonly element: HTMLElement;
  readonly content: HTMLElement;
}

function section(title: string): Section {
  const content = h('div', {});
  return { content, element: h('section', { class: 'quality-section', attributes: { 'aria-label': title } }, h('h2', {}, title), content) };
}

/** Draws a section anew; the focus goes back to what stands in the same place. */
function refocus({ content }: Section, redraw: () => void): void {
  const focusable = 'select, button', at = [...content.querySelectorAll(focusable)].indexOf(document.activeElement!);
  redraw();
  if (at >= 0) content.querySelectorAll<HTMLElement>(focusable)[at]?.focus();
}
