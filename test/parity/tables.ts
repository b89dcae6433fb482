/** Cases about whole tables: the engine's model seen through a table of one matrix, and our methods over it. */
import path from 'node:path';
import type { LoadedModel } from '../../src/engine/loadedModel';
import type { Target } from '../../src/methods/model';
import type { Parameters } from '../../src/methods/method';
import { resolveParameters } from '../../src/methods/parameters';
import { tableMethods } from '../../src/methods/table/registry';
import type { Rows, TableFinding, TableMethod, TableModel } from '../../src/methods/table/tableMethod';
import { asFloatTensor, toFloat64 } from '../../src/tensor/convert';
import { floatTensor, type FloatTensor } from '../../src/tensor/tensor';
import { compare, type Comparison } from './compare';
import { readArray, readFloats, type Case } from './golden';

/** What a case's fields are, taken one by one so that none is overlooked. */
interface Fields { take(name: string, ...rest: [] | [fallback: unknown, allowed?: readonly unknown[]]): unknown }

interface Request {
  readonly features: readonly number[];
  readonly preset?: string;
  readonly parameters: Parameters;
  readonly given?: Readonly<Record<string, Float64Array>>;
  readonly labels?: Float64Array;
  /** In place of the target's own. */
  readonly space?: Target['space'];
  /** What is compared with the expected array; of several rows one after another, of several seeds the mean. */
  readonly read: (finding: TableFinding) => ArrayLike<number>;
  /** Further arrays of the case that must agree, such as grids. */
  readonly also?: (finding: TableFinding) => readonly { readonly name: string; readonly values: ArrayLike<number>; readonly expected: Float64Array }[];
}

const mappings: Record<string, (params: Fields, item: Case) => Request> = {
  pdp: (params, item) => ({
    features: [params.take('feature') as number],
    parameters: { gridResolution: params.take('gridResolution') as number, ...percentiles(params), centred: params.take('centred') as boolean, iceRows: 10_000 },
    read: (finding) => curveOf(finding).values,
    also: (finding) => {
      const { grid, ice } = curveOf(finding), order = ice!.rows, inOrder = new Float64Array(ice!.values.length);
      order.forEach((row, i) => inOrder.set(ice!.values.subarray(i * grid.length, (i + 1) * grid.length), row * grid.length));
      return [{ name: 'grid', values: grid, expected: own(item, 'grid') }, { name: 'ice', values: inOrder, expected: own(item, 'ice') }];
    },
  }),
  'pdp-2d': (params, item) => ({
    features: params.take('features') as number[],
    parameters: { gridResolution: params.take('gridResolution') as number, ...percentiles(params) },
    read: (finding) => surfaceOf(finding).values,
    also: (finding) => ['gridA', 'gridB'].map((name, k) => ({ name, values: surfaceOf(finding).grids[k]!, expected: own(item, name) })),
  }),
  ale: (params, item) => {
    const preset = params.take('preset') as string, bins = params.take('bins') as number, feature = params.take('feature') as number;
    params.take('centring', undefined, [undefined, 'weighted by bin counts at bin centres']);
    params.take('gridPoints', undefined, [undefined, 'saved (deciles, linear interpolation, duplicates removed)']);
    const edges = own(item, preset === 'alibi' ? 'grid' : 'quantiles');
    const centres = edges.slice(1).map((edge, i) => (edge + edges[i]!) / 2);
    return {
      features: [feature], preset: preset.toLowerCase(), parameters: { bins }, read: (finding) => curveOf(finding).values,
      also: (finding) => [{ name: 'bins', values: curveOf(finding).grid, expected: preset === 'alibi' ? edges : centres }],
    };
  },
  'ale-2d': (params, item) => {
    const mask = own(item, 'mask');
    return {
      features: params.take('features') as number[], preset: (params.take('preset') as string).toLowerCase(), parameters: { bins: params.take('bins') as number },
      read: (finding) => surfaceOf(finding).values.map((value, i) => (mask[i] ? 0 : value)),
      also: (finding) => [{ name: 'mask', values: surfaceOf(finding).unsupported!, expected: mask }],
    };
  },
  'permutation-importance': (params, item) => {
    const scoring = params.take('scoring', undefined) as string | undefined;
    params.take('formula', undefined, [undefined, 'mean f(X) - mean f(X with column permuted)']);
    params.take('permutedColumns');
    return {
      features: [], parameters: { nRepeats: params.take('nRepeats') as number, scoring: scoring ?? 'prediction-difference' },
      given: { permutedColumns: own(item, 'permutedColumns') }, ...(item.files?.labels && { labels: own(item, 'labels') }),
      read: (finding) => {
        if (finding.kind !== 'importance') throw new Error(`a ${finding.kind} came back`);
        return Float64Array.from(finding.features.flatMap(({ repeats }) => [...repeats]));
      },
    };
  },
  distil: (params, item) => {
    const depths = params.take('maxDepths') as number[];
    params.take('criterion', 'gini', ['gini']);
    return {
      features: [], parameters: { maxDepth: Math.max(...depths) }, given: { train: own(item, 'train'), heldOut: own(item, 'test') },
      read: (finding) => {
        if (finding.kind !== 'surrogate') throw new Error(`a ${finding.kind} came back`);
        // Beyond its last cut a tree stays as it is.
        return Float64Array.from(depths.flatMap((depth) => {
          const { train, heldOut, leaves } = finding.fidelity[Math.min(depth, finding.fidelity.length) - 1]!;
          return [depth, train, heldOut, leaves!];
        }));
      },
    };
  },
};

