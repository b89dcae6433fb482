/** Inferred dims and element types of every value against those of a real run (shapes/*.json), and layers (layers/*.json). */
import path from 'node:path';
import { inferShapes } from '../../src/graph/inference/infer';
import type { ValueType } from '../../src/graph/graph';
import { summarise } from '../../src/graph/summarise';
import type { Comparison } from './compare';
import { globSync } from './files';
import { goldenDir, modelPath, readJson } from './golden';
import type { EngineRoom } from './engineRoom';

type Dims = readonly (number | string | null)[];

interface ShapeFile {
  readonly model: string;
  readonly pack: string;
  readonly modelUnder?: string;
  readonly inputShapes: Readonly<Record<string, readonly number[]>>;
  /** Real dims of every top-level value for that input; absent for models that were not run. */
  readonly values?: Readonly<Record<string, readonly number[]>>;
  readonly dtypes?: Readonly<Record<string, string>>;
  /** What onnx.shape_inference says with the declared, possibly symbolic, inputs. */
  readonly inferred?: Readonly<Record<string, Dims | null>>;
  /** What onnx.shape_inference itself leaves open with the real input dims. */
  readonly inferredForInput?: { readonly differ?: Readonly<Record<string, Dims | null>>; readonly notInferred?: readonly string[] };
}

export function readShapeFiles(): (ShapeFile & { readonly id: string })[] {
  return globSync(path.join(goldenDir, 'shapes'), /\.json$/).map((file) => ({ ...(readJson(file) as ShapeFile), id: path.basename(file, '.json') }));
}

/**
 * With the real input dims no inferred dim or type may contradict the run, and every value whose dims the reference
 * inference knows must be known here too; with the declared inputs every number the reference inference finds must be
 * found. `error` is the fraction of values that miss that.
 */
export async function judgeShapes(entry: ShapeFile, room: EngineRoom): Promise<Comparison> {
  // With the small constants read in, as the engine infers.
  const { runnable, inference } = await room.open(modelPath(entry));
  const bad: string[] = [];
  const open = new Set([...Object.keys(entry.inferredForInput?.differ ?? {}), ...(entry.inferredForInput?.notInferred ?? [])]);
  const { types } = inferShapes(runnable, entry.inputShapes);
  for (const [name, real] of Object.entries(entry.values ?? {})) {
    const { dims, dtype } = tensorType(types.get(name));
    const expected = entry.dtypes?.[name];
    if (dtype !== undefined && expected !== undefined && dtype !== expected) bad.push(`${name} is ${dtype}, expected ${expected}`);
    else if (dims ? contradicts(dims, real) || (!open.has(name) && lacks(dims, real)) : !open.has(name)) bad.push(`${name} is ${shown(dims)}, expected ${shown(real)}`);
  }
  for (const [name, reference] of Object.entries(entry.inferred ?? {})) {
    const { dims } = tensorType(inference.types.get(name));
    if (reference && (contradicts(dims ?? reference, reference) || lacks(dims ?? [], reference))) bad.push(`${name} with the declared inputs is ${shown(dims)}, the reference infers ${shown(reference)}`);
  }
  const count = Object.keys({ ...entry.values, ...entry.inferred }).length;
  return { passed: bad.length === 0 && count > 0, error: bad.length / Math.max(1, count), message: bad.length ? `${bad.length} of ${count} values; first: ${bad[0]}` : `${count} values` };
}

function tensorType(type: ValueType | undefined): { dims?: Dims; dtype?: string } {
  return type?.kind === 'tensor' ? { dims: type.dims, ...(type.dtype !== 'undefined' && { dtype: type.dtype }) } : {};
}

/** Two numbers that differ, or another rank. */
function contradicts(dims: Dims, reference: Dims): boolean {
  return dims.length !== reference.length || dims.some((dim, axis) => typeof dim === 'number' && typeof reference[axis] === 'number' && dim !== reference[axis]);
}

/** A number the reference has and `dims` has not. */
function lacks(dims: Dims, reference: Dims): boolean {
  return reference.some((dim, axis) => typeof dim === 'number' && typeof dims[axis] !== 'number');
}

function shown(dims: Dims | undefined): string {
  return dims ? `[${dims.map(String).join(', ')}]` : 'unknown';
}

interface LayerEntry {
  readonly name: string;
  readonly type: string;
  readonly params: number;
  /** One shape, or a list of them for several outputs. */
  readonly outputShape?: Dims | readonly Dims[] | null;
  /** Of a nested model. */
  readonly layers?: readonly LayerEntry[];
}

interface LayerFile {
  readonly model: string;
  readonly pack: string;
  readonly modelUnder?: string;
  readonly totalParams: number;
  readonly layers: readonly LayerEntry[];
}

export function readLayerFiles(): (LayerFile & { readonly id: string })[] {
  return globSync(path.join(goldenDir, 'layers'), /\.json$/).map((file) => ({ ...(readJson(file) as LayerFile), id: path.basename(file, '.json') }));
}

/** Every layer by its name (those of nested models by their path), with type, output dims and parameters, and the total. */
export async function judgeLayers(entry: LayerFile, room: EngineRoom): Promise<Comparison> {
  const { file, inference } = await room.open(modelPath(entry));
  const summary = summarise(file, inference);
  const found = new Map(summary.layers.map((layer) => [layer.name, layer]));
  const bad: string[] = [];
  let count = 0;
  const judge = (layers: readonly LayerEntry[], prefix: string): void => {
    for (const layer of layers) {
      count++;
      const name = prefix + layer.name;
      const ours = found.get(name);
      const expected = shapesOf(layer.outputShape);
      if (!ours) bad.push(`layer '${name}' is missing`);
      else if (ours.type !== layer.type || ours.parameters !== layer.params) bad.push(`layer '${name}' is ${ours.type} with ${ours.parameters} parameters, expected ${layer.type} with ${layer.params}`);
      else if (expected.some((dims, index) => !matches(ours.outputDims[index], dims))) bad.push(`layer '${name}' has output dims ${ours.outputDims.map((dims) => shown(dims ?? undefined)).join(', ')}, expected ${expected.map(shown).join(', ')}`);
      judge(layer.layers ?? [], `${name}/`);
    }
  };
  judge(entry.layers, '');
  if (summary.totals.parameters !== entry.totalParams) bad.push(`${summary.totals.parameters} parameters in all, expected ${entry.totalParams}`);
  return { passed: bad.length === 0 && count > 0, error: bad.length / (count + 1), message: bad[0] ?? `${count} layers` };
}

function shapesOf(shape: LayerEntry['outputShape']): readonly Dims[] {
  if (!shape) return [];
  return shape.some(Array.isArray) ? shape as readonly Dims[] : [shape as Dims];
}

/** Every number of the reference, at its place. */
function matches(dims: Dims | null | undefined, reference: Dims): boolean {
  return !!dims && !contradicts(dims, reference) && !lacks(dims, reference);
}
