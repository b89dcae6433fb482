/** Clock, memory and order statistics. */
import { peakBytes } from '../peakMemory';

export function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b), middle = sorted.length >> 1;
  return sorted.length % 2 ? sorted[middle]! : (sorted[middle - 1]! + sorted[middle]!) / 2;
}

export async function milliseconds(work: () => Promise<unknown>): Promise<number> {
  const start = performance.now();
  await work();
  return performance.now() - start;
}

/** The most memory this process ever held, in MB. */
export function peakMegabytes(): number {
  return peakBytes() / 2 ** 20;
}