mappings.lime = (params, item) => {
  params.take('kernelWidth', undefined, ['0.75*sqrt(d)']);
  params.take('discretizeContinuous', true, [true]);
  params.take('discretizer', 'quartile', ['quartile']);
  params.take('featureSelection', undefined);
  // lime is given probabilities, also where the target speaks of the value before the softmax.
  return { features: [], parameters: { nSamples: params.take('nSamples') as number }, read: contributions, ...(item.target.useLogits && { space: 'probability' as const }) };
};

mappings['kernel-shap'] = (params, item) => {
  params.take('l1Reg', 0, [0]);
  const nSamples = params.take('nSamples');
  return shapley(params, item, { nSamples: nSamples === 'all coalitions' ? 0 : nSamples as number });
};

mappings['permutation-shap'] = (params, item) => {
  params.take('seeds', undefined);
  // An order of M features takes shap 2M + 1 evaluations.
  return shapley(params, item, { nSamples: Math.floor((params.take('maxEvals') as number) / (2 * item.expected.shape.at(-1)! + 1)) });
};

mappings['exact-shap'] = (params, item) => {
  params.take('value', undefined, ['mean over background of f with the coalition columns from the row']);
  return shapley(params, item, {});
};

function shapley(params: Fields, item: Case, parameters: Parameters): Request {
  if (!item.backgroundFile) throw new Error('the case has no backgroundFile');
  const background = readFloats(item.backgroundFile, item.backgroundStoredAs), count = params.take('background') as number;
  if (background.dims[0] !== count) throw new Error(`params.background is ${count}, but the file has ${background.dims[0]} rows`);
  return { features: [], parameters, given: { background: Float64Array.from(background.data) }, read: contributions };
}

function contributions(finding: TableFinding): Float64Array {
  if (finding.kind !== 'attributions') throw new Error(`a ${finding.kind} came back, expected attributions`);
  return finding.values;
}

function percentiles(params: Fields): Parameters {
  const [lowPercentile, highPercentile] = params.take('percentiles') as [number, number];
  return { lowPercentile, highPercentile };
}

function own(item: Case, name: string): Float64Array {
  const file = item.files?.[name];
  if (file === undefined) throw new Error(`the case has no file '${name}'`);
  return toFloat64(readArray(path.join(item.folder, file)));
}

function curveOf(finding: TableFinding) {
  if (finding.kind !== 'curves' || finding.curves.length !== 1) throw new Error(`a ${finding.kind} came back, expected one curve`);
  return finding.curves[0]!;
}

function surfaceOf(finding: TableFinding) {
  if (finding.kind !== 'surface') throw new Error(`a ${finding.kind} came back, expected a surface`);
  return finding;
}

export function tableMethod(id: string): TableMethod | undefined {
  return tableMethods.find((method) => method.id === id);
}

