/** Outputs of whole models against those of the reference runtimes (predictions.json). */
import path from 'node:path';
import { toFloat64 } from '../../src/tensor/convert';
import type { DType } from '../../src/tensor/dtype';
import { maxAbs, sum } from '../../src/tensor/statistics';
import type { Tensor } from '../../src/tensor/tensor';
import { compare, type Comparison } from './compare';
import { existsSync } from './files';
import { goldenDir, modelPath, readArray, readJson, unquantise, type StoredAs } from './golden';
import type { EngineRoom } from './engineRoom';

interface OutputTolerance {
  readonly maxAbs?: number;
  readonly maxRel?: number;
  /** Whole numbers and text: every value equal. */
  readonly exact?: boolean;
  /** Quantised results: the fraction that may be more than one step off. */
  readonly maxFractionBeyond1?: number;
  /** Class maps: the least fraction of equal values. */
  readonly minAgreement?: number;
}

interface StoredOutput {
  readonly name: string;
  readonly dtype?: string;
  readonly shape?: readonly number[];
  readonly file?: string;
  readonly values?: readonly string[];
  readonly flatStep?: number;
  readonly sum?: number;
  readonly absMax?: number;
  readonly tolerance?: OutputTolerance;
  /** Output of the graph without the runtime's own rewriting, where integer kernels differ from it. */
  readonly unoptimised?: StoredOutput;
}

export interface PredictionEntry {
  readonly model: string;
  readonly pack: string;
  readonly inputs: readonly { readonly name: string; readonly dtype?: string; readonly shape: readonly number[]; readonly file?: string; readonly storedAs?: StoredAs; readonly values?: readonly string[] }[];
  readonly outputs: readonly StoredOutput[];
  readonly tolerance?: OutputTolerance;
}

/** Every model that was run, and the pairs that upstream stored beside a model. */
export function readPredictions(): PredictionEntry[] {
  const file = path.join(goldenDir, 'predictions.json');
  if (!existsSync(file)) return [];
  const { models = [], storedReferences = [] } = readJson(file) as { models?: PredictionEntry[]; storedReferences?: PredictionEntry[] };
  return [...models, ...storedReferences];
}

export async function judgePrediction(entry: PredictionEntry, room: EngineRoom): Promise<Comparison> {
  const file = modelPath(entry);
  const { graph } = (await room.open(file)).runnable;
  // A reference that had to make up names (a Keras model without an InputLayer) is matched by position.
  const portOf = (name: string, index: number, ports: readonly { readonly name: string }[]): string => (ports.some((port) => port.name === name) ? name : ports[index]?.name ?? name);
  const feeds: Record<string, Tensor> = {};
  const dims: Record<string, readonly number[]> = {};
  for (const [index, input] of entry.inputs.entries()) {
    const name = portOf(input.name, index, graph.inputs);
    feeds[name] = input.values
      ? { dtype: 'string', dims: input.shape, data: input.values }
      : { ...unquantise(readArray(input.file!), input.storedAs, (input.dtype ?? 'float32') as DType), dims: input.shape };
    dims[name] = input.shape;
  }
  const model = await room.model(file, dims);
  // A stored value need not be an output, but one that is nowhere in the graph is matched by position.
  const values = new Set(graph.nodes.flatMap((node) => node.outputs));
  const outputNames = entry.outputs.map(({ name }, index) => (values.has(name) ? name : portOf(name, index, graph.outputs)));
  const results = await model.run(feeds, outputNames);
  let worst: Comparison = { passed: true, error: 0, message: 'no outputs are stored' };
  for (const [index, output] of entry.outputs.entries()) {
    const tensor = results[outputNames[index]!];
    if (tensor === undefined) return { passed: false, error: Infinity, message: `output '${output.name}' was not returned` };
    let judged = judgeOutput(tensor, output, entry.tolerance);
    if (!judged.passed && output.unoptimised) {
      const other = judgeOutput(tensor, { ...output.unoptimised, name: output.name, tolerance: output.unoptimised.tolerance ?? output.tolerance }, entry.tolerance);
      if (other.passed) judged = other;
    }
    if (!judged.passed) return { ...judged, message: `output '${output.name}': ${judged.message}` };
    if (judged.error >= worst.error) worst = judged;
  }
  return worst;
}

function judgeOutput(actual: Tensor, output: StoredOutput, common: PredictionEntry['tolerance']): Comparison {
  const no = (message: string): Comparison => ({ passed: false, error: Infinity, message });
  if (output.shape && (actual.dims.length !== output.shape.length || actual.dims.some((dim, axis) => dim !== output.shape![axis]))) {
    return no(`dims [${actual.dims.join(', ')}], expected [${output.shape.join(', ')}]`);
  }
  const stored = output.values ?? (output.file === undefined ? undefined : readArray(output.file));
  if (stored === undefined) return no('the golden folder holds neither a file nor values for it');
  if (Array.isArray(stored) || (stored as Tensor).dtype === 'string') {
    const expected = Array.isArray(stored) ? stored as readonly string[] : (stored as Tensor).data as readonly string[];
    const wrong = expected.findIndex((text, i) => actual.data[i] !== text);
    return wrong < 0 && expected.length === actual.data.length ? { passed: true, error: 0, message: 'equal' } : no(`element ${wrong} is '${String(actual.data[wrong])}', expected '${expected[wrong]}'`);
  }
  const full = toFloat64(actual);
  const step = output.flatStep ?? 1;
  const values = step === 1 ? full : full.filter((_, index) => index % step === 0);
  const expected = toFloat64(stored as Tensor);
  const { maxAbs: absolute = 0, maxRel, exact, maxFractionBeyond1, minAgreement } = output.tolerance ?? common ?? {};
  if (minAgreement !== undefined) {
    const equal = values.filter((value, i) => value === expected[i]).length / Math.max(1, expected.length);
    return { passed: values.length === expected.length && equal >= minAgreement, error: 1 - equal, message: `${(100 * equal).toFixed(2)} % of the values agree, at least ${100 * minAgreement} % should` };
  }
  const judged = compare(values, expected, exact ? { maxAbs: 0 } : { maxAbs: absolute, maxRel });
  if (!judged.passed) return judged;
  if (maxFractionBeyond1 !== undefined) {
    const beyond = values.filter((value, i) => Math.abs(value - expected[i]!) > 1).length / values.length;
    if (beyond > maxFractionBeyond1) return no(`${(100 * beyond).toFixed(2)} % of the values are more than one step off, allowed ${100 * maxFractionBeyond1} %`);
  }
  // Thinned-out outputs are also held to the figures of the whole.
  if (step > 1 && output.absMax !== undefined && output.sum !== undefined) {
    const allowed = absolute + (maxRel ?? 0) * output.absMax;
    if (Math.abs(maxAbs(full) - output.absMax) > allowed) return no(`the largest absolute value is ${maxAbs(full)}, expected ${output.absMax}`);
    if (Math.abs(sum(full) - output.sum) > allowed * full.length) return no(`the sum is ${sum(full)}, expected ${output.sum}`);
  }
  return judged;
}
