/** What a figure of trust is: a description people can read, and an async generator that measures one map. */
import type { Applicability, MethodContext, SelfCheck } from '../methods/method';
import type { PictureShape } from '../methods/picture';
import type { FloatTensor } from '../tensor/tensor';

/** The property of an explanation that a figure measures. */
export type Property = 'faithfulness' | 'robustness' | 'randomisation' | 'complexity' | 'localisation' | 'axiomatic';

/** What an explanation was made of: the model, the input and the target, and what is known about them. */
export interface Subject extends Pick<MethodContext, 'model' | 'feeds' | 'input' | 'kind' | 'layout' | 'target' | 'tensors' | 'seed' | 'signal'> {
  /** For pictures: where its axes are. */
  readonly shape?: PictureShape;
  /** Places a map has: the pixels of a picture (all channels of one together), else the input's elements. */
  readonly cells: number;
  /** Whether the target is one class of a distribution, so that its probability can be asked for. */
  readonly isClass: boolean;
  /** The explanation's own values, in the explained input's dims. */
  readonly attributions: FloatTensor;
  /** What the method said of its own result. */
  readonly checks: readonly SelfCheck[];
  /** 1 for every cell that belongs to the thing itself, where somebody drew it. */
  readonly mask?: Uint8Array;
  /** How many steps the model's weights are made random in, from the output side; undefined where they cannot be. */
  readonly randomStages?: number;
  /** Why they cannot. */
  readonly notRandomised?: string;
}

export type CandidateKind = 'map' | 'random' | 'edges';

/** A map that is measured: the explanation's own, one drawn at random, or the edges of the picture. */
export interface Candidate {
  readonly kind: CandidateKind;
  /** In the explained input's dims. */
  readonly values: FloatTensor;
  /** One value a cell. */
  readonly cells: Float32Array;
  /** What the same way of making a map makes of another input (of the same dims); `draw` tells repeated calls apart. */
  again(input: Float32Array, draw: number): Promise<FloatTensor>;
  /** The same of the model whose upper weights are random: those of `stage` out of `randomStages`, from 1; `draw` tells independent draws apart. */
  underRandomWeights(stage: number, draw: number): Promise<FloatTensor>;
}

/** Points of a curve; x is a share from 0 to 1. */
export interface Curve {
  readonly x: readonly number[];
  readonly y: readonly number[];
}

export interface Measured {
  readonly value: number;
  readonly curve?: Curve;
  /** Further figures of the same measurement, by name. */
  readonly details?: Readonly<Record<string, number>>;
}

export interface MetricProgress {
  readonly done: number;
  readonly total: number;
}

/** What a metric is, for those who show its figure. */
export interface MetricDescription {
  readonly id: string;
  readonly title: string;
  /** What the figure says, in one sentence. */
  readonly about: string;
  readonly property: Property;
  readonly better: 'higher' | 'lower';
  /** Paper or reference implementation. */
  readonly source: string;
  /** Whether it takes many runs of the explanation itself, not only of the model. */
  readonly slow: boolean;
  /** Least and largest value, where there are such, for drawing. */
  readonly range?: readonly [number, number];
}

export interface Metric extends MetricDescription {
  /** Which other maps are measured beside it. */
  readonly beside: { readonly random: number; readonly edges: boolean };
  /** Whether the explanation's own figure is as it should be, for figures that have such a bound. */
  passes?(value: number): boolean;
  applies(subject: Subject): Applicability;
  compute(subject: Subject, candidate: Candidate): AsyncGenerator<MetricProgress, Measured, void>;
}
