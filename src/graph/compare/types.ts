/** What a comparison of two models says. */
import type { ArchitectureView, LayerSummary } from '../summary';

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

/** Layers of both models, and both graphs in one. */
export interface Comparison {
  readonly layers: readonly ComparedLayer[];
  readonly totals: Readonly<Record<ChangeKind, number>>;
  /** Nodes of both models in one graph: those that line up once. */
  readonly view: ArchitectureView;
  /** By node of `view`. */
  readonly kinds: readonly ChangeKind[];
  readonly warnings: readonly string[];
}
