/**
 * Every message between the extension host and an engine process. Requests are a tagged union by `method`; each is
 * answered once with {ok} or {err}, may send progress before that, and can be cancelled. Binary data travels as typed
 * arrays (child_process 'advanced' serialization).
 */
import type { ArchitectureView, ModelSummary, RuntimeChoice } from '../graph/summary';
import type { Parameters, SelfCheck, MethodGroup, ParameterSpec } from '../methods/method';
import type { Distribution } from '../methods/distribution';
import type { InnerLayer, SpatialLayer } from '../methods/model';
import type { HeatMap } from '../tensor/heatmap';
import type { CodeRequests } from './code';
import type { CompareRequests } from './compare';
import type { DetailsRequests } from './details';
import type { Detections, DetectionsRequests } from './detections';
import type { EstimateRequests } from './estimates';
import type { LayerMapRequests } from './layerMaps';
import type { PreprocessingRequests } from './preprocessing';
import type { CudaRequests } from './cuda';
import type { TableRequests } from './table';
import type { TrustRequests } from './trust';
import type { WhatIfRequests } from './whatIf';
import type { KeepRequests } from './keep';
import type { ManyRequests } from './many';
import type { NodePlacementRequests } from './nodePlacement';
import type { PairRequests } from './pair';

export type DeviceId = 'cpu' | 'webgpu' | 'cuda' | 'dml' | 'coreml';

export interface DeviceReport {
  readonly id: DeviceId;
  readonly available: boolean;
  /** Adapter or processor name, or why the device cannot be used. */
  readonly detail: string;
  /** Largest difference to the CPU on the proving graph (forward and gradient), relative; absent for the CPU. */
  readonly proof?: number;
  /** What the device computes on, as far as the system tells: 'NVIDIA H100 PCIe', 'unknown adapter'. Absent for the CPU. */
  readonly adapter?: string;
  /** Bytes of the adapter's own memory, where the system tells. */
  readonly memoryBytes?: number;
  /** The adapter is a program that computes on the CPU: slower than the CPU itself, and never chosen by 'auto'. */
  readonly software?: true;
  /** Where a model was named: how many times as fast as the CPU the device runs it (2: half the time). */
  readonly speed?: DeviceSpeed;
  /** 'auto' takes this device (for the model that was named, if one was). */
  readonly chosen?: true;
  /** Why 'auto' does or does not take it, or what happened to it, one sentence. */
  readonly note?: string;
}

/** Times as fast as the CPU, by what is run; absent where nothing was measured. */
export interface DeviceSpeed {
  readonly forward?: number;
  readonly gradient?: number;
}

/** Something happened to a device: the work goes on with `device`. Sent as the progress of whatever was running. */
export interface DeviceChange {
  readonly type: 'device';
  /** The device that goes on. */
  readonly device: DeviceReport;
  /** What happened, one sentence for people. */
  readonly message: string;
}

export interface InspectResult {
  readonly summary: ModelSummary;
  readonly architecture: ArchitectureView;
  readonly file: { readonly path: string; readonly bytes: number };
}

/** How a picture became a tensor: in words, and where each part of the knowledge came from. */
export interface PreprocessingNote {
  readonly input: string;
  /** 'MODEL.lens.json', 'preprocessor_config.json', 'model metadata', 'layers inside the model', 'assumed', 'exact tensor', 'tried here, not saved'. */
  readonly source: string;
  /** True if any part is a default nobody stated. */
  readonly assumed: boolean;
  /** For people: 'RGB, 0…1, resized to 224×224 (bilinear)'. */
  readonly words: string;
  /** What was assumed, one sentence each. */
  readonly assumptions: readonly string[];
  /** For pictures: all of it as an entry of `inputs` in MODEL.lens.json, so that it can be asked for again. */
  readonly entry?: Readonly<Record<string, unknown>>;
}

/** Which part of the upright picture the model saw. All in source pixels. */
export interface PictureFrame {
  readonly sourceWidth: number;
  readonly sourceHeight: number;
  readonly left: number;
  readonly top: number;
  readonly width: number;
  readonly height: number;
}

