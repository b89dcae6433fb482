/** Questions about a picture with a part of it changed: what would the model say? */
import type { ClassScore, ExplainParams, PictureFrame, Prediction } from './engine';
import type { SmallPicture } from './preprocessing';

type Subject = Pick<ExplainParams, 'model' | 'inputs' | 'device' | 'preprocessing'>;

/** What stands in place of what is deleted. */
export type Fill = 'neighbours' | 'mean' | 'blur' | 'grey' | 'black';
export const fills: readonly Fill[] = ['neighbours', 'mean', 'blur', 'grey', 'black'];

/** A part of the picture: 1 inside, 0 outside, row by row. At most 512 × 512; scaled to what it lies over. */
export interface PartMask {
  readonly width: number;
  readonly height: number;
  readonly bytes: Uint8Array;
  /** The part of the picture that the model sees (default), or the whole upright picture. */
  readonly over?: 'view' | 'picture';
}
export const largestMaskSide = 512;

export interface PictureEdit {
  readonly mask: PartMask;
  /** `delete` and `blur` change what is inside, `keep` deletes what is outside. */
  readonly action: 'delete' | 'blur' | 'keep';
  readonly fill?: Fill;
}

/** What is explained, before or after the edit. */
export interface WhatIfAnswer {
  readonly prediction: Prediction;
  /** The explained class; absent for targets that are more than a class. */
  readonly target?: ClassScore;
  /** Value of the target: the class's probability (its output where there are none), or the target's own score. */
  readonly score: number;
}

export interface WhatIfResult {
  readonly input: string;
  readonly before: WhatIfAnswer;
  readonly after: WhatIfAnswer;
  /** The first classes before or after: probabilities, or the output's values where there are none. */
  readonly classes: readonly { readonly index: number; readonly label: string; readonly before: number; readonly after: number }[];
  /** In words: a class label, or a target as it was asked for. */
  readonly targetWords: string;
  /** 'probability', or 'score' for anything else. */
  readonly scale: 'probability' | 'score';
  /** Share of the model's view that was changed. */
  readonly changed: number;
  /** The model's view after the edit; it lies over `frame`. */
  readonly picture: SmallPicture;
  readonly frame?: PictureFrame;
  readonly milliseconds: number;
}

/** Superpixels of what the model sees. */
export interface PictureRegions {
  readonly width: number;
  readonly height: number;
  /** Region number of every pixel of the model's view, from 0 without gaps. */
  readonly labels: Uint16Array;
  readonly count: number;
  readonly frame?: PictureFrame;
}

export interface WhatIfRequests {
  whatIf: { params: Subject & { readonly input?: string; readonly target?: ExplainParams['target']; readonly edit: PictureEdit }; result: WhatIfResult; progress: never };
  /** @param count about how many, 2 to 1000; default 60. */
  regions: { params: Subject & { readonly input?: string; readonly count?: number }; result: PictureRegions; progress: never };
}
