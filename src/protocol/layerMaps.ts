/** One small map of every layer that has a grid over the picture: what a person chooses a layer by. */
import type { ExplainParams } from './engine';

export interface LayerMap {
  /** Name of the ONNX value, as `layer` of an explanation takes it. */
  readonly value: string;
  /** The layer's own grid; `map` may be smaller. */
  readonly gridWidth: number;
  readonly gridHeight: number;
  readonly channels: number;
  readonly width: number;
  readonly height: number;
  readonly map: Float32Array;
  /** Grad-CAM of the target; where it has no gradient, the mean absolute activation. */
  readonly kind: 'grad-cam' | 'activation';
}

export interface LayerMapRequests {
  /** The last layers come first; each progress holds those of one run. The result says how many there are. */
  layerMaps: {
    params: Pick<ExplainParams, 'model' | 'inputs' | 'input' | 'target' | 'device' | 'preprocessing'>;
    result: { readonly layers: number };
    progress: { readonly maps: readonly LayerMap[] };
  };
}
