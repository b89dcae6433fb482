/** How many samples one run on the CPU may take: decided by the model's size alone, so that the same job gives the same numbers. */
import type { ModelFile } from '../graph/graph';
import type { Inference } from '../graph/inference/infer';
import { summarise } from '../graph/summarise';
import { byteLength } from '../tensor/dtype';

export interface BatchSizes {
  readonly forward: number;
  readonly gradient: number;
  /** Smaller forward batches for what is left over, the largest first: each size has a session of its own. */
  readonly rests: readonly number[];
  /** Multiply-accumulates of one sample, and bytes of all values between its layers; 0 where they are not known. */
  readonly sampleMacs: number;
  readonly sampleBytes: number;
}

interface Limits {
  /** Multiply-accumulates of one run. */
  readonly macs: number;
  /** Bytes of all values between the layers in one run. */
  readonly bytes: number;
  readonly most: number;
}

/**
 * Measured on two cores: forward passes gain from batches up to 16; a gradient gains nothing once one sample fills the
 * cores, it only takes memory and makes cancelling wait. Tiny models (tables) gain until the overhead of a run is gone.
 */
const forward: Limits = { macs: 6e9, bytes: 512 * 2 ** 20, most: 256 };
const gradient: Limits = { macs: 2e8, bytes: 128 * 2 ** 20, most: 64 };
/** Rows of a table are tiny, and come by the hundred thousand: what is left over of such batches is worth smaller ones. */
const mostRows = 4096, restRows = [256, 16];
/** Pictures make large arrays on our side too. */
const mostPictures = 16;

/**
 * Batch sizes (powers of two) for a model whose inference was made with the dims of one sample.
 * @param manyRows whether samples are rows of tables.
 */
export function batchSizes(model: ModelFile, inference: Inference, manyRows = false): BatchSizes {
  const { macs } = summarise(model, inference).totals;
  let bytes = 0, grids = false;
  for (const node of model.graph.nodes) {
    for (const output of node.outputs) {
      const type = inference.types.get(output);
      if (type?.kind !== 'tensor' || !type.dims) continue;
      bytes += byteLength(type.dtype, type.dims.reduce<number>((product, dim) => product * (typeof dim === 'number' ? dim : 1), 1));
      grids ||= type.dims.length === 4;
    }
  }
  const fit = (limits: Limits): number => powerOfTwo(Math.min(macs ? limits.macs / macs : limits.most, bytes ? limits.bytes / bytes : limits.most, grids ? mostPictures : limits.most));
  const most = fit(manyRows ? { ...forward, macs: forward.macs / 4, most: mostRows } : forward);
  return { forward: most, gradient: fit(gradient), rests: manyRows ? rowSizes(most).slice(1) : [], sampleMacs: macs ?? 0, sampleBytes: bytes };
}

/** Batches of a table's rows, the largest first. */
export function rowSizes(most: number): number[] {
  return [most, ...restRows.filter((size) => size < most)];
}

/** How many samples the next run takes where `left` are left: the largest batch that they fill by more than half, else one. */
export function nextRun(left: number, sizes: readonly number[]): number {
  return sizes.find((size) => 2 * left > size) ?? 1;
}

/** The largest power of two that is not above `value`; at least 1. */
function powerOfTwo(value: number): number {
  return 2 ** Math.max(0, Math.floor(Math.log2(Math.max(1, value))));
}