export interface ClassScore {
  readonly index: number;
  readonly label: string;
  readonly probability: number | null;
  readonly logit: number | null;
  /** The model's own output value. */
  readonly value: number;
}

export interface Prediction {
  readonly output: string;
  /** 'probabilities' if they sum to one (softmax inside or appended), 'scores' for anything else. */
  readonly kind: 'probabilities' | 'scores';
  readonly classes: number;
  readonly top: readonly ClassScore[];
  /** Shannon entropy in bits, and difference of the two highest probabilities; null for 'scores'. */
  readonly entropy: number | null;
  readonly margin: number | null;
  readonly labelSource: string | null;
}

export type { HeatMap };

export interface MethodInfo {
  readonly id: string;
  readonly title: string;
  readonly question: string;
  readonly group: MethodGroup;
  readonly source: string;
  readonly hasLayer: boolean;
  /** False for methods whose result is about the output and no map over the input. */
  readonly hasMap: boolean;
  readonly parameters: readonly ParameterSpec[];
  readonly presets: Readonly<Record<string, Parameters>>;
  readonly applies: boolean;
  readonly reason?: string;
}

export interface TargetChoice {
  /** Output name; default: the first class-like output. */
  readonly output?: string;
  /** Class index, a label, or more than one class: '281-207', 'sum(VALUE)', … (engine/targetText.ts); default: the top class. */
  readonly class?: number | string;
  readonly space?: 'logit' | 'probability' | 'output';
  /** File of the other input, for 'similarity(VALUE)'. */
  readonly reference?: string;
}

/** What is explained, in words and numbers: with the reference, enough to ask for it again. */
export interface TargetWords {
  /** An output, or an inner value. */
  readonly output: string;
  /** Of the flattened [C] row; of several elements the first. */
  readonly index: number;
  readonly label: string;
  readonly space: string;
  /** The target as it was asked for, where it is more than a class. */
  readonly text?: string;
  /** How many elements count in it, where it is more than a class. */
  readonly elements?: number;
}

export interface ExplainParams {
  readonly model: string;
  /** Files by input name; '' is the model's only (or first) input. */
  readonly inputs: Readonly<Record<string, string>>;
  /** Which input is explained, where there are several; default: the first picture, else the first of real numbers. */
  readonly input?: string;
  readonly method: string;
  readonly preset?: string;
  readonly parameters?: Parameters;
  readonly target?: TargetChoice;
  readonly layer?: string;
  readonly seed?: number;
  readonly device?: DeviceId | 'auto';
  /** How inputs are prepared, by input name, in place of what the model's files say: as `inputs` of MODEL.lens.json. */
  readonly preprocessing?: Readonly<Record<string, unknown>>;
}

export type ExplainProgress =
  | {
      readonly type: 'prepared';
      readonly device: DeviceReport;
      readonly prediction: Prediction;
      readonly preprocessing: readonly PreprocessingNote[];
      readonly frame?: PictureFrame;
      readonly target: TargetWords;
      /** Those the method can be taken at, in topological order. */
      readonly layers: readonly (SpatialLayer | InnerLayer)[];
      /** Outputs that hold one row of class scores, where there are several. */
      readonly outputs?: readonly string[];
      /** Value name of the layer in use, for methods that have one. */
      readonly layer?: string;
    }
  | { readonly type: 'partial'; readonly done: number; readonly total: number; readonly map?: HeatMap; readonly standardError?: number }
  | DeviceChange;

