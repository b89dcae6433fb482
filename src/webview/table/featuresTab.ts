/** Which features matter, sorted, and what each of them does: importance first, then the curves of the most important. */
import type { ExplainTableResult, Importance } from '../../protocol/table';
import { h } from '../common/dom';
import { t } from '../common/strings';
import { EffectView } from './effectView';
import { Explanation, featuresAhead, type Part } from './explanation';
import { FeatureTable } from './featureTable';
import { importanceSvg } from './importanceChart';
import { asPng } from './plotExport';
import { RunStatus } from './runStatus';
import type { Selection, TablePage, TableSession, TableTab } from './tab';

/** @param changed told how the run is getting on. */
export function featuresTab(page: TablePage, changed: (state: string | undefined) => void): TableTab {
  const table = new FeatureTable((feature) => session?.chooseFeature(feature)), effect = new EffectView();
  const status = new RunStatus({ again: () => start(), showLog: () => page.showLog(), changed });
  const element = h('div', { class: 'features-tab' }, status.element, h('div', { class: 'features-view' }, h('div', { class: 'features-side' }, table.element), effect.element));
  const records = new Map<Part, ExplainTableResult['record']>();
  let session: TableSession | undefined, explanation: Explanation | undefined, importance: Importance | undefined, selected: number | undefined, begun = false;

  function start(): void {
    if (!session) return;
    begun = true;
    const mine = session;
    records.clear();
    importance = undefined;
    table.begin(mine.features);
    selected = mine.selection.feature;
    if (selected !== undefined) table.choose(selected, false);
    drawEffect();
    void status.run(t('Shuffling features to see which matter'), mine.signal, async (signal) => {
      explanation = new Explanation(mine, events(mine), signal);
      await explanation.run(() => table.sorted);
    }).then(() => { if (session === mine) drawEffect(); });
  }

  function events(mine: TableSession): ConstructorParameters<typeof Explanation>[1] {
    const words: Record<Part, string> = { importance: t('Shuffling features to see which matter'), pdp: t('Partial dependence and single rows'), ale: t('Accumulated local effects') };
    const current = (act: () => void): void => { if (session === mine) act(); };
    return {
      progress: (part, done, total) => current(() => status.progress(words[part], done, total)),
      importance: (found, done) => current(() => {
        importance = found;
        table.showImportance(found);
        // The most important feature is what people look at first; it is settled only at the end.
        if (done && selected === undefined && table.sorted[0] !== undefined) mine.chooseFeature(table.sorted[0]);
        drawEffect();
      }),
      effects: (effects) => current(() => { table.showEffects(effects); drawEffect(); }),
      record: (part, { record }) => current(() => { records.set(part, record); drawEffect(); }),
    };
  }

  function chosen({ feature }: Selection): void {
    if (feature === undefined || feature === selected || !session || !begun) return;
    selected = feature;
    table.choose(feature, false);
    drawEffect();
    if (status.running || !explanation || explanation.effects.has(feature)) return;
    const of = explanation, mine = session;
    // A feature further down the list: its curves are made when somebody looks.
    void status.run(t('Partial dependence and single rows'), mine.signal, (signal) => of.effectsOf([feature], signal));
  }

  function drawEffect(): void {
    const feature = selected === undefined ? undefined : session?.features[selected];
    if (!session || !feature || selected === undefined) return effect.clear(session ? t('The most important feature is shown here as soon as it is known.') : t('Reading the table…'));
    const { reading, targetName } = session, found = importance?.features.find((one) => one.feature === selected), place = table.sorted.indexOf(selected);
    effect.show({
      feature, effects: explanation?.effects.get(selected), score: reading.task === 'classification' ? t('change of the probability of {0}', targetName) : t('change of {0}', targetName), records: (['pdp', 'ale'] as const).flatMap((part) => records.get(part) ?? []),
      ...(found && Number.isFinite(found.mean) && importance && { importance: { mean: found.mean, spread: found.spread, repeats: found.repeats.length, unit: importance.unit, rank: place + 1 } }),
      ...(!status.running ? { without: t('It has no curves: the run was stopped before.') } : place >= featuresAhead ? { without: t('Curves of the first {0} features are made at once; choose this one again when they are there.', featuresAhead) } : {}),
    });
  }

  return {
    id: 'features', title: t('Features'), element, chosen,
    shown: () => { if (!begun) start(); },
    begin(next) {
      session = next;
      explanation = undefined;
      selected = undefined;
      status.drop();
      begun = false;
      table.begin([]);
      effect.clear(next ? '' : t('Reading the table…'));
    },
    exports: () => {
      const svg = (text: string): Uint8Array => new TextEncoder().encode(text), found = importance, all = session?.features;
      return [
        { label: t('Copy as CSV'), run: () => page.copy(table.csv()) },
        { label: t('Save as CSV…'), run: () => page.save('importance.csv', svg(table.csv())) },
        ...(found && all ? [
          { label: t('Save importance as SVG…'), run: () => void importanceSvg(found, all).then((text) => page.save('importance.svg', svg(text))) },
          { label: t('Save importance as PNG…'), run: () => void importanceSvg(found, all).then((text) => asPng(text, 2)).then((bytes) => page.save('importance.png', bytes)) },
        ] : []),
        ...effect.exports(page),
      ];
    },
  };
}
