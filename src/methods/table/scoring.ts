/** How well predictions agree with labels, and other figures by which a model is judged on a table. */
import { ranks } from '../../tensor/statistics';
import { classesOf } from './rows';
import type { TableModel } from './tableMethod';

export const scorings = ['accuracy', 'auc', 'log-loss', 'r2', 'rmse', 'prediction-difference', 'prediction-change'] as const;
export type Scoring = (typeof scorings)[number];

export interface Score {
  readonly unit: string;
  readonly needsLabels: boolean;
  /** Whether a permuted column is expected to make it larger. */
  readonly lowerIsBetter: boolean;
  /** Of all outputs [rows, outputs] (or the explained score [rows]) and labels. */
  readonly of: (predictions: Float64Array, labels: Float64Array, model: Pick<TableModel, 'outputs'>) => number;
  /** Whether it is of the explained score alone. */
  readonly ofScore: boolean;
}

const smallest = Number.EPSILON;

export const scores: Readonly<Record<Exclude<Scoring, 'prediction-change'>, Score>> = {
  accuracy: {
    unit: 'accuracy', needsLabels: true, lowerIsBetter: false, ofScore: false,
    of: (predictions, labels, model) => averageOf(classesOf(predictions, model), (predicted, row) => (predicted === labels[row] ? 1 : 0)),
  },
  /** Area under the ROC curve (ties count half), the mean of one against the rest over classes that occur. */
  auc: {
    unit: 'AUC', needsLabels: true, lowerIsBetter: false, ofScore: false,
    of: (predictions, labels, { outputs }) => {
      const width = outputs.length, areas: number[] = [];
      const classes = width <= 2 ? [1] : outputs.map((_, k) => k);
      for (const k of classes) {
        const column = Float64Array.from(labels, (_, row) => predictions[row * width + Math.min(k, width - 1)]!), order = ranks(column);
        const positive = labels.reduce((count, label) => count + (label === k ? 1 : 0), 0), negative = labels.length - positive;
        if (positive === 0 || negative === 0) continue;
        const sum = order.reduce((total, rank, row) => total + (labels[row] === k ? rank : 0), 0);
        areas.push((sum - (positive * (positive + 1)) / 2) / (positive * negative));
      }
      return areas.length ? areas.reduce((a, b) => a + b, 0) / areas.length : NaN;
    },
  },
  'log-loss': {
    unit: 'log loss', needsLabels: true, lowerIsBetter: true, ofScore: false,
    of: (predictions, labels, { outputs }) => {
      const width = outputs.length;
      return averageOf(labels, (label, row) => {
        const own = width === 1 ? (label === 1 ? predictions[row]! : 1 - predictions[row]!) : predictions[row * width + label]!;
        return -Math.log(Math.min(1 - smallest, Math.max(smallest, own)));
      });
    },
  },
  r2: {
    unit: 'R²', needsLabels: true, lowerIsBetter: false, ofScore: true,
    of: (predictions, labels) => {
      const mean = averageOf(labels, (label) => label);
      let left = 0, total = 0;
      labels.forEach((label, row) => {
        left += (label - predictions[row]!) ** 2;
        total += (label - mean) ** 2;
      });
      return total > 0 ? 1 - left / total : left === 0 ? 1 : 0;
    },
  },
  rmse: {
    unit: 'root mean squared error', needsLabels: true, lowerIsBetter: true, ofScore: true,
    of: (predictions, labels) => Math.sqrt(averageOf(labels, (label, row) => (label - predictions[row]!) ** 2)),
  },
  'prediction-difference': {
    unit: 'score', needsLabels: false, lowerIsBetter: false, ofScore: true,
    of: (predictions) => averageOf(predictions, (value) => value),
  },
};

function averageOf(list: ArrayLike<number>, of: (value: number, index: number) => number): number {
  let sum = 0;
  for (let i = 0; i < list.length; i++) sum += of(list[i]!, i);
  return sum / list.length;
}
