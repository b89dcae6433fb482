/** What an explanation method is: a description people can read, and an async generator that streams its estimate. */
import type { ChannelReduction } from '../tensor/heatmap';
import type { FloatTensor, Tensor } from '../tensor/tensor';
import type { Distribution } from './distribution';
import type { Feeds, InputKind, Model, Target } from './model';

export type ParameterValue = number | boolean | string;
export type Parameters = Readonly<Record<string, ParameterValue>>;

export interface ParameterSpec {
  readonly name: string;
  readonly type: 'integer' | 'number' | 'boolean' | 'choice' | 'file' | 'text';
  readonly default: ParameterValue;
  /** One sentence: what it does. */
  readonly about: string;
  readonly minimum?: number;
  readonly maximum?: number;
  readonly choices?: readonly string[];
  /** For files: whether one sample of the input is read from it (default), or as many as it holds. */
  readonly samples?: 'one' | 'many';
}

export type MethodGroup = 'where-it-looks' | 'what-if-it-changes' | 'inside-the-network';

/** Everything one explanation needs. */
export interface MethodContext {
  readonly model: Model;
  /** One sample: dim 0 of every tensor is 1. */
  readonly feeds: Feeds;
  /** The input that is explained; its tensor is float32. */
  readonly input: string;
  readonly kind: InputKind;
  /** For pictures: where height, width and channels are in the explained input's dims. */
  readonly layout?: 'NCHW' | 'NHWC';
  /** For pictures, where it is known: what the channels are, in their order. */
  readonly channels?: 'RGB' | 'BGR' | 'grey' | 'RGBA';
  readonly target: Target;
  /** Name of an inner value, for methods with a target layer; undefined means the method's default. */
  readonly layer?: string;
  readonly parameters: Parameters;
  /** Resolved baselines and backgrounds the parameters refer to, by parameter name (a `file` parameter's content). */
  readonly tensors: Readonly<Record<string, Tensor>>;
  readonly seed: number;
  readonly signal: AbortSignal;
}

/** A look at the estimate while it grows. */
export interface Progress {
  readonly done: number;
  readonly total: number;
  /** The estimate so far, in the result's dims. */
  readonly partial?: FloatTensor;
  /** Standard error of the estimate relative to its largest value, for sampled methods. */
  readonly standardError?: number;
}

/** A figure by which the result judges itself. */
export interface SelfCheck {
  /** For instance 'completenessDelta', 'maxAbsGradient'. */
  readonly id: string;
  readonly value: number;
  readonly ok: boolean;
  /** One sentence for people: what the figure says about this result. */
  readonly message: string;
}

export interface Attribution {
  /**
   * Attributions with the explained input's dims (for class activation maps: the map resized over them). Absent where
   * `hasMap` is false.
   */
  readonly values?: FloatTensor;
  /** For sampled methods: how sure each of `values` is, in the same dims. */
  readonly standardErrors?: FloatTensor;
  /** For class activation maps: the map on the layer's own grid, [1, 1, h, w]. */
  readonly cam?: FloatTensor;
  /** For attributions to a layer: one value for each of its elements, in the layer's own dims. */
  readonly layerValues?: FloatTensor;
  /** The layer a map was taken at. */
  readonly layer?: string;
  readonly score: number;
  readonly checks: readonly SelfCheck[];
  /** The output as a distribution (the method `prediction`). */
  readonly distribution?: Distribution;
  /** Parameters the method chose by itself (steps used, samples drawn), for the record. */
  readonly chosen?: Parameters;
}

export interface Applicability {
  readonly applies: boolean;
  /** Why not, or a caution: one sentence. */
  readonly reason?: string;
}

export interface Method {
  readonly id: string;
  readonly title: string;
  /** The question it answers, in one sentence. */
  readonly question: string;
  readonly group: MethodGroup;
  /** Paper or specification. */
  readonly source: string;
  readonly kinds: readonly InputKind[];
  readonly needs: 'gradient' | 'forward';
  readonly hasLayer: boolean;
  /** Which layers it can be taken at: those with a grid over the picture (default), or any. */
  readonly layers?: 'spatial' | 'any';
  /** Whether all channels of the result hold one and the same map over the picture (default: as `hasLayer`). */
  readonly onePlane?: boolean;
  /** False for methods that say something about the output as a whole instead of marking parts of the input. */
  readonly hasMap?: false;
  readonly parameters: readonly ParameterSpec[];
  /** Named parameter sets that reproduce a reference; the first is the default. */
  readonly presets: Readonly<Record<string, Parameters>>;
  /** How channels become one map over a picture (default 'sum'). */
  reduction?(parameters: Parameters): ChannelReduction;
  applies(context: Pick<MethodContext, 'model' | 'target' | 'input' | 'kind'>): Promise<Applicability>;
  explain(context: MethodContext): AsyncGenerator<Progress, Attribution, void>;
}
