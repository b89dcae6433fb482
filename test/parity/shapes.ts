/** Inferred dims and element types of every value against those of a real run (shapes/*.json), and layers (layers/*.json). */
import path from 'node:path';
import { inferShapes } from '../../src/graph/inference/infer';
import { summarise } from '../../src/graph/summarise';
import type { Comparison } from './compare';
import { globSync } from './files';
import { goldenDir, modelPath, readJson } from './golden';
import type { EngineRoom } from './engineRoom';

interface ShapeFile {
  readonly model: string;
  readonly pack: string;
  readonly modelUnder?: string;
  readonly inputShapes: Readonly<Record<string, readonly number[]>>;
  /** Real dims of every top-level value for that input. */
  readonly values: Readonly<Record<string, readonly number[]>>;
  readonly dtypes: Readonly<Record<string, string>>;
  /** What onnx.shape_inference itself leaves open with the real input dims. */
  readonly inferredForInput?: { readonly differ?: Readonly<Record<string, readonly (number | string | null)[] | null>>; readonly notInferred?: readonly string[] };
}

export function readShapeFiles(): (ShapeFile & { readonly id: string })[] {
  return globSync(path.join(goldenDir, 'shapes'), /\.json$/).map((file) => ({ ...(readJson(file) as ShapeFile), id: path.basename(file, '.json') }));
}

/**
 * No inferred dim or type may contradict the run, and every value whose dims the reference inference knows must be
 * known here too. `error` is the fraction of values that miss that.
 */
export async function judgeShapes(entry: ShapeFile, room: EngineRoom): Promise<Comparison> {
  // With the small constants read in, as the engine infers.
  const { runnable } = await room.open(modelPath(entry));
  const { types } = inferShapes(runnable, entry.inputShapes);
  const open = new Set([...Object.keys(entry.inferredForInput?.differ ?? {}), ...(entry.inferredForInput?.notInferred ?? [])]);
  const wrong: string[] = [], unknown: string[] = [];
  for (const [name, real] of Object.entries(entry.values)) {
    const type = types.get(name);
    const dims = type?.kind === 'tensor' ? type.dims : undefined;
    const dtype = type?.kind === 'tensor' ? type.dtype : undefined;
    if (dtype !== undefined && dtype !== 'undefined' && entry.dtypes[name] !== undefined && dtype !== entry.dtypes[name]) wrong.push(`${name} is ${dtype}, expected ${entry.dtypes[name]}`);
    if (dims && (dims.length !== real.length || dims.some((dim, axis) => typeof dim === 'number' && dim !== real[axis]))) wrong.push(`${name} is [${dims.join(', ')}], expected [${real.join(', ')}]`);
    else if (!open.has(name) && !dims?.every((dim) => typeof dim === 'number')) unknown.push(`${name} is ${dims ? `[${dims.map(String).join(', ')}]` : 'unknown'}, expected [${real.join(', ')}]`);
  }
  const count = Object.keys(entry.values).length, bad = [...wrong, ...unknown];
  return {
    passed: bad.length === 0 && count > 0, error: bad.length / Math.max(1, count),
    message: bad.length ? `${wrong.length} wrong and ${unknown.length} unknown of ${count} values; first: ${bad[0]}` : `${count} values`,
  };
}

interface LayerFile {
  readonly model: string;
  readonly pack: string;
  readonly modelUnder?: string;
  readonly totalParams: number;
  readonly layers: readonly { readonly name: string; readonly type: string; readonly params: number }[];
}

export function readLayerFiles(): (LayerFile & { readonly id: string })[] {
  return globSync(path.join(goldenDir, 'layers'), /\.json$/).map((file) => ({ ...(readJson(file) as LayerFile), id: path.basename(file, '.json') }));
}

/** Every layer by its name, with its type and parameter count, and the total. */
export async function judgeLayers(entry: LayerFile, room: EngineRoom): Promise<Comparison> {
  const { file, inference } = await room.open(modelPath(entry));
  const summary = summarise(file, inference);
  const found = new Map(summary.layers.map((layer) => [layer.name, layer]));
  const bad: string[] = [];
  for (const layer of entry.layers) {
    const ours = found.get(layer.name);
    if (!ours) bad.push(`layer '${layer.name}' is missing`);
    else if (ours.type !== layer.type || ours.parameters !== layer.params) bad.push(`layer '${layer.name}' is ${ours.type} with ${ours.parameters} parameters, expected ${layer.type} with ${layer.params}`);
  }
  if (summary.totals.parameters !== entry.totalParams) bad.push(`${summary.totals.parameters} parameters in all, expected ${entry.totalParams}`);
  return { passed: bad.length === 0, error: bad.length / (entry.layers.length + 1), message: bad[0] ?? `${entry.layers.length} layers` };
}
