import { buildGradientModel } from '../../autodiff/gradientModel';
import type { Dialect } from '../../autodiff/rule';
import { resolvePreprocessing } from '../../data/preprocessing';
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

/** The gradient graph as one self-contained ONNX file. */
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
  const first = resolved.inputs.find((input) => isFloat(input.dtype))?.name;
  const wrt = params.wrt.length ? params.wrt : first === undefined ? [] : [first];
  if (!wrt.length) throw new LensError('unsupported', 'no input of this model holds real numbers, so there is nothing to differentiate to');
  const inputDims = Object.fromEntries(Object.entries(sampleDims).map(([name, dims]) => [name, dims[0] === 1 ? [params.batch, ...dims.slice(1)] : dims]));
  const built = buildGradientModel({ model: opened.runnable, inputDims, target: { output, space: params.space }, wrt, dialect: params.dialect });
  return {
    bytes: await writeOnnxStandalone(built.model),
    ports: {
      inputs: { ...Object.fromEntries(Object.entries(inputDims).map(([name, dims]) => [name, `[${dims.join(', ')}]`])), [built.targetInput]: `int64 [${params.batch}]: index of the explained class, in '${output}' flattened to [N, C]` },
      outputs: { [built.scoreOutput]: `float32 [${params.batch}]: the explained ${params.space}`, ...Object.fromEntries(Object.entries(built.gradients).map(([name, value]) => [value, `its gradient to '${name}'`])) },
    },
  };
}
