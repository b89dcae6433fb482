/** How far to trust a map: figures that stream in one after the other, and how much several methods agree. */
import type { Figure, Skipped, Standing } from '../metrics/figure';
import type { MetricDescription } from '../metrics/metric';
import type { Verdict, Words } from '../metrics/verdict';
import type { ExplainParams } from './engine';

export type { Figure, MetricDescription, Skipped, Standing, Verdict, Words };

export type TrustProgress =
  /** What will be measured, in this order, and what does not apply. */
  | { readonly type: 'planned'; readonly metrics: readonly MetricDescription[]; readonly skipped: readonly Skipped[] }
  /** The share of one figure that is done, 0…1. */
  | { readonly type: 'running'; readonly metric: string; readonly done: number }
  | { readonly type: 'figure'; readonly figure: Figure; readonly verdict: Verdict }
  /** A figure that could not be measured after all. */
  | { readonly type: 'skipped'; readonly skipped: Skipped };

export interface TrustResult {
  readonly figures: readonly Figure[];
  readonly skipped: readonly Skipped[];
  readonly verdict: Verdict;
  readonly milliseconds: number;
}

/** One method's agreement with those before it in the list, itself last (1). */
export interface AgreementRow {
  readonly method: string;
  readonly title: string;
  /** Spearman's rank correlation of the maps' absolute values. */
  readonly rank: readonly (number | null)[];
  /** Share of the 10 % of cells that both call most important. */
  readonly overlap: readonly (number | null)[];
  /** Why there is no map to compare, one sentence. */
  readonly reason?: string;
}

/** The explanation whose map is measured, and what is wanted of it. */
export interface TrustParams extends ExplainParams {
  /** Ids of the figures wanted; default: all that apply. */
  readonly metrics?: readonly string[];
  /** A picture that is white where the object is, over the same picture. */
  readonly mask?: string;
  /** Figures measured before: verdicts count them too. */
  readonly known?: readonly Figure[];
}

export interface AgreementParams extends Omit<ExplainParams, 'method' | 'preset' | 'parameters' | 'layer'> {
  readonly methods: readonly string[];
}

export interface TrustRequests {
  /** Measures the map that `explain` makes of the same parameters. */
  trust: { params: TrustParams; result: TrustResult; progress: TrustProgress };
  /** Compares the maps of several methods, each with its default parameters. */
  agreement: { params: AgreementParams; result: readonly AgreementRow[]; progress: AgreementRow };
}