/** The method that a case about a table is judged by, if it is one. */
export function tableMethodFor({ method, dataFile }: Pick<Case, 'method' | 'dataFile'>): TableMethod | undefined {
  return dataFile === undefined ? undefined : tableMethod(method);
}

/** Judges a case of a method over tables, or rows of them. Every field of `params` must be understood. @param seeds runs whose mean is compared. */
export async function judgeTable(item: Case, method: TableMethod, fields: Fields & { finish(): void }, model: LoadedModel, input: string, target: Target, seeds: number): Promise<Comparison> {
  const mapping = mappings[item.method];
  if (!mapping) throw new Error(`the method '${item.method}' exists, but the parity runner has no mapping for its cases`);
  if (item.dataFile === undefined) throw new Error('the case has no dataFile');
  const data = readFloats(item.dataFile, item.dataStoredAs), request = mapping(fields, item);
  fields.finish();
  const columns = data.dims[1]!, aim = { ...target, space: request.space ?? target.space }, { tolerance } = item;
  const context = {
    model: matrixModel(model, input, aim, columns, await outputsOf(model, input, aim, data)), data: { count: data.dims[0]!, values: Float64Array.from(data.data) }, features: request.features,
    parameters: resolveParameters(method, request.parameters, request.preset).parameters, signal: new AbortController().signal,
    ...(request.given && { given: request.given }), ...(request.labels && { labels: request.labels }),
  };
  const findingOf = async (seed: number, row?: number): Promise<TableFinding> => {
    const run = method.explain({ ...context, seed, ...(row !== undefined && { row: context.data.values.slice(row * columns, (row + 1) * columns) }) });
    let step = await run.next();
    while (!step.done) step = await run.next();
    return step.value.finding;
  };
  const parts: Float64Array[] = [], rows = item.rowIndices ?? [item.rowIndex];
  for (const row of rows) {
    const runs: Float64Array[] = [];
    for (let seed = 0; seed < seeds; seed++) {
      const finding = await findingOf(seed, row);
      for (const { name, values, expected } of request.also?.(finding) ?? []) {
        const compared = compare(Float32Array.from(values), Float32Array.from(expected), { maxAbs: tolerance.maxAbs ?? 0, maxRel: Math.max(1e-6, tolerance.maxRel ?? 0) });
        if (!compared.passed) return { ...compared, message: `${name}: ${compared.message}` };
      }
      runs.push(Float64Array.from(request.read(finding)));
    }
    parts.push(runs[0]!.map((_, i) => runs.reduce((sum, values) => sum + values[i]! / runs.length, 0)));
  }
  return compare(parts.flatMap((values) => [...values]), toFloat64(readArray(path.join(item.folder, item.expectedFile))), tolerance);
}

async function outputsOf(model: LoadedModel, input: string, target: Target, data: FloatTensor): Promise<number> {
  const outputs = await model.run({ [input]: floatTensor([1, data.dims[1]!], data.data.slice(0, data.dims[1]!)) }, [target.output]);
  return outputs[target.output]!.dims.at(-1)!;
}

/** One matrix input, a feature a column, run in the model's own batches. */
function matrixModel(model: LoadedModel, input: string, target: Target, columns: number, outputs: number): TableModel {
  const inBatches = async (rows: Rows, width: number, run: (feeds: Record<string, FloatTensor>) => Promise<ArrayLike<number>>): Promise<Float64Array> => {
    const size = Math.max(1, model.batchFor('forward')), out = new Float64Array(rows.count * width);
    for (let start = 0; start < rows.count; start += size) {
      const end = Math.min(rows.count, start + size);
      out.set(await run({ [input]: floatTensor([end - start, columns], Float32Array.from(rows.values.subarray(start * columns, end * columns))) }), start * width);
    }
    return out;
  };
  return {
    features: Array.from({ length: columns }, (_, i) => ({ name: `f${i}`, kind: 'number' })), outputs: Array.from({ length: outputs }, (_, i) => String(i)), task: 'classification',
    scores: (rows) => inBatches(rows, 1, (feeds) => model.scores(feeds, target)),
    predict: (rows) => inBatches(rows, outputs, async (feeds) => asFloatTensor((await model.run(feeds, [target.output]))[target.output]!).data),
  };
}