/** What `explanation.json` holds. */
export interface ExplanationRecord {
  readonly modelLens: string;
  readonly method: string;
  readonly preset: string;
  readonly parameters: Parameters;
  /** Parameters the method chose by itself. */
  readonly chosen: Parameters;
  readonly seed: number;
  readonly model: { readonly file: string; readonly format: string; readonly sha256: string };
  /** `row`: of the table that the file is. */
  readonly inputs: Readonly<Record<string, { readonly file: string; readonly row?: number; readonly sha256: string; readonly dims: readonly number[] }>>;
  readonly input: string;
  readonly preprocessing: readonly PreprocessingNote[];
  /** How inputs were asked to be prepared, where that was not what the model's files say (ExplainParams.preprocessing). */
  readonly tried?: ExplainParams['preprocessing'];
  /** The attributions' dims, and the SHA-256 of their float32 numbers: equal digests, equal numbers. */
  readonly attributions?: { readonly dims: readonly number[]; readonly sha256: string };
  readonly frame?: PictureFrame;
  readonly target: TargetWords & { readonly score: number; readonly reference?: { readonly file: string; readonly sha256: string } };
  readonly layer?: string;
  readonly prediction: Prediction;
  /** What the method `prediction` found, at its temperature. */
  readonly distribution?: Pick<Distribution, 'kind' | 'top' | 'entropy' | 'margin'>;
  readonly checks: readonly SelfCheck[];
  readonly device: DeviceReport;
  /** What ran the model, and why it was not ONNX Runtime where it was not. */
  readonly runtime: RuntimeChoice;
  readonly timings: Readonly<Record<string, number>>;
  readonly versions: Readonly<Record<string, string>>;
  readonly warnings: readonly string[];
}

export interface ExplainResult {
  /** Absent for methods without a map. */
  readonly map?: HeatMap;
  readonly record: ExplanationRecord;
}

export interface EngineRequests extends DetailsRequests, CompareRequests, CodeRequests, KeepRequests, ManyRequests, PairRequests, EstimateRequests, LayerMapRequests, PreprocessingRequests, WhatIfRequests, TrustRequests, TableRequests, DetectionsRequests, CudaRequests, NodePlacementRequests {
  inspect: { params: { file: string }; result: InspectResult; progress: never };
  /** A picture any browser can show: upright, at most `maxSide` pixels a side, PNG or JPEG bytes. */
  picture: { params: { file: string; maxSide: number }; result: { width: number; height: number; sourceWidth: number; sourceHeight: number; mime: string; bytes: Uint8Array }; progress: never };
  predict: { params: Pick<ExplainParams, 'model' | 'inputs' | 'device' | 'preprocessing'> & { top?: number; output?: string }; result: { prediction: Prediction; /** Of detectors and segmenters. */ detections?: Detections; preprocessing: readonly PreprocessingNote[]; frame?: PictureFrame; device: DeviceReport; runtime: RuntimeChoice; warnings: readonly string[] }; progress: never };
  explain: { params: ExplainParams; result: ExplainResult; progress: ExplainProgress };
  methods: { params: { model?: string }; result: readonly MethodInfo[]; progress: never };
  /** Every device, proved; with a model, measured on it. `refresh` forgets what was found before, crashes included. */
  devices: { params: { readonly model?: string; readonly refresh?: boolean }; result: readonly DeviceReport[]; progress: never };
  /** Writes the files of an explanation this process made last for (model, inputs, method) … as the CLI does. */
  shutdown: { params: Record<string, never>; result: null; progress: never };
}

export type EngineMethod = keyof EngineRequests;

/** Error codes a user interface reacts to; everything else is shown as it is. */
export type ErrorCode =
  | 'cancelled' | 'engineDied' | 'badFile' | 'badInput' | 'notDifferentiable' | 'unsupported' | 'notFound' | 'failed';

export interface WireError {
  readonly code: ErrorCode;
  /** One line: what was found and what was expected. */
  readonly message: string;
  /** What the user can do next, one line. */
  readonly remedy?: string;
}

export type ToEngine =
  | { readonly type: 'request'; readonly id: number; readonly method: EngineMethod; readonly params: unknown }
  | { readonly type: 'cancel'; readonly id: number };

export type FromEngine =
  | { readonly type: 'ready'; readonly pid: number }
  | { readonly type: 'progress'; readonly id: number; readonly value: unknown }
  | { readonly type: 'reply'; readonly id: number; readonly ok: unknown }
  | { readonly type: 'reply'; readonly id: number; readonly err: WireError };
