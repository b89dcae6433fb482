/** Comparing two models. */
import type { ArchitectureView, LayerSummary, ModelSummary } from '../graph/summary';

export type ChangeKind = 'same' | 'changed' | 'added' | 'removed';

export interface WeightChange {
  readonly role: string;
  /** ‖b − a‖ / ‖a‖ over all elements, a dequantised twin against its float; null where dims differ or nothing was read. */
  readonly relativeError: number | null;
  /** Largest |b − a|. */
  readonly maximum: number | null;
}

export interface ComparedLayer {
  readonly kind: ChangeKind;
  /** Node of the union view. */
  readonly node: number;
  readonly a?: LayerSummary;
  readonly b?: LayerSummary;
  /** What differs, in words for people: 'output 1 × 64 → 1 × 32', 'strides 1 → 2', 'type Conv → QLinearConv'. */
  readonly changes: readonly string[];
  readonly weights: readonly WeightChange[];
}

export interface CompareResult {
  readonly a: { readonly file: string; readonly bytes: number; readonly summary: Omit<ModelSummary, 'layers'> };
  readonly b: { readonly file: string; readonly bytes: number; readonly summary: Omit<ModelSummary, 'layers'> };
  readonly layers: readonly ComparedLayer[];
  readonly totals: Readonly<Record<ChangeKind, number>>;
  /** Nodes of both models in one graph: those that line up once. */
  readonly view: ArchitectureView;
  /** By node of `view`. */
  readonly kinds: readonly ChangeKind[];
  readonly warnings: readonly string[];
}

export interface CompareRequests {
  compare: { params: { a: string; b: string; /** Also read and compare weights. */ weights: boolean }; result: CompareResult; progress: { readonly done: number; readonly total: number } };
}
