/** The composites by the words a request says them in. */
import type { Composite } from './composite';
import { deepLift, type DeepLiftSpec } from './deepLift';
import { fullGradient } from './fullGradient';
import { guided } from './guided';
import { lrp, type LrpSpec } from './lrp';

/** Which rules replace standard ones; plain data, so that it can be part of a cache's key. */
export type CompositeSpec =
  | { readonly kind: 'guided' | 'deconvnet' }
  | ({ readonly kind: 'lrp' } & LrpSpec)
  | ({ readonly kind: 'deeplift' } & DeepLiftSpec)
  | { readonly kind: 'full-gradient' };

export function compositeOf(spec: CompositeSpec): Composite {
  switch (spec.kind) {
    case 'guided': case 'deconvnet': return guided(spec.kind);
    case 'lrp': return lrp(spec);
    case 'deeplift': return deepLift(spec);
    case 'full-gradient': return fullGradient;
  }
}
