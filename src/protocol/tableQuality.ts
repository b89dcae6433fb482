/** How good a model is on a table's rows, and for whom: confusion, calibration, residuals, slices, groups. */
import type { TableSource } from './table';

export interface TableQualityParams extends TableSource {
  /** The column whose groups are compared, by name or number, whether or not the model sees it. */
  readonly group?: string | number;
  /** The class whose rates are compared and whose calibration is shown, or the value, by name or number; default: `TableReading.target`. */
  readonly target?: string | number;
}

/** One group of rows, and how the model does on it. */
export interface SliceQuality {
  /** In words: "age ≤ 32 and education = Masters". */
  readonly words: string;
  readonly rows: number;
  readonly accuracy?: number;
  /** Mean of `TableQuality.errorUnit`. */
  readonly error: number;
  /** Standard error of `error`. */
  readonly standardError: number;
  /** By how much that is more than the mean of all other rows, and by how much at least: chance and `slicing.tried` allowed for. */
  readonly difference: number;
  readonly lowerBound: number;
  /** Numbers in the file, the worst first; at most 1000. */
  readonly numbers: readonly number[];
}

/** One value of the group's column: what is said of its rows. */
export interface GroupQuality {
  readonly name: string;
  readonly rows: number;
  /** Rows of the class, and rows said to be of it: what the rates are shares of. */
  readonly positives?: number;
  readonly selected?: number;
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
  /** Of `squaredError`. */
  readonly standardError: number;
  /** Of the other figures. */
  readonly standardErrors: Readonly<Partial<Record<GroupFigureId, number>>>;
  /** Numbers in the file, the worst first; at most 1000. */
  readonly numbers: readonly number[];
}

export type GroupFigureId = 'selectionRate' | 'truePositiveRate' | 'falsePositiveRate' | 'precision' | 'accuracy' | 'meanError' | 'bias' | 'squaredError';

/** The largest gap of a figure between two groups. */
export interface GroupGap {
  readonly id: 'demographicParity' | 'equalOpportunity' | 'equalisedOdds' | 'accuracy' | 'meanError' | 'bias';
  readonly title: string;
  /** Of which figure. */
  readonly figure: GroupFigureId;
  readonly value: number;
  readonly standardError: number;
  /** Lowest / highest, of demographic parity. */
  readonly ratio?: number;
  readonly high: { readonly name: string; readonly value: number; /** Rows it is a share or mean of. */ readonly rows: number };
  readonly low: { readonly name: string; readonly value: number; readonly rows: number };
  /** Groups with too few rows to be compared; `small`: fewer than two groups have more, so that these are compared all the same. */
  readonly leftOut: readonly string[];
  readonly small: boolean;
  readonly words: string;
}

/** What an error is: −ln of the probability of the true class, 1 for a wrong class, or |said − label|. */
export type ErrorUnit = 'log loss' | 'share wrong' | 'absolute error';

/** What slices were looked at. */
export interface SlicingInfo {
  readonly tried: number;
  readonly columns: number;
  /** Columns combined in pairs. */
  readonly paired: number;
  readonly fewestRows: number;
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
  /** Which of them groups, residuals and slices of values are about. */
  readonly target: number;
  readonly errorUnit: ErrorUnit;
  /** Mean error of all rows. */
  readonly error: number;
  /** Figures of the whole table: accuracy, balanced accuracy, F1, log loss, AUC, Brier, ECE; or R², MAE, RMSE, …. */
  readonly metrics: readonly { readonly id: string; readonly title: string; readonly value: number; readonly standardError?: number; readonly better: 'higher' | 'lower' | 'zero'; /** What always saying the same (the most frequent class, the classes' shares, the mean) would get. */ readonly reference?: number; /** Which of several outputs of values. */ readonly output?: number }[];
  /** [actual, said] counts of classes. */
  readonly confusion?: readonly (readonly number[])[];
  /** By class. */
  readonly calibration?: readonly { readonly output: number; readonly error: number; readonly bins: readonly CalibrationBin[] }[];
  /** Said and true values of up to 2000 rows, with their numbers in the file. */
  readonly residuals?: { readonly numbers: readonly number[]; readonly said: readonly number[]; readonly actual: readonly number[] };
  readonly slices: readonly SliceQuality[];
  readonly slicing: SlicingInfo;
  readonly group?: { readonly column: string; readonly groups: readonly GroupQuality[]; /** Largest gaps between groups, in words. */ readonly gaps: readonly GroupGap[] };
  readonly notes: readonly string[];
}

export interface TableQualityProgress {
  /** What is done: rows run, pairs of columns searched. */
  readonly type: 'rows' | 'slices';
  readonly done: number;
  readonly total: number;
}
