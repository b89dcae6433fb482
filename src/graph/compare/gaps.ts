/** What is left between two elements that are known in both models: matched in order, the likeliest way. */
import type { Element } from './elements';
import type { Matching } from './align';

/** Comparisons one gap may take, and all of them together. */
const largestGap = 400_000;
const mostWork = 8_000_000;

/** Pairs the rest so that order is kept and likeness is greatest (the longest common subsequence, weighted). */
export function matchGaps(matching: Matching): void {
  let work = 0;
  for (const { a, b } of gapsOf(matching)) {
    const cells = a.length * b.length;
    if (cells === 0 || cells > largestGap || work + cells > mostWork) continue;
    work += cells;
    matchGap(matching, a, b);
  }
}

function matchGap(matching: Matching, a: readonly Element[], b: readonly Element[]): void {
  const width = b.length + 1;
  const best = new Float64Array((a.length + 1) * width);
  for (let i = a.length - 1; i >= 0; i--) {
    for (let j = b.length - 1; j >= 0; j--) {
      const like = likeness(matching, a[i]!, b[j]!);
      best[i * width + j] = Math.max(best[(i + 1) * width + j]!, best[i * width + j + 1]!, like > 0 ? like + best[(i + 1) * width + j + 1]! : 0);
    }
  }
  for (let i = 0, j = 0; i < a.length && j < b.length;) {
    const here = best[i * width + j]!;
    const like = likeness(matching, a[i]!, b[j]!);
    if (like > 0 && here === like + best[(i + 1) * width + j + 1]!) matching.pair(a[i++]!.id, b[j++]!.id);
    else if (here === best[(i + 1) * width + j]) i++;
    else j++;
  }
}

/** 0: not the same thing. Same class is asked; weights, dims, names and known neighbours speak for it. */
function likeness({ ofA }: Matching, a: Element, b: Element): number {
  if (a.opClass !== b.opClass) return 0;
  const pred = a.preds.some((id) => ofA[id] !== -1 && b.preds.includes(ofA[id]!)), succ = a.succs.some((id) => ofA[id] !== -1 && b.succs.includes(ofA[id]!));
  return 2 + (a.weightText === b.weightText ? 3 : 0) + (String(a.dims[0]?.slice(1)) === String(b.dims[0]?.slice(1)) ? 2 : 0) + (a.names.some((name) => b.names.includes(name)) ? 3 : 0)
    + (a.countedNames.some((name) => b.countedNames.includes(name)) ? 0.5 : 0) + (pred ? 2 : 0) + (succ ? 2 : 0) + (a.settings === b.settings ? 1 : 0);
}

/** Free operators between pairs that follow each other in both models. */
function* gapsOf({ a, b, ofA, ofB }: Matching): Iterable<{ readonly a: Element[]; readonly b: Element[] }> {
  const anchors = [...increasing(a.filter(({ kind, id }) => kind === 'op' && ofA[id] !== -1).map(({ id }) => id), ofA), a.length];
  let fromA = 0, fromB = 0;
  for (const anchor of anchors) {
    const toB = anchor === a.length ? b.length : ofA[anchor]!;
    const free = (elements: readonly Element[], partner: Int32Array, from: number, to: number): Element[] => {
      const found: Element[] = [];
      for (let id = from; id < to; id++) if (partner[id] === -1 && elements[id]!.kind === 'op') found.push(elements[id]!);
      return found;
    };
    yield { a: free(a, ofA, fromA, anchor), b: free(b, ofB, fromB, toB) };
    fromA = anchor + 1;
    fromB = toB + 1;
  }
}

/** The longest part of `ids` whose partners increase too. */
function increasing(ids: readonly number[], partner: Int32Array): number[] {
  const tails: number[] = [];
  const before = new Map<number, number>();
  for (const id of ids) {
    let low = 0, high = tails.length;
    while (low < high) {
      const middle = (low + high) >> 1;
      if (partner[tails[middle]!]! < partner[id]!) low = middle + 1;
      else high = middle;
    }
    if (low > 0) before.set(id, tails[low - 1]!);
    tails[low] = id;
  }
  const chain: number[] = [];
  for (let at = tails.at(-1); at !== undefined; at = before.get(at)) chain.push(at);
  return chain.reverse();
}
