/** One picture (or other input) explained by two models, and how their explanations differ. */
import type { ExplainParams, ExplainProgress, ExplainResult, HeatMap } from './engine';

/** A class as both models see it; null where a model does not have it. */
export interface PairClass {
  readonly label: string;
  readonly index: number;
  readonly a: number | null;
  readonly b: number | null;
}

/** How alike the two maps are. */
export interface PairFigures {
  /** Spearman's, over the cells both models saw. */
  readonly rankCorrelation: number;
  readonly correlation: number;
  /** Of the strongest tenth of either: the share they have in common; 0.1 is what chance gives. */
  readonly topOverlap: number;
}

export interface PairResult {
  readonly a: ExplainResult;
  readonly b: ExplainResult;
  /** b's share of all evidence less a's, cell by cell, over a's frame; absent where one has no map. */
  readonly difference?: HeatMap;
  readonly figures?: PairFigures;
  /** The first model's highest classes, then those that are only among the second's. */
  readonly classes: readonly PairClass[];
  /** Whether a class's number is a probability, or the model's output as it is. */
  readonly kinds: { readonly a: 'probabilities' | 'scores'; readonly b: 'probabilities' | 'scores' };
  /** Whether both name the same class; undefined where one names none. */
  readonly sameClass?: boolean;
  /** What makes the comparison less than exact, one sentence each. */
  readonly notes: readonly string[];
}

export interface PairRequests {
  explainPair: {
    params: Omit<ExplainParams, 'model' | 'preprocessing' | 'layer'> & { readonly a: string; readonly b: string };
    result: PairResult;
    progress: { readonly side: 'a' | 'b'; readonly value: ExplainProgress };
  };
}
