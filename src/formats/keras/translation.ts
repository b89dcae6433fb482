/** Translates models layer by layer: calls in order of their wiring, each layer by its row of the table. */
import type { DeclaredLayer, Dim, Dims } from '../../graph/graph';
import { initializerType } from '../../graph/graph';
import { elementCount } from '../../tensor/tensor';
import { BadModelFile, shown } from '../badModelFile';
import type { Emitter, Flow } from '../translate/emitter';
import { field } from './config';
import { referencesIn, TensorReference, type LayerCall } from './inbound';
import { NotTranslatable, TensorArgument, type CallArgument, type KerasAge, type KerasTensor, type LayerVariable, type LayerWeights } from './layer';
import { Layer, recordTaken, type RecordedWeights } from './layerContext';
import { translatorOf } from './layers';
import { isModel, readModelSpec, type LayerSpec, type ModelSpec } from './modelConfig';
import { inputOf, sequentialInput } from './modelInputs';
import { callOrder, firstNodes } from './wiring';

/** Nested models and wrappers go no deeper in any model that runs. */
const maxDepth = 32;

/** A call with its tensors in place. */
export interface BoundCall {
  readonly inputs: readonly KerasTensor[];
  readonly args: readonly CallArgument[];
  readonly kwargs: ReadonlyMap<string, CallArgument>;
}

type Listed = DeclaredLayer & { readonly nodes: string[] };

export interface ModelResult {
  readonly outputs: readonly KerasTensor[];
  /** Names of the layers the outputs come from. */
  readonly names: readonly string[];
}

export class Translation {
  readonly layers: Listed[] = [];
  readonly warnings: string[] = [];
  /** ONNX values of weights: a shared layer's weights are one initializer. */
  readonly weightValues = new Map<object, string>();
  notRunnable?: string;
  private readonly recorded = new Map<string, RecordedWeights>();
  /** Dims of layers' first outputs, where those who use them tell. */
  private readonly told = new Map<string, Dims>();
  private readonly declared = new Map<string, Listed>();
  private depth = 0;
  private unlisted = 0;

  constructor(readonly e: Emitter, readonly age: KerasAge, readonly theano: boolean) {}

  /**
   * Emits a model.
   * @param inputs undefined for the outermost model, which makes the graph's inputs.
   * @param path of the model's layers: '' or 'encoder/'.
   */
  model(spec: ModelSpec, inputs: readonly KerasTensor[] | undefined, weights: LayerWeights, path: string): ModelResult {
    if (++this.depth > maxDepth) throw new BadModelFile(`models are nested more than ${maxDepth} deep`);
    try {
      const each = weights.layersOf(spec.layers);
      return spec.kind === 'sequential' ? this.sequential(spec, inputs, each, path, weights) : this.functional(spec, inputs, each, path);
    } finally {
      this.depth--;
    }
  }

  private sequential(spec: ModelSpec & { kind: 'sequential' }, given: readonly KerasTensor[] | undefined, weights: readonly LayerWeights[], path: string, all: LayerWeights): ModelResult {
    const [first] = spec.layers;
    if (!first) throw new BadModelFile('the model config is a Sequential without layers');
    let flows: readonly KerasTensor[];
    if (given) flows = given;
    else if (first.type === 'InputLayer') flows = [inputOf(this.e, first)];
    else if (first.type === 'Merge') flows = this.branches(first, all, path);
    else if (isModel(first.type, first.config)) flows = [];
    else flows = [sequentialInput(this.e, first, spec.buildShape, weights[0])];
    spec.layers.forEach((layer, index) => {
      // Keras' own summary of a Sequential leaves its InputLayer out.
      if (layer.type === 'InputLayer') return;
      const outermost = index === 0 && !given && flows.length === 0;
      flows = this.layer(layer, outermost ? undefined : bound(flows), weights[index]!, path);
    });
    const last = spec.layers.at(-1)!;
    return { outputs: flows, names: flows.map(() => last.name) };
  }

