/** One feature's contributions along its values, coloured by the feature they go together with. */
import * as Plot from '@observablehq/plot';
import type { Feature } from '../../../protocol/table';
import { t } from '../../common/strings';
import type { ChartAbout, ChartOptions, Series } from '../plot';
import { fitting, ink, labelRoom, rampLegend, titled, valueRamp } from '../plotColors';
import { pointWords, rowName, valueWords, type ShapView } from './beeswarm';
import { explainedRows, featureValues, shareOf, usualSpan } from './shapData';

interface Point { readonly row: number; readonly x: number; readonly y: number; readonly fill: string }

/** @param partner the feature that colours the points; undefined: none does. */
export function dependence(view: ShapView, feature: number, partner: number | undefined): { options: ChartOptions; about: ChartAbout } {
  const { finding, features, score, numbers, chosenRow } = view, width = features.length, rows = explainedRows(finding), asked = features[feature]!, colour = partner === undefined ? undefined : features[partner]!;
  const value = (row: number, of: number): number => finding.rows[row * width + of]!, added = (row: number): number => finding.values[row * width + feature]!;
  const present = rows.filter((row) => !Number.isNaN(value(row, feature))), missing = rows.filter((row) => Number.isNaN(value(row, feature)));
  const options = (chartWidth: number): Plot.PlotOptions => {
    const ramp = valueRamp(), span: readonly [number, number] = partner === undefined ? [0, 1] : usualSpan(featureValues(finding, partner, width));
    const fill = (row: number): string => {
      if (partner === undefined) return ink.main;
      const share = shareOf(value(row, partner), span);
      return Number.isNaN(share) ? ink.missing : ramp(share);
    };
    // Rows of one category spread over its column, always the same way.
    const spread = (row: number): number => (asked.kind === 'category' ? (((row * 0.618034) % 1) - 0.5) * 0.5 : 0);
    const points: Point[] = present.map((row) => ({ row, x: value(row, feature) + spread(row), y: added(row), fill: fill(row) }));
    const names = asked.categories ?? [], used = asked.kind === 'category' ? [...new Set(present.map((row) => value(row, feature)))].sort((a, b) => a - b) : [];
    const each = (chartWidth - 70) / Math.max(1, used.length), slanted = used.length > 0 && labelRoom(used.map((at) => names[at] ?? String(at)), 200) > each - 6;
    const missingWords = partner === undefined || !rows.some((row) => Number.isNaN(value(row, partner))) ? undefined : t('missing');
    return {
      height: Math.round(Math.min(420, Math.max(260, chartWidth * 0.5))) + (slanted ? 50 : 0), marginTop: 50, marginLeft: 58, marginRight: 18, marginBottom: slanted ? 92 : 42,
      x: asked.kind === 'category'
        ? { domain: [used[0]! - 0.5, used[used.length - 1]! + 0.5], ticks: used, tickFormat: (at: number) => fitting(names[at] ?? String(at), slanted ? 90 : each - 6), tickSize: 0, ...titled(asked.name, chartWidth - 80), ...(slanted && { tickRotate: -40, labelOffset: 82 }) }
        : { ...titled(asked.unit === undefined ? asked.name : `${asked.name} [${asked.unit}]`, chartWidth - 80), nice: true, ticks: Math.max(3, Math.floor(chartWidth / 90)), tickFormat: asked.kind === 'integer' && points.every(({ x }) => x > 1500 && x < 2200) ? 'd' : undefined },
      y: { label: t('SHAP value: change of the {0}', score), labelArrow: 'none', grid: true, nice: true },
      marks: [
        Plot.ruleY([0], { stroke: ink.muted }),
        Plot.dot(points, { x: 'x', y: 'y', r: points.length > 400 ? 2.2 : 3, fill: { value: 'fill', scale: null } as never, fillOpacity: 0.9, className: 'points' }),
        Plot.dot(points.filter(({ row }) => chosenRow !== undefined && numbers?.[row] === chosenRow), { x: 'x', y: 'y', r: 6, stroke: ink.chosen, strokeWidth: 1.6, className: 'chosen-row' }),
        Plot.tip(points, Plot.pointer({ x: 'x', y: 'y', maxRadius: 20, lineHeight: 1.25, title: (d: Point) => `${pointWords(view, d.row, feature)}${colour && partner !== undefined ? `\n${colour.name} = ${valueWords(colour, value(d.row, partner))}` : ''}` })),
        ...(colour && !colour.categories ? [rampLegend({ ramp, title: fitting(colour.name, 200), low: valueWords(colour, span[0]), high: valueWords(colour, span[1]), ...(missingWords !== undefined && { missing: missingWords }) })] : []),
      ],
    };
  };
  return {
    options,
    about: {
      title: t('What {0} adds, along its values', asked.name), keep: view.keep,
      description: t('{0} rows: the value of {1} from left to right, what it adds to the {2} upwards{3}.', present.length, asked.name, score, colour ? t(', coloured by {0}', colour.name) : ''),
      table: {
        head: [t('Row'), asked.name, t('SHAP value'), ...(colour ? [colour.name] : [])],
        rows: [...present, ...missing].map((row) => [rowName(view, row), asked.categories ? valueWords(asked, value(row, feature)) : value(row, feature), added(row), ...(colour && partner !== undefined ? [colour.categories ? valueWords(colour, value(row, partner)) : value(row, partner)] : [])]),
        ...(numbers && { choose: (i: number) => view.chooseRow(numbers[[...present, ...missing][i]!]!) }),
      },
      ...(colour?.categories && partner !== undefined && { legend: () => categoryLegend(colour, rows.map((row) => value(row, partner)), usualSpan(featureValues(finding, partner, width))) }),
      chooseDatum: (datum) => {
        const number = numbers?.[(datum as Point).row];
        if (number !== undefined) view.chooseRow(number);
      },
    },
  };
}

/** The categories that occur, in the colours of their points; the feature's name goes before the first. */
function categoryLegend(feature: Feature, values: readonly number[], span: readonly [number, number]): Series[] {
  const ramp = valueRamp(), used = [...new Set(values)].filter((value) => !Number.isNaN(value)).sort((a, b) => a - b), entries = used.slice(0, 12).map((value) => ({ color: ramp(shareOf(value, span)), text: valueWords(feature, value) }));
  if (entries[0]) entries[0] = { ...entries[0], text: `${feature.name}: ${entries[0].text}` };
  return [...entries, ...(used.length > 12 ? [{ color: 'transparent', text: t('and {0} more', used.length - 12) }] : []), ...(values.some(Number.isNaN) ? [{ color: ink.missing, text: t('missing') }] : [])];
}
