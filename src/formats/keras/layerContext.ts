/** What one call of a layer gives its translator: the LayerContext. */
import { initializerType } from '../../graph/graph';
import { BadModelFile, shown } from '../badModelFile';
import type { Emitter, Flow } from '../translate/emitter';
import { applyActivation } from './activations';
import { Config } from './config';
import { TensorArgument } from './layer';
import type { CallArgument, KerasAge, KerasTensor, LayerContext, LayerVariable, LayerWeights, NestedCall } from './layer';
import { readLayerSpec, type LayerSpec } from './modelConfig';
import type { BoundCall, Translation } from './translation';
import { NamedWeights } from './weights';

export class Layer implements LayerContext {
  readonly e: Emitter;
  readonly type: string;
  readonly config: Config;
  readonly age: KerasAge;
  readonly theano: boolean;
  readonly inputs: readonly KerasTensor[];
  readonly args: readonly CallArgument[];
  readonly kwargs: ReadonlyMap<string, CallArgument>;

  constructor(private readonly translation: Translation, private readonly spec: LayerSpec, readonly name: string, call: BoundCall, readonly weights: LayerWeights) {
    this.e = translation.e;
    this.type = spec.type;
    this.config = new Config(spec.config, this.owner);
    this.age = translation.age;
    this.theano = translation.theano;
    this.inputs = call.inputs;
    this.args = call.args;
    this.kwargs = call.kwargs;
  }

  private get owner(): string {
    return `layer '${shown(this.name)}' (${shown(this.spec.type)})`;
  }

  get dataFormat(): 'channels_last' | 'channels_first' {
    if (this.config.raw('dim_ordering') === 'th') return 'channels_first';
    return this.config.choice('data_format', ['channels_last', 'channels_first'], 'channels_last');
  }

  weight(names: string | readonly string[], dims?: readonly (number | null)[], from: LayerWeights = this.weights): string {
    const list = typeof names === 'string' ? [names] : names;
    const fits = (variable: LayerVariable): boolean => fitsDims(initializerType(variable.init).dims, dims);
    const variable = from.take(list, fits);
    if (!variable) throw new BadModelFile(`${this.owner}: its weight '${list[0]}' is not in the file`);
    if (!fits(variable)) {
      const found = initializerType(variable.init).dims;
      throw new BadModelFile(`${this.owner}: its weight '${shown(variable.name)}' has dims [${found.join(', ')}], expected [${dims!.map((dim) => dim ?? '?').join(', ')}]`);
    }
    return this.valueOf(variable, list[0]!);
  }

  private valueOf(variable: LayerVariable, name: string): string {
    const { weightValues } = this.translation;
    let value = weightValues.get(variable);
    if (value === undefined) {
      value = variable.emit ? variable.emit(this.e, name) : this.e.weight(name, variable.init);
      const dtype = this.e.dtype(value);
      if (dtype !== 'float32' && dtype !== 'string') value = this.e.cast(value, 'float32');
      weightValues.set(variable, value);
    }
    return value;
  }

  hasWeight(from: LayerWeights = this.weights): boolean {
    return from.left;
  }

  activation(flow: Flow, activation: unknown): Flow {
    return applyActivation(this.e, flow, activation, this.age);
  }

  nested(layer: unknown, inputs: readonly KerasTensor[], weights: LayerWeights = this.weights, call: NestedCall = {}): readonly KerasTensor[] {
    const args = inputs.map((input) => new TensorArgument(input));
    return this.translation.inner(readLayerSpec(layer), { inputs, args, kwargs: call.kwargs ?? new Map() }, weights, this.name);
  }

  inner(layer: unknown): { type: string; config: Config } {
    const spec = readLayerSpec(layer);
    return { type: spec.type, config: new Config(spec.config, `${this.owner}, inner layer '${shown(spec.name)}' (${shown(spec.type)})`) };
  }

  warn(message: string): void {
    this.translation.warnings.push(`${this.owner}: ${message}`);
  }
}

function fitsDims(found: readonly number[], expected: readonly (number | null)[] | undefined): boolean {
  return !expected || (found.length === expected.length && expected.every((dim, axis) => dim === null || dim === found[axis]));
}

/** Weights that remember what was taken, so that a second call of a shared layer takes the same. */
export interface RecordedWeights {
  readonly weights: LayerWeights;
  readonly taken: readonly LayerVariable[];
  replay(): LayerWeights;
}

export function recordTaken(weights: LayerWeights): RecordedWeights {
  const taken: LayerVariable[] = [];
  return { weights: new Recorder(weights, taken), taken, replay: () => new NamedWeights(taken) };
}

class Recorder implements LayerWeights {
  constructor(private readonly inner: LayerWeights, private readonly log: LayerVariable[]) {}

  get all(): readonly LayerVariable[] {
    return this.inner.all;
  }

  get pooled(): boolean | undefined {
    return this.inner.pooled;
  }

  get left(): boolean {
    return this.inner.left;
  }

  take(names: readonly string[], fits?: (variable: LayerVariable) => boolean): LayerVariable | undefined {
    const variable = this.inner.take(names, fits);
    if (variable) this.log.push(variable);
    return variable;
  }

  child(names: readonly string[]): LayerWeights {
    return new Recorder(this.inner.child(names), this.log);
  }

  layersOf(layers: readonly { readonly name: string; readonly type: string }[]): readonly LayerWeights[] {
    return this.inner.layersOf(layers).map((weights) => new Recorder(weights, this.log));
  }
}