  /** Keras 1 could begin a Sequential with a Merge of other models, each with an input; the file lists their layers side by side. */
  private branches(merge: LayerSpec, weights: LayerWeights, path: string): readonly KerasTensor[] {
    const models = field(merge.config, 'layers');
    if (!Array.isArray(models)) throw new BadModelFile(`layer '${shown(merge.name)}' (Merge) does not list the models it joins`);
    return models.flatMap((item: unknown) => this.model(readModelSpec(item), undefined, weights, path).outputs);
  }

  private functional(spec: ModelSpec & { kind: 'functional' }, given: readonly KerasTensor[] | undefined, weights: readonly LayerWeights[], path: string): ModelResult {
    const byName = new Map(spec.layers.map((layer, index) => [layer.name, { layer, weights: weights[index]! }]));
    const shift = firstNodes(spec);
    const outputs = new Map<string, readonly KerasTensor[]>();
    const key = (layer: string, call: number): string => `${call} ${layer}`;
    const find = (reference: TensorReference): KerasTensor => {
      const found = outputs.get(key(reference.layer, reference.node - (shift.get(reference.layer) ?? 0)))?.[reference.tensor];
      if (!found) throw new BadModelFile(`the model config uses output ${reference.tensor} of call ${reference.node} of layer '${shown(reference.layer)}', which does not exist`);
      return found;
    };
    for (const { layer, tensor, shape } of spec.layers.flatMap(({ calls }) => referencesIn(calls.map(({ args }) => args)))) {
      if (shape && tensor === 0) this.told.set(path + layer, toDims(shape));
    }
    // Inputs in the order of the config; they may be declared anywhere among the layers.
    spec.inputs.forEach((reference, index) => {
      const layer = byName.get(reference.layer)?.layer;
      if (!layer) throw new BadModelFile(`the model config names an input layer '${shown(reference.layer)}' that it does not list`);
      const flow = given ? given[index] : inputOf(this.e, layer);
      if (!flow) throw new BadModelFile(`a nested model has ${spec.inputs.length} inputs, but is called with ${given!.length}`);
      outputs.set(key(layer.name, 0), [flow]);
    });
    for (const { layer, call } of callOrder(spec, shift)) {
      const entry = byName.get(layer)!;
      if (call < 0) {
        const made = outputs.get(key(layer, 0)) ?? (entry.layer.type === 'InputLayer' && !given ? [inputOf(this.e, entry.layer)] : undefined);
        if (made) {
          outputs.set(key(layer, 0), made);
          this.declare(entry.layer, path, [], made, [], this.e.nodes.length, this.layers.length);
        }
        continue;
      }
      outputs.set(key(layer, call), this.layer(entry.layer, bind(entry.layer.calls[call]!, find), entry.weights, path));
    }
    return { outputs: spec.outputs.map(find), names: spec.outputs.map(({ layer }) => layer) };
  }

  /** Emits one call of a layer; what cannot be translated becomes an opaque node, and the model is viewed only. */
  layer(spec: LayerSpec, call: BoundCall | undefined, weights: LayerWeights, path: string): readonly KerasTensor[] {
    const full = path + spec.name;
    const again = this.recorded.get(full);
    const record = again ?? recordTaken(weights);
    if (!again) this.recorded.set(full, record);
    const firstNode = this.e.nodes.length, place = this.layers.length;
    let outputs: readonly KerasTensor[];
    try {
      outputs = this.e.within(spec.name, () => this.emit(spec, call, again ? again.replay() : record.weights, full));
    } catch (error) {
      // A missing shape, weight or field must not keep the rest of the model from being shown.
      this.notRunnable ??= whyNot(error, `layer '${shown(full)}' (${shown(spec.type)})`);
      outputs = [this.opaque(spec, call, full)];
    }
    this.declare(spec, path, call?.inputs ?? [], outputs, weights.pooled ? record.taken : weights.all, firstNode, place);
    return outputs;
  }

  /** Emits a layer inside another (a wrapper's): it is not listed, and what it cannot do the outer layer cannot either. */
  inner(spec: LayerSpec, call: BoundCall, weights: LayerWeights, path: string): readonly KerasTensor[] {
    this.unlisted++;
    try {
      return this.e.within(spec.name, () => this.emit(spec, call, weights, `${path}/${spec.name}`));
    } finally {
      this.unlisted--;
    }
  }

