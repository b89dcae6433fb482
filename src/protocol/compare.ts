/** Comparing two models. */
import type { ChangeKind, ComparedLayer, Comparison, WeightChange } from '../graph/compare/types';
import type { ModelSummary } from '../graph/summary';

export type { ChangeKind, ComparedLayer, WeightChange };

export interface CompareResult extends Comparison {
  readonly a: { readonly file: string; readonly bytes: number; readonly summary: Omit<ModelSummary, 'layers'> };
  readonly b: { readonly file: string; readonly bytes: number; readonly summary: Omit<ModelSummary, 'layers'> };
}

export interface CompareRequests {
  compare: { params: { a: string; b: string; /** Also read and compare weights. */ weights: boolean }; result: CompareResult; progress: { readonly done: number; readonly total: number } };
}
