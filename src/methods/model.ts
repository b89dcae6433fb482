/**
 * What a method may ask of a loaded model. Methods never see a runtime: batch size, device, memory and the gradient
 * graph are the engine's business.
 */
import type { CompositeSpec } from '../autodiff/composites';
import type { DType } from '../tensor/dtype';
import type { FloatTensor, Tensor } from '../tensor/tensor';
import type { Dims } from '../graph/graph';

export type InputKind = 'image' | 'table' | 'text' | 'sound' | 'tensor';

export interface PortInfo {
  readonly name: string;
  readonly dtype: DType;
  readonly dims: Dims;
}

/**
 * The scalar that is explained: one element of one output (or inner value), counted in it flattened to [N, C], or what
 * `combine` makes of its row.
 * `logit`: the value before the final softmax or sigmoid (the output itself where there is none).
 * `probability`: the value after it (a softmax is appended where the model returns logits).
 * `output`: the output exactly as the model returns it.
 */
export interface Target {
  readonly output: string;
  readonly index: number;
  readonly space: 'logit' | 'probability' | 'output';
  /** Where it is more than one element; `index` is then the first element that counts. */
  readonly combine?: TargetCombination;
}

/**
 * What becomes of a sample's row [C]: Σ w·row (a difference of classes, a sum, a mean, a region), or the cosine of the
 * angle between the row and a vector [C], or Π row^e over elements that are positive (an objectness times a class score).
 */
export type TargetCombination =
  | { readonly kind: 'weighted'; readonly weights: Float32Array }
  | { readonly kind: 'cosine'; readonly reference: Float32Array }
  | { readonly kind: 'product'; readonly exponents: Float32Array };

/**
 * Tensors by input name. All share dim 0 (the batch), unless an input has no batch dim. Inner values may be fed too:
 * they are then taken as given instead of being computed, in float32 and with their samples one after another along
 * dim 0.
 */
export type Feeds = Readonly<Record<string, Tensor>>;

export interface GradientRequest {
  readonly feeds: Feeds;
  readonly target: Target;
  /** Values to differentiate to: input names or inner values of the graph. */
  readonly wrt: readonly string[];
  /** Further values to return from the same run. */
  readonly fetch?: readonly string[];
  /** Rules that replace standard ones: what comes back is then no gradient, but what these rules propagate. */
  readonly composite?: CompositeSpec;
  /** Baselines by input name, for composites that compare with one. */
  readonly references?: Feeds;
}

export interface GradientResult {
  /** The target of every sample, [N]. */
  readonly scores: Float32Array;
  /** By `wrt` name, each with its value's dims. */
  readonly gradients: Readonly<Record<string, FloatTensor>>;
  readonly values: Readonly<Record<string, Tensor>>;
  /** What a composite computes besides, by name (see autodiff/composites). */
  readonly figures: Readonly<Record<string, FloatTensor>>;
}

/** A value people think of as a layer's activations. */
export interface InnerLayer {
  /** Name of the ONNX value. */
  readonly value: string;
  /** Name and type of the node that makes it. */
  readonly node: string;
  readonly opType: string;
  /** For one sample. */
  readonly dims: readonly number[];
}

/** One attention of a transformer: a Softmax between two MatMuls, or a fused op. */
export interface AttentionBlock {
  /** Name of the value that holds the probabilities: for every head and query, a distribution over the keys. */
  readonly value: string;
  /** Name and type of the node that makes it. */
  readonly node: string;
  readonly opType: string;
  /** Of one sample; `windows` above 1: attention within parts of the picture (Swin). */
  readonly windows: number;
  readonly heads: number;
  readonly queries: number;
  readonly keys: number;
  /** The value is inside a fused op: only `gradients` (with `wrt` empty if need be) can read it out. */
  readonly fused?: boolean;
}

/** A value whose activations form a grid over the picture, so that a class activation map can be taken there. */
export interface SpatialLayer {
  /** Name of the ONNX value. */
  readonly value: string;
  /** Name and type of the node that makes it. */
  readonly node: string;
  readonly opType: string;
  readonly layout: 'NCHW' | 'NHWC' | 'tokens';
  readonly channels: number;
  readonly height: number;
  readonly width: number;
  /** For `tokens`: how many leading tokens (class token) are no grid cells. */
  readonly prefixTokens: number;
}

export interface Model {
  readonly inputs: readonly PortInfo[];
  readonly outputs: readonly PortInfo[];
  /** Largest batch the engine wants for these feeds' dims; methods split their work by it. */
  batchFor(request: 'forward' | 'gradient'): number;
  /** Runs the model on a batch and returns `fetch` (default: all outputs). */
  run(feeds: Feeds, fetch?: readonly string[]): Promise<Readonly<Record<string, Tensor>>>;
  /** The target of every sample of a batch, [N], without a gradient. */
  scores(feeds: Feeds, target: Target): Promise<Float32Array>;
  /** The target and its gradient for every sample of a batch. Rejects with a `NotDifferentiable` naming op and node. */
  gradients(request: GradientRequest): Promise<GradientResult>;
  /** Why the target has no gradient to `wrt` (default: the explained input), or undefined if it has one. */
  whyNotDifferentiable(target: Target, wrt?: string, composite?: CompositeSpec): Promise<string | undefined>;
  /** In topological order, of those the target (default: any output) depends on; the last one with more than one cell is Grad-CAM's default. */
  spatialLayers(target?: Target): Promise<readonly SpatialLayer[]>;
  /** Activations between inputs and the target (default: any output), of any rank, in topological order. */
  layers(target?: Target): Promise<readonly InnerLayer[]>;
  /**
   * The value that holds a vector for every number of an input (words looked up in a table), in the input's order;
   * undefined for inputs that stand for themselves.
   */
  embedding(input: string): Promise<string | undefined>;
  /** Attention blocks the outputs depend on, in topological order. */
  attentionBlocks(): Promise<readonly AttentionBlock[]>;
}
