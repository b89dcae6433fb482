/**
 * How files become tensors: the vocabulary of the sidecar (MODEL.lens.json), of every other source of knowledge, and
 * of the default, so that all of them can be said in the same words.
 */
import type { Dims } from '../graph/graph';
import type { DType } from '../tensor/dtype';
import type { Interpolation } from './image/resize';

export type Channels = 'RGB' | 'BGR' | 'grey' | 'RGBA';

/** How a picture becomes height × width pixels. */
export type ResizeSpec =
  /** Stretched to the size, whatever its aspect ratio (torchvision's Resize((h, w)), Pillow's resize). */
  | { readonly mode: 'stretch'; readonly height: number; readonly width: number; readonly interpolation: Interpolation }
  /** The shorter side scaled to `shorterSide`, then the middle cut out (torchvision's Resize(n), CenterCrop). */
  | { readonly mode: 'crop'; readonly shorterSide: number; readonly height: number; readonly width: number; readonly interpolation: Interpolation }
  /** Scaled to fit inside, the rest filled with the colour `fill` (0..255 a channel, RGB). */
  | { readonly mode: 'letterbox'; readonly height: number; readonly width: number; readonly fill: readonly [number, number, number]; readonly interpolation: Interpolation };

/**
 * A picture input. A channel value p in 0..255 becomes (range[0] + p / 255 · (range[1] − range[0]) − mean) / std.
 * `mean` and `std` are in the tensor's own channel order (for 'BGR': blue first), one number a channel.
 */
export interface ImageSpec {
  readonly kind: 'image';
  readonly layout: 'NCHW' | 'NHWC';
  readonly channels: Channels;
  readonly range: readonly [number, number];
  readonly mean: readonly number[];
  readonly std: readonly number[];
  readonly resize: ResizeSpec;
  /** For 'RGBA': the fourth channel's value as the model gets it; default: opaque, scaled like the others. */
  readonly alpha?: number;
}

/** A column of a table: a number, or a category encoded as its place in `categories`. */
export interface ColumnSpec {
  readonly name: string;
  readonly unit?: string;
  readonly categories?: readonly string[];
  /** The table's column, where it is called otherwise: its name, or its number from 0. */
  readonly from?: string | number;
  /** How a category is fed: as its place in `categories` (default), or as a number for each of them, 1 for the right one. */
  readonly encoding?: ColumnEncoding;
  /** Other words of the table for a category, by category. */
  readonly also?: Readonly<Record<string, readonly string[]>>;
  /** A number x is fed as (x − mean) / std; with a range as (x − range[0]) / (range[1] − range[0]). */
  readonly mean?: number;
  readonly std?: number;
  readonly range?: readonly [number, number];
}

export const columnEncodings = ['place', 'one-hot'] as const;
export type ColumnEncoding = (typeof columnEncodings)[number];

export interface TableSpec {
  readonly kind: 'table';
  /** In the input's order; empty when the file's own columns are taken as they come. */
  readonly columns: readonly ColumnSpec[];
}

export interface TextSpec {
  readonly kind: 'text';
  /** Absolute path of a tokenizer.json, if one is stated. */
  readonly tokenizer?: string;
  readonly maxLength?: number;
}

export interface SoundSpec {
  readonly kind: 'sound';
  readonly sampleRate?: number;
}

export interface TensorSpec {
  readonly kind: 'tensor';
}

export type InputSpec = ImageSpec | TableSpec | TextSpec | SoundSpec | TensorSpec;

/** How an input is fed, in words, and where each part of the knowledge came from. */
export interface PreprocessingNote {
  readonly input: string;
  readonly source: string;
  readonly assumed: boolean;
  readonly words: string;
  readonly assumptions: readonly string[];
}

export interface ResolvedInput {
  readonly name: string;
  readonly dtype: DType;
  readonly dims: Dims;
  readonly spec: InputSpec;
  readonly note: PreprocessingNote;
}

/** Class names of one output, in index order. */
export interface Labels {
  readonly names: readonly string[];
  /** 'labels.txt', 'MODEL.lens.json', 'config.json', 'model metadata', 'ImageNet labels assumed'. */
  readonly source: string;
  readonly assumed: boolean;
}

export interface ResolvedOutput {
  readonly name: string;
  /** The table's column that holds the truth, by name or number from 0. */
  readonly column?: string | number;
  /** What a sidecar states about the numbers; absent where nobody said. */
  readonly kind?: OutputKind;
  /** For boxes: what else a sidecar states. */
  readonly format?: BoxFormat;
  readonly threshold?: number;
  readonly labels?: Labels;
}

export const outputKinds = ['logits', 'probabilities', 'scores', 'boxes', 'mask'] as const;
export type OutputKind = (typeof outputKinds)[number];

/** Known forms of detectors' outputs (data/detections). */
export const boxFormats = ['yolo5', 'yolo8', 'yolox', 'yolo-grid', 'end-to-end', 'fastestdet', 'nanodet', 'ssd', 'detr', 'finished', 'faces', 'lines', 'pose'] as const;
export type BoxFormat = (typeof boxFormats)[number];

/** What a sidecar says about the numbers of an output. */
export interface OutputStatement {
  readonly kind: OutputKind;
  /** For boxes: which of the known forms, where it is not told by their dims. */
  readonly format?: BoxFormat;
  /** For boxes: the score from which one is shown. */
  readonly threshold?: number;
}

export interface Resolved {
  readonly inputs: readonly ResolvedInput[];
  readonly outputs: readonly ResolvedOutput[];
  /** Lists of class names found beside the model or in it, best first. */
  readonly lists: readonly Labels[];
  readonly warnings: readonly string[];
}

/** Which part of the upright picture the model saw, in source pixels; a letterboxed frame reaches beyond the picture. */
export interface PictureFrame {
  readonly sourceWidth: number;
  readonly sourceHeight: number;
  readonly left: number;
  readonly top: number;
  readonly width: number;
  readonly height: number;
}

/** Channels of the tensor. */
export function channelCount(channels: Channels): 1 | 3 | 4 {
  return channels === 'grey' ? 1 : channels === 'RGBA' ? 4 : 3;
}