  private emit(spec: LayerSpec, call: BoundCall | undefined, weights: LayerWeights, full: string): readonly KerasTensor[] {
    if (isModel(spec.type, spec.config)) return this.model(readModelSpec(spec.json), call?.inputs, weights, `${full}/`).outputs;
    const translate = translatorOf(spec.type, field(spec.json, 'module'));
    if (!translate) throw new NotTranslatable('is no layer of Keras itself, and its code is not in the file');
    const policy = field(field(spec.config, 'dtype'), 'class_name');
    if (typeof policy === 'string' && policy.startsWith('Quantized')) throw new NotTranslatable(`keeps its weights quantised (${shown(policy)})`);
    return translate(new Layer(this, spec, full, call ?? bound([]), weights));
  }

  /** A node that stands for a layer nobody can run; its dims are known only if the file tells them. */
  private opaque(spec: LayerSpec, call: BoundCall | undefined, full: string): KerasTensor {
    const opType = /^\w+$/.test(spec.type) ? spec.type : 'Layer';
    const inputs = (call?.inputs ?? []).map((input) => this.e.natural(input));
    const value = this.e.within(spec.name, () => this.e.op(opType, inputs, {}, 'keras'));
    const shape = this.told.get(full) ?? toldShape(spec);
    if (shape) this.e.declare(value, 'float32', shape);
    return { value, stored: 'natural' };
  }

  private declare(spec: LayerSpec, path: string, inputs: readonly KerasTensor[], outputs: readonly KerasTensor[], weights: readonly LayerVariable[], firstNode: number, place: number): void {
    if (this.unlisted > 0) return;
    const name = path + spec.name;
    const nodes = this.e.nodes.slice(firstNode);
    const known = this.declared.get(name);
    if (known) {
      // Another call of a shared layer: its weights count once, its work each time.
      known.nodes.push(...nodes.map((node) => node.name));
      return;
    }
    const dims = (flow: Flow): Dims | null => this.e.dims(flow) ?? null;
    const translated = !nodes.some(({ domain }) => domain === 'keras');
    const layer = {
      name, type: spec.type, inputs: inputs.map(({ value }) => value), outputs: translated ? outputs.map(({ value }) => value) : [],
      inputDims: inputs.map(dims), outputDims: outputs.map(dims), nodes: nodes.map((node) => node.name),
      parameters: weights.reduce((sum, { init }) => sum + elementCount(initializerType(init).dims), 0),
      config: spec.config, weights,
    };
    this.declared.set(name, layer);
    // A nested model stands before its layers.
    this.layers.splice(place, 0, layer);
  }
}

/** `output_shape` of a Lambda layer: dims of a sample. */
function toldShape(spec: LayerSpec): Dims | undefined {
  const shape = field(spec.config, 'output_shape');
  return Array.isArray(shape) ? toDims([null, ...(shape as unknown[])]) : undefined;
}

function toDims(shape: readonly unknown[]): Dims {
  return shape.map((size, axis): Dim => (typeof size === 'number' && Number.isSafeInteger(size) && size >= 0 ? size : axis === 0 ? 'batch' : null));
}

function whyNot(error: unknown, layer: string): string {
  const reason = error instanceof Error ? error.message : String(error);
  if (error instanceof BadModelFile) return reason;
  return error instanceof NotTranslatable ? `${layer} ${reason}` : `${layer} cannot be translated: ${shown(reason)}`;
}

function bound(flows: readonly KerasTensor[]): BoundCall {
  return { inputs: flows, args: flows.map((flow) => new TensorArgument(flow)), kwargs: new Map() };
}

function bind(call: LayerCall, find: (reference: TensorReference) => KerasTensor): BoundCall {
  const place = (value: unknown): unknown => {
    if (value instanceof TensorReference) return new TensorArgument(find(value));
    if (Array.isArray(value)) return value.map(place);
    if (typeof value === 'object' && value !== null) return Object.fromEntries(Object.entries(value).map(([name, item]) => [name, place(item)]));
    return value;
  };
  return {
    inputs: referencesIn(call.args).map(find),
    args: call.args.map(place),
    kwargs: new Map([...call.kwargs].map(([name, value]) => [name, place(value)])),
  };
}
