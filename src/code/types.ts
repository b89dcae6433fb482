/**
 * What a source text says about models. Offsets are UTF-16 positions in the text (`TextDocument.positionAt`). Unknown
 * stays unknown: a field is absent rather than guessed.
 */
import type { Dims } from '../graph/graph';

export interface SourceRange { readonly start: number; readonly end: number }

/** A string literal. `range` includes the quotes, `content` does not. */
export interface SourceString {
  readonly range: SourceRange;
  readonly content: SourceRange;
  /** With escapes resolved. */
  readonly value: string;
  /** The whole path that this string ends: `MODELS / "net.onnx"`, where the parts are known. */
  readonly path?: string;
}

/** A call that opens a model: `load_model("a.h5")`, `InferenceSession(path)`. */
export interface ModelLoad {
  readonly call: SourceRange;
  /**
   * 'keras', 'onnxruntime', 'onnx', 'opencv', 'openvino', 'tfjs', 'tract' read a model; 'weights' fills one that exists
   * from a file; 'export' and 'save' write one.
   */
  readonly kind: string;
  /** Of the argument that names the file. */
  readonly argument?: SourceRange;
  /** The path as written, also through a constant of the same file; absent when it is computed. */
  readonly path?: string;
  /** The variable the model is bound to. */
  readonly variable?: string;
}

/** A string that names a layer or tensor of a model: `model.get_layer("conv1")`, `session.run(["probs"], …)`. */
export interface NameUse extends SourceString {
  /** 'tensor': any value, layer or weight. */
  readonly kind: 'layer' | 'tensor' | 'input' | 'output';
  /** Variable of the model it is asked of. */
  readonly variable?: string;
  /** Position in `loads` of what the variable holds there, where this file says so. */
  readonly load?: number;
}

/** A literal shape given to a model's input: `np.zeros((1, 3, 224, 224))` in `session.run(None, {"data": …})`. */
export interface ShapeUse {
  readonly range: SourceRange;
  /** −1: a number that is not known here. */
  readonly dims: readonly number[];
  /** Absent: the model's only (or first) input. */
  readonly input?: string;
  readonly variable?: string;
  /** As in NameUse. */
  readonly load?: number;
}

/** A layer built in source: what is known of it without running anything. */
export interface SourceLayer {
  /** Of the callee and of the whole call. */
  readonly name: SourceRange;
  readonly call: SourceRange;
  readonly framework: 'keras' | 'pytorch' | 'tfjs';
  /** 'Conv2D', 'nn.Linear'. */
  readonly type: string;
  readonly inputDims?: Dims;
  /** Of a layer that takes several inputs: those after the first. */
  readonly otherInputs?: readonly Dims[];
  readonly outputDims?: Dims;
  /** A number, or a term with names that the source does not settle ('10·classes + 10'). */
  readonly parameters?: number | string;
  /** Parameters of the model up to and including this layer, where they are all known. */
  readonly total?: number | string;
  /** Why something is unknown, or contradicts itself ('expects 64 channels, gets 32'), one sentence. */
  readonly note?: string;
}

export interface SourceAnalysis {
  readonly strings: readonly SourceString[];
  readonly loads: readonly ModelLoad[];
  readonly names: readonly NameUse[];
  readonly shapes: readonly ShapeUse[];
  readonly layers: readonly SourceLayer[];
}
