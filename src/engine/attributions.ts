/**
 * The attributions made last, whole: what is asked about a map afterwards (how far to trust it, how it agrees with
 * others, a report) need not compute it again.
 */
import type { Explained } from './jobs/explain';

const defaultBytes = 128 * 2 ** 20;

export class Attributions {
  /** By explanationKey, in order of last use. */
  private readonly kept = new Map<string, Explained>();
  private bytes = 0;

  /** @param maximumBytes of all arrays kept together. */
  constructor(private readonly maximumBytes = defaultBytes) {}

  get(key: string): Explained | undefined {
    const found = this.kept.get(key);
    if (found) {
      this.kept.delete(key);
      this.kept.set(key, found);
    }
    return found;
  }

  /** Keeps it in place of those not asked for longest. One that is larger than the bound is not kept. */
  put(key: string, explained: Explained): void {
    this.forget(key);
    const size = bytesOf(explained);
    if (size > this.maximumBytes) return;
    this.kept.set(key, explained);
    this.bytes += size;
    for (const oldest of [...this.kept.keys()]) {
      if (this.bytes <= this.maximumBytes) return;
      this.forget(oldest);
    }
  }

  private forget(key: string): void {
    const found = this.kept.get(key);
    if (!found) return;
    this.kept.delete(key);
    this.bytes -= bytesOf(found);
  }
}

function bytesOf({ result, attribution }: Explained): number {
  const arrays = [attribution.values?.data, attribution.cam?.data, attribution.layerValues?.data, result.map?.values];
  return arrays.reduce((total, array) => total + (array?.byteLength ?? 0), 1024);
}
