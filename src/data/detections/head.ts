/** What a detector's output means: the words all heads share. Coordinates are fractions of the model's input, 0…1. */
import type { DType } from '../../tensor/dtype';
import type { OutputStatement } from '../spec';

/** An output as it is known before its numbers are looked at. */
export interface OutputFacts {
  readonly name: string;
  readonly dtype: DType;
  /** For one sample, all known. */
  readonly dims: readonly number[];
  /** What a sidecar says about it. */
  readonly stated?: OutputStatement;
  /** Dims of the scores that an ArgMax chose it from. */
  readonly behind?: readonly number[];
  /** Names of its classes, where the model or a file beside it has some. */
  readonly labels?: readonly string[];
}

/** All that reading an output goes by. */
export interface ModelFacts {
  /** Of the picture the model sees, in its pixels. */
  readonly height: number;
  readonly width: number;
  readonly outputs: readonly OutputFacts[];
  readonly metadata: ReadonlyMap<string, string>;
  /** Names found in the model or beside it, of whatever number. */
  readonly labels?: readonly string[];
}

/** Output values of one sample in C order. */
export interface Values {
  readonly dims: readonly number[];
  readonly data: Float32Array;
}

/** The elements of one output that make a score: one, their product Π x^exponent, or their sum. */
export interface Evidence {
  readonly output: string;
  readonly dims: readonly number[];
  readonly how: 'element' | 'product' | 'sum';
  readonly factors: readonly { readonly element: number; readonly exponent?: number }[];
}

export interface Box {
  readonly x0: number;
  readonly y0: number;
  readonly x1: number;
  readonly y1: number;
  /** 0…1. */
  readonly score: number;
  readonly classIndex: number;
  readonly evidence: Evidence;
  /** What the evidence leaves out of the score, or adds to it; undefined: it is exactly the score. */
  readonly caveat?: string;
}

export interface Line extends Box {
  /** From (x0, y0) to (x1, y1): a line has a direction, so x1 may be below x0. */
  readonly line: true;
}

export interface Reading {
  readonly boxes: readonly Box[];
  /** What was found out from the numbers, one sentence each. */
  readonly notes: readonly string[];
}

/** One way to read outputs as boxes or lines. */
export interface Head {
  readonly kind: 'boxes' | 'lines';
  /** 'FastestDet', 'YOLOv8 … v11'. */
  readonly name: string;
  /** Why it is read so: a clause after "because". */
  readonly because: string;
  /** Whether somebody stated it (a sidecar, the model's metadata), or it is a guess by form. */
  readonly stated: boolean;
  /** The outputs that are read, the first is the one with the scores. */
  readonly outputs: readonly string[];
  readonly classes: number;
  /** Names the kind of head implies, as 'face'. */
  readonly labels?: readonly string[];
  /** Score from which a box is shown if nobody says otherwise. */
  readonly threshold: number;
  /** Whether overlapping boxes of a class are to be suppressed. */
  readonly suppress: boolean;
  /** Boxes with a score of at least `least`, of all classes. */
  read(values: ReadonlyMap<string, Values>, least: number): Reading;
}

/** A way to recognise a head; undefined: it is none of this kind. */
export type Recogniser = (facts: ModelFacts) => Head | undefined;

export function sigmoid(x: number): number {
  return 1 / (1 + Math.exp(-x));
}
