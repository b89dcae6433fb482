/** What a detector or a segmenter says about a picture, in the picture's own pixels, and how to have each of it explained. */
import type { DeviceReport, ExplainParams, PictureFrame, PreprocessingNote, TargetChoice } from './engine';

export interface DetectedBox {
  /** In pixels of the upright picture; cut to it. */
  readonly x: number;
  readonly y: number;
  readonly width: number;
  readonly height: number;
  /** For lines: both ends, in the same pixels; x, y, width and height then enclose them. */
  readonly line?: readonly [x0: number, y0: number, x1: number, y1: number];
  readonly score: number;
  readonly label: string;
  readonly classIndex: number;
  /** Explains this box's score, and no other's. */
  readonly target: TargetChoice;
  /** What that is, in words. */
  readonly explains: string;
}

export interface MaskClass {
  readonly index: number;
  readonly label: string;
  /** Of all places the model looks at, 0…1. */
  readonly share: number;
  readonly background: boolean;
  /** Explains why this class wins where it does. */
  readonly target: TargetChoice;
}

export interface DetectedMask {
  readonly width: number;
  readonly height: number;
  /** Class of every cell over the frame, row by row; `noClass` for none. */
  readonly cells: Uint16Array;
  /** Those that win somewhere, largest first. */
  readonly classes: readonly MaskClass[];
  /** Form and value of target texts about it: FORM(VALUE, CLASS, x,y) is the connected part around a cell. */
  readonly form: 'margin' | 'region';
  readonly value: string;
}

/** In `DetectedMask.cells`. */
export const noClass = 0xffff;

export interface Detections {
  /** 'none': nothing is read, and `words` says why not. */
  readonly kind: 'boxes' | 'lines' | 'mask' | 'none';
  /** How the outputs are read and why, what is assumed, what was found: whole sentences. */
  readonly words: string;
  /** Whether nobody stated how the outputs are to be read. */
  readonly guess: boolean;
  /** Score from which boxes are usually shown; the list goes further down. */
  readonly threshold: number;
  /** By falling score. Leaving out those below a score is as if it had been the threshold. */
  readonly boxes: readonly DetectedBox[];
  readonly mask?: DetectedMask;
  /** The part of the picture that the model saw. */
  readonly frame?: PictureFrame;
}

export interface DetectionsRequests {
  /** `least`: score down to which boxes are listed, of at most 300; default 0.1. */
  detections: {
    params: Pick<ExplainParams, 'model' | 'inputs' | 'device' | 'preprocessing'> & { readonly least?: number };
    result: Detections & { readonly device: DeviceReport; readonly preprocessing: readonly PreprocessingNote[]; readonly warnings: readonly string[]; readonly milliseconds: number };
    progress: never;
  };
}
