import { buildGradientModel, type GradientModel } from '../../autodiff/gradientModel';
import { renameValues } from '../../autodiff/inline';
import type { Dialect } from '../../autodiff/rule';
import { resolvePreprocessing } from '../../data/preprocessing';
import type { ResolvedInput } from '../../data/spec';
import { writeOnnxStandalone } from '../../formats/onnx/write';
import { readInitializer } from '../../formats/readTensor';
import type { Initializer, ModelFile, Node } from '../../graph/graph';
import { withRealInputs } from '../../graph/realInputs';
import { inSinglePrecision } from '../../graph/singlePrecision';
import { repeatSample } from '../../methods/samples';
import { LensError, type JobContext } from '../../protocol/rpc';
import { tensorToBytes } from '../../tensor/convert';
import { isFloat } from '../../tensor/dtype';
import { elementCount, type Tensor } from '../../tensor/tensor';
import { chooseOutput } from '../classes';
import type { Engine } from '../engine';
import { fixedTarget, type FixedTarget } from '../fixedTarget';
import { prepareInput } from '../inputs';
import { convertFeed } from '../feeds';
import { RuntimeModel } from '../runtimeModel';
import { sampleDimsOf } from '../sampleDims';

export interface ExportGradientParams {
  readonly model: string;
  readonly output?: string;
  /** Default: logit for classes and regions, output for the rest. */
  readonly space?: 'logit' | 'probability' | 'output';
  /** What is differentiated, as explanations name it (engine/targetText.ts), written into the file; default: a class given when it runs. */
  readonly target?: string;
  /** Inputs written into the file: a number, or an .npy file, by name. */
  readonly inputs?: Readonly<Record<string, string>>;
  /** Values to differentiate to; empty: the first input of real numbers. */
  readonly wrt: readonly string[];
  readonly batch: number;
  /** Dims of inputs whose size the model leaves open. */
  readonly dims: Readonly<Record<string, readonly number[]>>;
  readonly dialect: Dialect;
}

export interface ExportedGradient {
  readonly bytes: Uint8Array;
  /** What each input and output of the written file is. */
  readonly ports: { readonly inputs: Readonly<Record<string, string>>; readonly outputs: Readonly<Record<string, string>> };
}

/**
 * The gradient graph as one self-contained ONNX file, its ports named for whoever serves it: `x` the input that is
 * differentiated to, `target` [N] the class of every sample, `y` [N, C] the values explained, `gradient` the derivative
 * of y at the target to `x`. Further inputs keep their names; further gradients are `gradient_NAME`. With a target of
 * its own the file has no such input, and returns the target's `score` [N]; that of a similarity takes the other's
 * embedding as `target` [1, C], and returns its own as `embedding`.
 */
export async function exportGradient(engine: Engine, params: ExportGradientParams, { signal }: Pick<JobContext, 'signal'>): Promise<ExportedGradient> {
  const opened = await engine.models.open(params.model);
  const why = opened.runnable.notRunnable;
  if (why !== undefined) throw new LensError('unsupported', `this model has no ONNX graph to differentiate: ${why}`);
  const resolved = await resolvePreprocessing(opened.runnable, { types: opened.inference.types, read: readInitializer });
  const inputNamed = (name: string): ResolvedInput => {
    const found = resolved.inputs.find((input) => input.name === name);
    if (!found) throw new LensError('badInput', `the model has no input '${name}'; its inputs are ${resolved.inputs.map((input) => `'${input.name}'`).join(', ')}`);
    return found;
  };
  for (const name of Object.keys(params.dims)) inputNamed(name);
  const dimsOf = (input: ResolvedInput): readonly number[] => params.dims[input.name] ?? sampleDimsOf(input);
  const fixed = new Map<string, Tensor>();
  for (const [name, given] of Object.entries(params.inputs ?? {})) fixed.set(name, await fixedInput(inputNamed(name), dimsOf(inputNamed(name)), given));
  const sampleDims = Object.fromEntries(resolved.inputs.filter(({ name }) => !fixed.has(name)).map((input) => [input.name, dimsOf(input)]));
  const model = new RuntimeModel({ file: withConstants(opened.runnable, fixed), identity: opened.identity, device: 'cpu', sessions: engine.sessions, signal, sampleDims });
  // Whole numbers that the model is run on as real ones count as such.
  const first = model.inputs.find((input) => isFloat(input.dtype))?.name;
  const wrt = params.wrt.length ? params.wrt : first === undefined ? [] : [first];
  if (!wrt.length) throw new LensError('unsupported', 'no input of this model holds real numbers, so there is nothing to differentiate to');
  const written = wrt.find((name) => fixed.has(name));
  if (written !== undefined) throw new LensError('badInput', `input '${written}' is written into the file, so nothing can be differentiated to it`);
  const target = params.target === undefined
    ? { value: chooseOutput(model, resolved, opened.labels, params.output).port.name, space: params.space ?? 'logit', form: 'element' as const }
    : await fixedTarget({ model, opened, resolved }, params.target, params);
  const inputDims = Object.fromEntries(Object.entries(sampleDims).map(([name, dims]) => [name, dims[0] === 1 ? [params.batch, ...dims.slice(1)] : dims]));
  // A switch stays one number, what every sample has one of is repeated.
  const repeated = new Map([...fixed].map(([name, tensor]) => [name, tensor.dims.length > 1 ? repeatSample(tensor, params.batch) : tensor]));
  const built = buildGradientModel({
    model: inSinglePrecision(withRealInputs(withConstants(opened.runnable, repeated))), inputDims, samples: params.batch, target: { output: target.value, space: target.space, form: target.form }, wrt, dialect: params.dialect,
    ...(target.form === 'cosine' && { fetch: [target.value] }),
  });
  const content = 'content' in target ? target.content : undefined;
  const names = portNames(built, wrt, params.target !== undefined);
  const ports = { ...built, model: content ? withConstants(built.model, new Map([[built.targetInput, content]])) : built.model };
  return { bytes: await writeOnnxStandalone(withPorts(ports, names)), ports: described(ports, names, inputDims, target, params) };
}

