/** How long explanations will take: asked once a model has run on its device, because only runs tell. */
import type { ExplainParams } from './engine';

export interface Estimate {
  /** Milliseconds of the method, without opening the model. */
  readonly ms: number;
  /** `measured`: it ran so before; `counted`: passes times what one took; `most`: the same, and it may stop earlier. */
  readonly from: 'measured' | 'counted' | 'most';
}

export interface EstimateRequests {
  /** By method id, with the preset each starts with; methods nothing is known about are left out. */
  estimates: { params: Pick<ExplainParams, 'model' | 'device'>; result: Readonly<Record<string, Estimate>>; progress: never };
}
