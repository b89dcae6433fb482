/** A row's values as people read them. A category is its place among the feature's words, null a missing value. */
import type { Feature } from '../../../protocol/table';
import { formatPercent } from '../../common/format';
import { t } from '../../common/strings';

export type RowValues = readonly (number | null)[];

/** 'Bachelors', '4.66276', 'missing'. */
export function valueText({ categories }: Pick<Feature, 'categories'>, value: number | null): string {
  if (value === null || Number.isNaN(value)) return t('missing');
  return categories ? categories[value] ?? String(value) : numberText(value);
}

/** A number as a table writes it: up to seven digits, no grouping. */
export function numberText(value: number): string {
  return String(Number(value.toPrecision(7))).replace('-', '−');
}

export function sameValue(a: number | null, b: number | null): boolean {
  return a === b || (isMissing(a) && isMissing(b));
}

function isMissing(value: number | null): boolean {
  return value === null || Number.isNaN(value);
}

/** Features in which two rows differ. */
export function changedFeatures(from: RowValues, to: RowValues): number[] {
  return from.flatMap((value, feature) => (sameValue(value, to[feature] ?? null) ? [] : [feature]));
}

/** 'age 39 → 45'. */
export function editText(feature: Feature, from: number | null, to: number | null): string {
  return `${feature.name} ${valueText(feature, from)} → ${valueText(feature, to)}`;
}

/** The place of the largest number. */
export function best(prediction: readonly number[]): number {
  return prediction.reduce((most, value, place) => (value > prediction[most]! ? place : most), 0);
}

/** '>50K (62.0 %)'. */
export function classText(outputs: readonly string[], prediction: readonly number[], place = best(prediction)): string {
  return `${outputs[place] ?? place} (${formatPercent(prediction[place]!)})`;
}