/** One number, or a file's tensor, as an input takes it. */
async function fixedInput(input: ResolvedInput, dims: readonly number[], given: string): Promise<Tensor> {
  const number = given === 'true' ? 1 : given === 'false' ? 0 : given.trim() === '' ? NaN : Number(given);
  if (Number.isNaN(number)) {
    if (!/\.npy$/i.test(given)) throw new LensError('badInput', `input '${input.name}': '${given}' is no number, true, false, or .npy file`);
    return convertFeed(input.name, input.dtype, (await prepareInput(input, given)).tensor);
  }
  if (elementCount(dims) !== 1) throw new LensError('badInput', `input '${input.name}' (${input.dtype} [${input.dims.map((dim) => dim ?? '?').join(', ')}]) holds more than the one number ${given}; give it as an .npy file`);
  if (!isFloat(input.dtype) && !Number.isInteger(number)) throw new LensError('badInput', `input '${input.name}' takes ${input.dtype} values, not ${given}`);
  return convertFeed(input.name, input.dtype, { dtype: 'float64', dims, data: Float64Array.of(number) });
}

/** `model` with these inputs as constants. */
function withConstants(model: ModelFile, values: ReadonlyMap<string, Tensor>): ModelFile {
  if (values.size === 0) return model;
  const { graph } = model, initializers = new Map<string, Initializer>(graph.initializers);
  for (const [name, tensor] of values) initializers.set(name, { kind: 'inline', dtype: tensor.dtype, dims: tensor.dims, bytes: tensorToBytes(tensor) });
  return { ...model, graph: { ...graph, inputs: graph.inputs.filter(({ name }) => !values.has(name)), initializers } };
}

/** What every port of the file is, in words. */
function described(built: GradientModel, names: ReadonlyMap<string, string>, inputDims: Readonly<Record<string, readonly number[]>>, target: Pick<FixedTarget, 'value' | 'space' | 'form'> & Partial<FixedTarget>, { batch }: ExportGradientParams): ExportedGradient['ports'] {
  const inputs = Object.fromEntries(Object.entries(inputDims).map(([name, dims]) => [names.get(name) ?? name, `[${dims.join(', ')}]${names.has(name) ? `: the model's input '${name}'` : ''}`]));
  const rows = `${target.space} of '${target.value}', flattened to rows`, what = target.label === undefined ? 'y at target' : `'${target.label}'`;
  const gradients = Object.fromEntries(Object.entries(built.gradients).map(([name, value]) => [names.get(value)!, `derivative of ${what} to '${name}'`]));
  if (target.form === 'cosine') {
    const outputs = { y: `float32 [${batch}, 1]: cosine of '${target.value}' and target`, score: `float32 [${batch}]: the same`, embedding: `'${target.value}' of x`, ...gradients };
    return { inputs: { ...inputs, target: `float32 [1, length]: the embedding that is compared with, flattened` }, outputs };
  }
  if (target.label !== undefined) return { inputs, outputs: { y: `float32 [${batch}, values]: ${rows}`, score: `float32 [${batch}]: ${what}`, ...gradients } };
  return { inputs: { ...inputs, target: `int64 [${batch}]: index of the explained class in each row of y` }, outputs: { y: `float32 [${batch}, classes]: ${rows}`, ...gradients } };
}

/** The ports' names in the file, by their names in the built graph. */
function portNames({ targetInput, scoreOutput, fetched, gradients }: GradientModel, wrt: readonly string[], withScore: boolean): Map<string, string> {
  const names = new Map([[targetInput, 'target']]);
  if (withScore) names.set(scoreOutput, 'score');
  for (const value of Object.values(fetched)) names.set(value, 'embedding');
  wrt.forEach((name, index) => {
    if (index === 0) names.set(name, 'x');
    names.set(gradients[name]!, index === 0 ? 'gradient' : `gradient_${name}`);
  });
  return names;
}

/** The graph under those names, with `y` as an output of its own. Other values of the same names step aside. */
function withPorts({ model, rows }: GradientModel, names: ReadonlyMap<string, string>): ModelFile {
  const { graph } = model;
  const taken = new Set([...graph.inputs, ...graph.outputs].map(({ name }) => name).concat([...graph.initializers.keys()], graph.nodes.flatMap((node) => node.outputs)));
  const all = new Map(names);
  for (const name of [...names.values(), 'y']) {
    let aside = `${name}_inner`;
    while (taken.has(aside)) aside += '_';
    if (taken.has(name) && !all.has(name)) all.set(name, aside);
  }
  const gradients = graph.outputs.filter(({ name }) => names.has(name)), renamed = renameValues({ ...graph, outputs: gradients }, all);
  const y = { name: 'y', type: { kind: 'tensor' as const, dtype: 'float32' as const } };
  const toFloat: Node = { name: '', opType: 'Cast', domain: '', inputs: [all.get(rows) ?? rows], outputs: ['y'], attributes: new Map([['to', { kind: 'int', value: 1n }]]) };
  return { ...model, graph: { ...renamed, nodes: [...renamed.nodes, toFloat], outputs: [y, ...renamed.outputs] } };
}
