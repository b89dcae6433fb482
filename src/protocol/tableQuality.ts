/** How good a model is on a table's rows, and for whom: confusion, calibration, residuals, slices, groups. */
import type { TableSource } from './table';

export interface TableQualityParams extends TableSource {
  /** The column whose groups are compared, by name or number, whether or not the model sees it. */
  readonly group?: string | number;
}

/** One group of rows, and how the model does on it. */
export interface SliceQuality {
  /** In words: "age ≤ 32 and education = Masters". */
  readonly words: string;
  readonly rows: number;
  readonly accuracy?: number;
  /** Mean |said − label| of values, mean log loss of classes. */
  readonly error: number;
  /** Standard error of `error`. */
  readonly standardError: number;
  /** Numbers in the file, the worst first; at most 1000. */
  readonly numbers: readonly number[];
}

/** One value of the group's column: what is said of its rows. */
export interface GroupQuality {
  readonly name: string;
  readonly rows: number;
  /** Of the explained class: share said to be it, true and false positive rates, precision; of values: mean error. */
  readonly selectionRate?: number;
  readonly truePositiveRate?: number;
  readonly falsePositiveRate?: number;
  readonly precision?: number;
  readonly accuracy?: number;
  readonly meanError?: number;
  /** Mean of said − label: the direction of the error. */
  readonly bias?: number;
  /** Brier score or mean squared error. */
  readonly squaredError: number;
  readonly standardError: number;
  readonly numbers: readonly number[];
}

export interface CalibrationBin {
  /** Mean probability said, share that is so, rows. */
  readonly said: number;
  readonly actual: number;
  readonly standardError: number;
  readonly rows: number;
}

export interface TableQuality {
  readonly task: 'classification' | 'regression';
  /** Rows with a label, all that are compared. */
  readonly rows: number;
  readonly outputs: readonly string[];
  /** Figures of the whole table: accuracy, balanced accuracy, F1, log loss, AUC, Brier, ECE; or R², MAE, RMSE, …. */
  readonly metrics: readonly { readonly id: string; readonly title: string; readonly value: number; readonly standardError?: number; readonly better: 'higher' | 'lower' }[];
  /** [actual, said] counts of classes. */
  readonly confusion?: readonly (readonly number[])[];
  /** By class. */
  readonly calibration?: readonly { readonly output: number; readonly error: number; readonly bins: readonly CalibrationBin[] }[];
  /** Said and true values of up to 2000 rows, with their numbers in the file. */
  readonly residuals?: { readonly numbers: readonly number[]; readonly said: readonly number[]; readonly actual: readonly number[] };
  readonly slices: readonly SliceQuality[];
  readonly group?: { readonly column: string; readonly groups: readonly GroupQuality[]; /** Largest gaps between groups, in words. */ readonly gaps: readonly { readonly title: string; readonly value: number; readonly words: string }[] };
  readonly notes: readonly string[];
}

export interface TableQualityProgress {
  readonly type: 'rows';
  readonly done: number;
  readonly total: number;
}
