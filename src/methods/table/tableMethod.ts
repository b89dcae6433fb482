/**
 * Methods that look at a model through a whole table: which features matter (importance), what a feature does (curves
 * and surfaces), and what simpler model does the same (surrogates). They see rows of numbers; how a row becomes the
 * model's inputs (one matrix, an input a column, one-hot groups, scaling) is the caller's business.
 */
import type { Applicability, Parameters, ParameterSpec, SelfCheck } from '../method';

/** A column as people know it. A category is the place of its name in `categories`. */
export interface Feature {
  readonly name: string;
  readonly kind: 'number' | 'integer' | 'category';
  readonly unit?: string;
  readonly categories?: readonly string[];
}

/** Rows of numbers, row-major [rows, features]; NaN is a missing value. */
export interface Rows {
  readonly count: number;
  readonly values: Float64Array;
}

/** Rows that stand for the table: what takes the place of hidden features. */
export interface Background extends Rows {
  /** How much each row counts, adding up to 1; absent where all count alike. */
  readonly weights?: Float64Array;
}

/** A model seen through a table's features. Runs are cut into the model's batches by whoever implements it. */
export interface TableModel {
  readonly features: readonly Feature[];
  /** What each output column means: class names, or the names of regression outputs. */
  readonly outputs: readonly string[];
  readonly task: 'classification' | 'regression';
  /** The explained output of each row, [count]. */
  scores(rows: Rows): Promise<Float64Array>;
  /** All outputs of each row, [count, outputs.length]: probabilities of classes, or values. */
  predict(rows: Rows): Promise<Float64Array>;
  /** d score / d feature of each row, [count, features]; absent where the model is not differentiable. */
  gradients?(rows: Rows): Promise<Float64Array>;
  /**
   * What carries changes of features to the score's change, unit by unit (DeepLIFT's rescale rule), of each row against
   * the baseline at its place, [count, features]: Σ multiplier · (row − baseline) is the score's change. Categories have
   * none. Absent where `gradients` is.
   */
  multipliers?(rows: Rows, baselines: Rows, epsilon: number): Promise<Float64Array>;
  /**
   * The score of `row` with hidden features taken from the background, averaged over its rows; one mean a coalition
   * (one number a feature: 1 shown, 0 hidden). The same as `scores` of the mixed rows, without anybody making them;
   * absent where the model has no quicker way.
   */
  mixedScores?(row: Float64Array, background: Background, coalitions: readonly Uint8Array[]): Promise<Float64Array>;
}

export interface TableContext {
  readonly model: TableModel;
  readonly data: Rows;
  /** What each row really is, where the table says it: a class's place in `outputs`, or a value. */
  readonly labels?: Float64Array;
  /** Indices of the features that are asked about; all where none are. Two for surfaces. */
  readonly features: readonly number[];
  /** The row that is asked about, for methods about one row: [features]. */
  readonly row?: Float64Array;
  readonly parameters: Parameters;
  /** Numbers in place of what a method would draw or choose by itself, by name: a reference's own draws (see each method). */
  readonly given?: Readonly<Record<string, Float64Array>>;
  readonly seed: number;
  readonly signal: AbortSignal;
}

/** How much each feature matters, the estimate of each repetition kept. */
export interface Importance {
  readonly kind: 'importance';
  /** In what unit: 'accuracy', 'log loss', 'probability', … */
  readonly unit: string;
  /** By feature of the context's `features`: mean, standard error (or spread over repeats), and every repetition. */
  readonly features: readonly { readonly feature: number; readonly mean: number; readonly spread: number; readonly repeats: Float64Array }[];
}

/** What the score does along one feature. */
export interface Curve {
  readonly feature: number;
  /** Where it was evaluated: values of the feature (bin edges or centres for ALE). */
  readonly grid: Float64Array;
  readonly values: Float64Array;
  readonly standardErrors?: Float64Array;
  /** Individual curves, [rows shown, grid], and which rows they are. */
  readonly ice?: { readonly rows: Int32Array; readonly values: Float64Array };
  /** Rows in each bin (ALE). */
  readonly counts?: Int32Array;
}
export interface Curves { readonly kind: 'curves'; readonly curves: readonly Curve[] }

/** What the score does along two features, [gridA, gridB]. */
export interface Surface {
  readonly kind: 'surface';
  readonly features: readonly [number, number];
  readonly grids: readonly [Float64Array, Float64Array];
  readonly values: Float64Array;
  /** 1 where no rows are near, so that the value is extrapolated. */
  readonly unsupported?: Uint8Array;
}

