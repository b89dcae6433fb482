/** The golden folder: where it lies, and how its arrays are stored (see its README). */
import { existsSync, globSync, readFileSync } from './files';
import path from 'node:path';
import { asFloatTensor, tensorFromNumbers, toFloat32 } from '../../src/tensor/convert';
import type { DType } from '../../src/tensor/dtype';
import { parseNpy } from '../../src/tensor/npy';
import { elementCount, floatTensor, type FloatTensor, type Tensor } from '../../src/tensor/tensor';

const root = path.join(__dirname, '../..');
const shared = path.resolve(process.env.MODEL_LENS_SHARED ?? path.join(root, '../shared'));

/** GOLDEN_DIR, by default `golden` beside the shared packs. */
export const goldenDir = path.resolve(process.env.GOLDEN_DIR ?? path.join(shared, 'golden'));

export function goldenExists(): boolean {
  return existsSync(goldenDir);
}

/** How an array was narrowed to uint8: float32(u8) · scale + offset, per index of `axis` where these are lists. */
export interface StoredAs {
  readonly dtype: string;
  readonly scale: number | readonly number[];
  readonly offset: number | readonly number[];
  readonly axis?: number;
}

export interface Tolerance {
  /** Absent: only the correlation counts. */
  readonly maxAbs?: number;
  readonly maxRel?: number;
  readonly maxOutlierFraction?: number;
  readonly minCorrelation?: number;
  readonly stochastic?: boolean;
}

export interface Expected {
  readonly shape: readonly number[];
  readonly sampling?: { readonly axes: readonly number[]; readonly start: number; readonly step: number };
}

export interface Case {
  readonly id: string;
  readonly pack: string;
  readonly model: string;
  readonly modelUnder?: string;
  readonly method: string;
  readonly params: Readonly<Record<string, unknown>>;
  readonly target: { readonly output?: string; readonly index?: number; readonly useLogits?: boolean; readonly differentiated?: string };
  readonly layer?: string;
  /** A Keras layer: its first output is the value meant. */
  readonly layerName?: string;
  readonly inputName?: string;
  readonly inputFile?: string;
  readonly inputStoredAs?: StoredAs;
  readonly baselineFile?: string;
  readonly baselineStoredAs?: StoredAs;
  /** A table; the explained rows are numbered in `rowIndex` or `rowIndices`. */
  readonly dataFile?: string;
  readonly dataStoredAs?: StoredAs;
  readonly rowIndex?: number;
  readonly rowIndices?: readonly number[];
  readonly backgroundFile?: string;
  readonly backgroundStoredAs?: StoredAs;
  /** Arrays that belong to the case (draws, masks), relative to its folder. */
  readonly files?: Readonly<Record<string, string>>;
  /** The range of the input, for LRP's box rule: one number, or one a channel. */
  readonly low?: number | readonly number[];
  readonly high?: number | readonly number[];
  readonly tolerance: Tolerance;
  readonly reference?: { readonly call?: string };
  readonly referenceIncomplete?: boolean;
  readonly expectedFile: string;
  readonly expected: Expected;
  /** Absolute; `expectedFile` is relative to it. */
  readonly folder: string;
}

/** Every case.json below the golden folder, in order of name. Throws naming a file that cannot be read as a case. */
export function readCases(): Case[] {
  return globSync(path.join(goldenDir, 'cases'), 'case.json').map((file) => {
    const parsed = readJson(file) as Omit<Case, 'folder'>;
    for (const field of ['id', 'method', 'model', 'pack', 'tolerance', 'expectedFile'] as const) {
      if (parsed[field] === undefined) throw new Error(`${file}: '${field}' is missing`);
    }
    return { ...parsed, folder: path.dirname(file) };
  });
}

export function readJson(file: string): unknown {
  try {
    return JSON.parse(readFileSync(file).toString('utf8'));
  } catch (error) {
    throw new Error(`${file}: ${(error as Error).message}`);
  }
}

/** Path of a case's model: inside its pack (PACK_DIR_<NAME>), or inside the golden folder. */
export function modelPath(entry: { readonly pack: string; readonly model: string; readonly modelUnder?: string }): string {
  if (entry.modelUnder === 'golden') return path.join(goldenDir, entry.model);
  const variable = `PACK_DIR_${entry.pack.toUpperCase()}`;
  const pack = process.env[variable] ?? (entry.pack === 'shared' ? path.join(shared, 'pack') : undefined);
  if (pack === undefined) throw new Error(`${variable} is not set, but models of the pack '${entry.pack}' are to be judged`);
  return path.join(path.resolve(pack), entry.model);
}

/** An array of the golden folder; `file` is relative to it unless absolute. */
export function readArray(file: string): Tensor {
  const full = path.resolve(goldenDir, file);
  return parseNpy(readFileSync(full), full);
}

/** The exact tensor that was narrowed: float32(u8) · float32(scale) + float32(offset) in float32, then cast to `dtype`. */
export function unquantise(tensor: Tensor, storedAs: StoredAs | undefined, dtype: DType = 'float32'): Tensor {
  if (storedAs === undefined) return tensor.dtype === dtype || tensor.dtype === 'string' ? tensor : tensorFromNumbers(dtype, tensor.dims, toFloat32(tensor));
  const values = toFloat32(tensor);
  const axis = storedAs.axis ?? 0;
  const inner = elementCount(tensor.dims.slice(axis + 1)), size = tensor.dims[axis] ?? 1;
  const at = (list: number | readonly number[], index: number): number => Math.fround(typeof list === 'number' ? list : list[Math.floor(index / inner) % size]!);
  const out = values.map((value, index) => Math.fround(value * at(storedAs.scale, index)) + at(storedAs.offset, index));
  return dtype === 'float32' ? floatTensor(tensor.dims, out) : tensorFromNumbers(dtype, tensor.dims, out);
}

export function readFloats(file: string, storedAs?: StoredAs): FloatTensor {
  return asFloatTensor(unquantise(readArray(file), storedAs));
}

/** Every `step`-th index from `start` on the sampled axes, as the stored arrays were thinned out. */
export function sample(values: Float32Array, dims: readonly number[], sampling: Expected['sampling']): Float32Array {
  if (!sampling) return values;
  const kept: number[] = [];
  const index = new Array<number>(dims.length).fill(0);
  for (let flat = 0; flat < values.length; flat++) {
    if (sampling.axes.every((axis) => index[axis]! >= sampling.start && (index[axis]! - sampling.start) % sampling.step === 0)) kept.push(values[flat]!);
    for (let axis = dims.length - 1; axis >= 0 && ++index[axis]! === dims[axis]; axis--) index[axis] = 0;
  }
  return Float32Array.from(kept);
}
