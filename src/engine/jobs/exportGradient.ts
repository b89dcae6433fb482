import { buildGradientModel, type GradientModel } from '../../autodiff/gradientModel';
import { renameValues } from '../../autodiff/inline';
import type { Dialect } from '../../autodiff/rule';
import { resolvePreprocessing } from '../../data/preprocessing';
import type { ModelFile, Node } from '../../graph/graph';
import { readInitializer } from '../../formats/readTensor';
import { writeOnnxStandalone } from '../../formats/onnx/write';
import { LensError, type JobContext } from '../../protocol/rpc';
import { isFloat } from '../../tensor/dtype';
import { chooseOutput } from '../classes';
import type { Engine } from '../engine';
import { RuntimeModel } from '../runtimeModel';
import { sampleDimsOf } from '../sampleDims';

export interface ExportGradientParams {
  readonly model: string;
  readonly output?: string;
  readonly space: 'logit' | 'probability' | 'output';
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
 * of y at the target to `x`. Further inputs keep their names; further gradients are `gradient_NAME`.
 */
export async function exportGradient(engine: Engine, params: ExportGradientParams, { signal }: Pick<JobContext, 'signal'>): Promise<ExportedGradient> {
  const opened = await engine.models.open(params.model);
  const why = opened.runnable.notRunnable;
  if (why !== undefined) throw new LensError('unsupported', `this model has no ONNX graph to differentiate: ${why}`);
  const resolved = await resolvePreprocessing(opened.runnable, { types: opened.inference.types, read: readInitializer });
  for (const name of Object.keys(params.dims)) {
    if (!resolved.inputs.some((input) => input.name === name)) throw new LensError('badInput', `the model has no input '${name}'; its inputs are ${resolved.inputs.map((input) => `'${input.name}'`).join(', ')}`);
  }
  const sampleDims = Object.fromEntries(resolved.inputs.map((input) => [input.name, params.dims[input.name] ?? sampleDimsOf(input)]));
  const model = new RuntimeModel({ file: opened.runnable, identity: opened.identity, device: 'cpu', sessions: engine.sessions, signal, sampleDims });
  const output = chooseOutput(model, resolved, opened.labels, params.output).port.name;
  // Whole numbers that the model is run on as real ones count as such.
  const first = model.inputs.find((input) => isFloat(input.dtype))?.name;
  const wrt = params.wrt.length ? params.wrt : first === undefined ? [] : [first];
  if (!wrt.length) throw new LensError('unsupported', 'no input of this model holds real numbers, so there is nothing to differentiate to');
  const inputDims = Object.fromEntries(Object.entries(sampleDims).map(([name, dims]) => [name, dims[0] === 1 ? [params.batch, ...dims.slice(1)] : dims]));
  const built = buildGradientModel({ model: model.file, inputDims, samples: params.batch, target: { output, space: params.space }, wrt, dialect: params.dialect });
  const names = portNames(built, wrt);
  return {
    bytes: await writeOnnxStandalone(withPorts(built, names)),
    ports: {
      inputs: {
        ...Object.fromEntries(Object.entries(inputDims).map(([name, dims]) => [names.get(name) ?? name, `[${dims.join(', ')}]${names.has(name) ? `: the model's input '${name}'` : ''}`])),
        target: `int64 [${params.batch}]: index of the explained class in each row of y`,
      },
      outputs: {
        y: `float32 [${params.batch}, classes]: ${params.space} of '${output}', flattened to rows`,
        ...Object.fromEntries(Object.entries(built.gradients).map(([name, value]) => [names.get(value)!, `derivative of y at target to '${name}'`])),
      },
    },
  };
}

/** The ports' names in the file, by their names in the built graph. */
function portNames({ targetInput, gradients }: GradientModel, wrt: readonly string[]): Map<string, string> {
  const names = new Map([[targetInput, 'target']]);
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