export interface TreeNode {
  /** Of the feature that is asked about, and where it is cut: left if value ≤ threshold; absent in leaves. */
  readonly feature?: number;
  readonly threshold?: number;
  readonly left?: TreeNode;
  readonly right?: TreeNode;
  readonly rows: number;
  readonly impurity: number;
  /** Share of each class, or the mean value. */
  readonly value: readonly number[];
}

/** A sum for each output: intercept + Σ coefficient · feature, [outputs] and [outputs][features]. */
export interface LinearSum { readonly intercept: readonly number[]; readonly coefficients: readonly (readonly number[])[] }

/** A simpler model that mimics the network, and how well. */
export interface Surrogate {
  readonly kind: 'surrogate';
  readonly tree?: TreeNode;
  readonly linear?: LinearSum & {
    /** The sum of each number of features, from one on: the last is this one. */
    readonly steps?: readonly LinearSum[];
    /** Standard deviation of each feature in the rows it learnt from: what coefficients are made comparable by. */
    readonly deviations?: readonly number[];
  };
  /** Agreement with the network (accuracy for classes, R² for values) by depth (trees) or number of features (linear). */
  readonly fidelity: readonly { readonly size: number; readonly train: number; readonly heldOut: number; readonly leaves?: number }[];
}

/** Other rows close to one row that get another answer. */
export interface Counterfactuals {
  readonly kind: 'counterfactuals';
  readonly found: readonly { readonly row: Float64Array; readonly changed: readonly number[]; readonly distance: number; readonly score: number; readonly flipped: boolean }[];
}

/** Interaction strengths between pairs of features, or sensitivity indices. */
export interface Interactions {
  readonly kind: 'interactions';
  readonly pairs: readonly { readonly features: readonly [number, number]; readonly value: number; readonly standardError?: number }[];
}

/**
 * What each feature adds to the score of a row, for one row or many: base + the sum of a row's values is its score,
 * where the method promises that.
 */
export interface Attributions {
  readonly kind: 'attributions';
  /** The score the contributions start from: the mean over the background, the baseline's, a surrogate's intercept. */
  readonly base: number;
  /** Places in the table's rows; -1 for a row that was asked about by itself. */
  readonly places: Int32Array;
  /** The features of these rows, and what each adds: [rows, features]. */
  readonly rows: Float64Array;
  readonly values: Float64Array;
  readonly standardErrors?: Float64Array;
  /** The score of each row. */
  readonly scores: Float64Array;
}

/** How strongly the score reacts to each feature by itself and together with others (Sobol, Morris). */
export interface Sensitivities {
  readonly kind: 'sensitivities';
  /** What `main` and `total` are: 'share of the variance' (Sobol), 'mean effect' and 'spread of the effect' (Morris). */
  readonly units: readonly [main: string, total: string];
  readonly features: readonly { readonly feature: number; readonly main: number; readonly mainError?: number; readonly total: number; readonly totalError?: number }[];
}

/** Rows like one row, the nearest first. */
export interface Neighbours {
  readonly kind: 'neighbours';
  readonly places: Int32Array;
  readonly distances: Float64Array;
  /** The features and all outputs of each: [rows, features], [rows, outputs]. */
  readonly rows: Float64Array;
  readonly predictions: Float64Array;
}

export type TableFinding = Importance | Curves | Surface | Surrogate | Counterfactuals | Interactions | Attributions | Sensitivities | Neighbours;

export interface TableProgress {
  readonly done: number;
  readonly total: number;
  readonly partial?: TableFinding;
  readonly standardError?: number;
}

export interface TableResult {
  readonly finding: TableFinding;
  readonly checks: readonly SelfCheck[];
  readonly chosen?: Parameters;
}

export interface TableMethod {
  readonly id: string;
  readonly title: string;
  /** The question it answers, in one sentence. */
  readonly question: string;
  /** Paper or specification. */
  readonly source: string;
  /** About the whole table, one row, or the model as a whole. */
  readonly scope: 'global' | 'local' | 'surrogate';
  readonly needs: readonly ('labels' | 'gradient' | 'row' | 'oneFeature' | 'twoFeatures')[];
  readonly parameters: readonly ParameterSpec[];
  /** Named parameter sets that reproduce a reference; the first is the default. */
  readonly presets: Readonly<Record<string, Parameters>>;
  applies(context: Omit<TableContext, 'signal'>): Applicability;
  explain(context: TableContext): AsyncGenerator<TableProgress, TableResult, void>;
}
