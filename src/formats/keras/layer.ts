/**
 * What a Keras layer's translation is: a function from the layer's config, inputs and weights to ONNX values. Tables of
 * them by Keras class name are merged in layers/index.ts. A translator sees one call of one layer; naming, shared
 * layers, the layer list and errors are the caller's business.
 */
import type { DType } from '../../tensor/dtype';
import type { Dims, Initializer } from '../../graph/graph';
import type { Emitter, Flow } from '../translate/emitter';
import type { Config } from './config';

/** Major version of the Keras that wrote the config: class and field names, gate layouts, hard_sigmoid differ. */
export type KerasAge = 1 | 2 | 3;

/** A value on its way through a Keras model: a flow and, where the layers before made one, Keras' mask for it. */
export interface KerasTensor extends Flow {
  /** bool, [batch, steps] (or the value's dims without the last): true where the value counts. Natural storage. */
  readonly mask?: Flow;
}

/** A tensor among the call's other arguments; a class, so that no JSON from a file can pass for one. */
export class TensorArgument {
  constructor(readonly tensor: KerasTensor) {}
}

/** An argument of a layer's call: a TensorArgument, plain JSON, or lists and objects of these. */
export type CallArgument = unknown;

/** One variable of a layer. `name` is as the file has it, without ':0': 'lstm/lstm_cell/kernel', 'dense_1_W'. */
export interface LayerVariable {
  readonly name: string;
  readonly init: Initializer;
  /** Adds it to the graph where its stored numbers are not yet its values (quantised weights); gives the float32 value. */
  readonly emit?: (e: Emitter, hint: string) => string;
}

/** The variables of one layer (and of the layers inside it), handed out in the order Keras lists them. */
export interface LayerWeights {
  /** All variables, in Keras' order. */
  readonly all: readonly LayerVariable[];
  /** `all` belongs to several layers, because names do not tell which variable is whose. */
  readonly pooled?: boolean;
  /**
   * The next variable: the first not yet taken whose last name is one of `names` ('kernel', or older spellings: 'W'),
   * else the first not yet taken. undefined when none is left.
   * @param fits says whether a variable can be the one; variables of one name that fit are preferred.
   */
  take(names: readonly string[], fits?: (variable: LayerVariable) => boolean): LayerVariable | undefined;
  /** Whether `take` would find one. */
  readonly left: boolean;
  /**
   * Weights of a layer inside this one (a cell, 'forward_layer', 'query_dense'): by path where the file keeps paths,
   * else the same list, of which the inner layer takes what comes next.
   * @param names path components it may have: names of Keras attributes ('forward_layer', 'cell') and of the layer.
   */
  child(names: readonly string[]): LayerWeights;
  /** Weights of the layers of the model that these weights belong to, in the order of `layers`. */
  layersOf(layers: readonly { readonly name: string; readonly type: string }[]): readonly LayerWeights[];
}

/** Everything a translator may use. */
export interface LayerContext {
  readonly e: Emitter;
  /** Path of names: 'encoder/conv2d_1'. */
  readonly name: string;
  /** Keras class: 'Conv2D'. */
  readonly type: string;
  readonly config: Config;
  readonly age: KerasAge;
  /** Whether the file was written by Keras' Theano backend, whose convolution kernels are flipped. */
  readonly theano: boolean;
  /** All tensors of the call's positional arguments, flattened in order. */
  readonly inputs: readonly KerasTensor[];
  /** Positional arguments as they were (tensors as TensorArgument); [TensorArgument…] for ordinary calls. */
  readonly args: readonly CallArgument[];
  /** Keyword arguments of the call ('initial_state', 'value', 'axis' …), tensors in them as TensorArgument. */
  readonly kwargs: ReadonlyMap<string, CallArgument>;
  readonly weights: LayerWeights;
  /** config's data_format / dim_ordering, else the format Keras defaults to (channels_last). */
  readonly dataFormat: 'channels_last' | 'channels_first';

  /**
   * Takes a weight (see LayerWeights.take), checks its dims and gives the ONNX value. null in `dims` fits any size.
   * Weights other than float32 are cast to float32.
   * @throws BadModelFile naming layer, weight, found and expected dims.
   */
  weight(names: string | readonly string[], dims?: readonly (number | null)[], from?: LayerWeights): string;
  /** Whether another weight is left to take: how a file shows that `use_bias` was meant. */
  hasWeight(from?: LayerWeights): boolean;
  /**
   * Applies an activation given as Keras has it in configs: a name, {class_name, config} of an activation layer or a
   * serialised function; null and 'linear' change nothing. hard_sigmoid is that of the file's age.
   */
  activation(flow: Flow, activation: unknown): Flow;
  /** Translates a serialised layer or model ({class_name, config}) inside this one: wrappers' inner layers. */
  nested(layer: unknown, inputs: readonly KerasTensor[], weights?: LayerWeights, call?: NestedCall): readonly KerasTensor[];
  /** Config of a serialised layer ({class_name, config}) inside this one. */
  inner(layer: unknown): { readonly type: string; readonly config: Config };
  /** Says what was assumed; the person who opened the model reads it. */
  warn(message: string): void;
}

export interface NestedCall {
  readonly kwargs?: ReadonlyMap<string, CallArgument>;
}

/** Emits the layer's nodes and returns its outputs in Keras' order, with masks where the layer hands one on. */
export type LayerTranslator = (layer: LayerContext) => readonly KerasTensor[];

/** Translators by Keras class name. A Map's lookup cannot be fooled by a class called '__proto__'. */
export type LayerTable = Readonly<Record<string, LayerTranslator>>;

/** A layer that cannot be expressed: shown, never run. The message completes "layer 'x' (Type) …". */
export class NotTranslatable extends Error {
  override readonly name = 'NotTranslatable';
}

/** For layers with `supports_masking`: every output gets the first input's mask. */
export function passingMask(translate: LayerTranslator): LayerTranslator {
  return (layer) => {
    const mask = layer.inputs[0]?.mask;
    const outputs = translate(layer);
    return mask ? outputs.map((output) => (output.mask ? output : { ...output, mask })) : outputs;
  };
}

/** Dims that must be known: rank, and those axes that are asked for. Dims are in Keras' own order. */
export function dimsOf(layer: LayerContext, flow: Flow): Dims {
  const dims = layer.e.dims(flow);
  if (!dims) throw new NotTranslatable('gets a value of unknown rank');
  return dims;
}

/** A dim that must be a number. */
export function knownDim(layer: LayerContext, flow: Flow, axis: number): number {
  const dims = dimsOf(layer, flow);
  const dim = dims[axis < 0 ? axis + dims.length : axis];
  if (typeof dim !== 'number') throw new NotTranslatable(`needs to know the size of axis ${axis} of its input, which is ${dim ?? 'unknown'}`);
  return dim;
}

/** The only input of a layer. */
export function onlyInput(layer: LayerContext): KerasTensor {
  const [first] = layer.inputs;
  if (!first) throw new NotTranslatable('has no input');
  return first;
}

export type { DType, Flow, Emitter };
