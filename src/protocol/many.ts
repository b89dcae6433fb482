/** Requests that explain many pictures by one model, one after another, kept on disk as they come. */
import type { ClassScore, DeviceReport, ExplainParams, HeatMap } from './engine';

/** What one picture came to. `error` stands in place of all results. */
export interface PictureRow {
  readonly file: string;
  /** Where the picture stands in the list that was asked for. */
  readonly at: number;
  /** By which number its small picture and its map are kept ('keptPicture'). */
  readonly number: number;
  readonly error?: string;
  /** The highest classes, at most three. */
  readonly top?: readonly ClassScore[];
  /** Of the highest class; null where the outputs are no probabilities. */
  readonly confidence?: number | null;
  /** Bits. */
  readonly entropy?: number | null;
  readonly margin?: number | null;
  /** What was explained, and its score. */
  readonly target?: string;
  readonly targetIndex?: number;
  readonly score?: number;
  /**
   * By how much more the explained score falls when the fifth of the picture that the map finds strongest is blurred than
   * when a random fifth is; of a probability in its own units, else relative to the score. High: the map found what counts.
   */
  readonly trust?: number;
  /** Whether all of the method's own checks hold. */
  readonly checked?: boolean;
  readonly milliseconds?: number;
  /** The part that the model saw, as shares of the picture. */
  readonly frame?: readonly [left: number, top: number, width: number, height: number];
}

/** What a table shows of a picture when its row is in view. */
export interface KeptPicture {
  readonly picture?: { readonly width: number; readonly height: number; readonly mime: string; readonly bytes: Uint8Array };
  /** Over the row's frame. */
  readonly map?: HeatMap;
}

/** The mean of the maps of all pictures of a class, each scaled to its own strongest place first. */
export interface ClassAverage {
  readonly index: number;
  readonly label: string;
  readonly pictures: number;
  readonly map: HeatMap;
}

export interface ManyParams extends Pick<ExplainParams, 'model' | 'method' | 'preset' | 'parameters' | 'target' | 'layer' | 'seed' | 'device' | 'preprocessing'> {
  /** Pictures, in the order of the table. */
  readonly pictures: readonly string[];
  /** Where results are kept: a run that was stopped goes on from what is there, if it asks for the same. */
  readonly folder: string;
}

export type ManyProgress =
  | { readonly type: 'begun'; readonly total: number; readonly kept: number; readonly device: DeviceReport }
  | { readonly type: 'row'; readonly row: PictureRow };

export interface ManyResult {
  readonly explained: number;
  readonly failed: number;
  /** Of them taken over from an earlier run. */
  readonly kept: number;
  readonly milliseconds: number;
  readonly averages: readonly ClassAverage[];
}

export interface ManyRequests {
  keptPicture: { params: { folder: string; number: number }; result: KeptPicture; progress: never };
  explainMany: { params: ManyParams; result: ManyResult; progress: ManyProgress };
  /** The pictures of a folder and the folders in it, in the order people sort names; at most `most`. */
  listPictures: { params: { folder: string; most?: number }; result: { pictures: readonly string[]; more: boolean }; progress: never };
}
