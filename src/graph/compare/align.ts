/**
 * Which operator of one model is which of the other. Ports are anchors; names count where they agree with what the
 * weights say; then structure: an element is known by what leads to it, by what follows from it, or by its neighbourhood,
 * and what is left between two known ones is matched in order. Every pass is linear in the graph, or bounded.
 */
import type { Element } from './elements';
import { matchGaps } from './gaps';
import { optional } from './optional';

/** Pairs of elements: for each of one side the partner in the other, or -1. */
export class Matching {
  readonly ofA: Int32Array;
  readonly ofB: Int32Array;
  /** Elements that the other model may have inside another one: looked through until they have a partner. */
  readonly seeThrough: { readonly a: ReadonlySet<number>; readonly b: ReadonlySet<number> };

  /** @param sameFormat layouts are the same on both sides, so that moving data is a layer like any other. */
  constructor(readonly a: readonly Element[], readonly b: readonly Element[], readonly sameFormat: boolean) {
    this.seeThrough = { a: optional(a, b, sameFormat), b: optional(b, a, sameFormat) };
    this.ofA = new Int32Array(a.length).fill(-1);
    this.ofB = new Int32Array(b.length).fill(-1);
  }

  /** Pairs two that are free. @returns whether they were. */
  pair(a: number, b: number): boolean {
    if (this.ofA[a] !== -1 || this.ofB[b] !== -1) return false;
    this.ofA[a] = b;
    this.ofB[b] = a;
    return true;
  }
}

/** Passes over the graph that one kind of likeness is followed for. */
const mostRounds = 6;
/** Elements that read one value and are looked at as each other's replacement. */
const mostReaders = 64;

/** @param sameFormat whether both files are of one format. */
export function align(a: readonly Element[], b: readonly Element[], sameFormat: boolean): Matching {
  const matching = new Matching(a, b, sameFormat);
  matchPorts(matching);
  const named = matchNames(matching);
  for (const level of ['all', 'dims', 'weights', 'class'] as const) {
    const marks = new Marks(matching, level);
    // Each round reaches as far as the graph agrees; what it found anchors the next.
    const follow = (): void => { for (let round = 0; round < mostRounds; round++) if (marks.followEdges('preds') + marks.followEdges('succs') === 0) return; };
    follow();
    if (level !== 'class') for (let round = 0; round < 3 && marks.matchNeighbourhoods() > 0; round++) follow();
  }
  if (!named) matchLeftNames(matching);
  matchGaps(matching);
  matchReplaced(matching);
  matchGaps(matching);
  return matching;
}

// --- ports and names -----------------------------------------------------------------------------------------------

function matchPorts(matching: Matching): void {
  for (const kind of ['input', 'output'] as const) {
    const a = matching.a.filter((element) => element.kind === kind), b = matching.b.filter((element) => element.kind === kind);
    const byName = new Map(b.map((element) => [element.names[0], element.id]));
    for (const element of a) {
      const other = byName.get(element.names[0]);
      if (other !== undefined) matching.pair(element.id, other);
    }
    const left = b.filter(({ id }) => matching.ofB[id] === -1);
    let next = 0;
    for (const element of a) {
      if (matching.ofA[element.id] === -1 && next < left.length) matching.pair(element.id, left[next++]!.id);
    }
  }
}

/** Names that both models give to one element each, of the same class. */
function namePairs(matching: Matching, of: (element: Element) => readonly string[]): [number, number][] {
  const index = (elements: readonly Element[], through: ReadonlySet<number>): Map<string, number> => {
    const found = new Map<string, number>();
    for (const element of elements) if (element.kind === 'op' && !through.has(element.id)) for (const name of of(element)) found.set(name, found.has(name) && found.get(name) !== element.id ? -1 : element.id);
    return found;
  };
  const inA = index(matching.a, matching.seeThrough.a), inB = index(matching.b, matching.seeThrough.b);
  const pairs: [number, number][] = [];
  const taken = new Set<number>();
  for (const element of matching.a) {
    if (element.kind !== 'op' || matching.ofA[element.id] !== -1) continue;
    for (const name of of(element)) {
      const other = inB.get(name);
      if (inA.get(name) !== element.id || other === undefined || other === -1 || taken.has(other) || matching.ofB[other] !== -1 || matching.b[other]!.opClass !== element.opClass) continue;
      taken.add(other);
      pairs.push([element.id, other]);
      break;
    }
  }
  return pairs;
}

/**
 * Pairs by name, if names can be trusted: an inserted layer shifts the numbers of all that follow, and then the weights
 * behind equal names have other dims. @returns whether they were.
 */
function matchNames(matching: Matching): boolean {
  const pairs = namePairs(matching, ({ names }) => names);
  const trusted = agree(matching, pairs) >= 0.8;
  if (trusted) for (const [a, b] of pairs) matching.pair(a, b);
  const counted = namePairs(matching, ({ countedNames }) => countedNames);
  const fewer = Math.min(freeOps(matching.a, matching.ofA), freeOps(matching.b, matching.ofB));
  if (counted.length >= 0.7 * fewer && agree(matching, counted) >= 0.9) for (const [a, b] of counted) matching.pair(a, b);
  return trusted;
}

/** Names that could not be trusted as a whole, where all else speaks for them. */
function matchLeftNames(matching: Matching): void {
  for (const [a, b] of namePairs(matching, ({ names }) => names)) {
    if (matching.a[a]!.weightText === matching.b[b]!.weightText && shape(matching.a[a]!, true) === shape(matching.b[b]!, true)) matching.pair(a, b);
  }
}

/** Part of the pairs with weights that have weights of the same dims (of those without any: outputs of the same dims). */
function agree(matching: Matching, pairs: readonly [number, number][]): number {
  const weighted = pairs.filter(([a]) => matching.a[a]!.weightText !== '');
  const asked = weighted.length ? weighted : pairs;
  if (asked.length === 0) return 1;
  return asked.filter(([a, b]) => matching.a[a]!.weightText === matching.b[b]!.weightText && (weighted.length > 0 || shape(matching.a[a]!, true) === shape(matching.b[b]!, true))).length / asked.length;
}

function freeOps(elements: readonly Element[], matched: Int32Array): number {
  return elements.reduce((count, { kind, id }) => count + (kind === 'op' && matched[id] === -1 ? 1 : 0), 0);
}

// --- structure -----------------------------------------------------------------------------------------------------

type Level = 'all' | 'dims' | 'weights' | 'class';

/** Output dims without the batch; symbols and unknown dims fit anything of their rank. */
function shape(element: Element, ordered: boolean): string {
  const dims = element.dims[0]?.slice(1).map((dim) => typeof dim === 'number' ? dim : 0);
  if (!dims) return '?';
  return (ordered ? dims : dims.sort((x, y) => x - y)).join('×');
}

/** What elements look like from where they stand, as numbers that are equal across both models. */
class Marks {
  private readonly numbers = new Map<string, number>();
  private readonly own: Readonly<Record<'a' | 'b', Int32Array>>;

  constructor(private readonly matching: Matching, level: Level) {
    const text = (element: Element): string => {
      const { opClass, weightText, settings } = element;
      if (level === 'class') return opClass;
      if (level === 'weights') return `${opClass}|${weightText}`;
      return `${opClass}|${weightText}|${shape(element, matching.sameFormat)}${level === 'all' ? `|${settings}` : ''}`;
    };
    this.own = { a: Int32Array.from(matching.a, (element) => this.number(text(element))), b: Int32Array.from(matching.b, (element) => this.number(text(element))) };
  }

  private number(text: string): number {
    const known = this.numbers.get(text);
    if (known !== undefined) return known;
    this.numbers.set(text, this.numbers.size);
    return this.numbers.size - 1;
  }

  /**
   * Pairs elements that everything before them (`preds`) or after them (`succs`) leads to alike, up to elements that are
   * paired already. @returns how many.
   */
  followEdges(direction: 'preds' | 'succs'): number {
    const { matching } = this;
    const marksOf = (side: 'a' | 'b'): Int32Array => {
      const elements = matching[side], partner = side === 'a' ? matching.ofA : matching.ofB, own = this.own[side], through = matching.seeThrough[side];
      const marks = new Int32Array(elements.length);
      for (let step = 0; step < elements.length; step++) {
        const at = direction === 'preds' ? step : elements.length - 1 - step;
        if (partner[at] !== -1) {
          marks[at] = this.number(`=${side === 'a' ? at : partner[at]}`);
          continue;
        }
        const next = elements[at]![direction];
        if (next.length === 1 && through.has(at)) {
          marks[at] = marks[next[0]!]!;
          continue;
        }
        const around = next.length === 1 ? String(marks[next[0]!]) : direction === 'preds' ? next.map((id) => marks[id]).join() : next.map((id) => marks[id]!).sort((x, y) => x - y).join();
        // Nothing around it: an element nobody reads, or a constant function. Its own look is all there is.
        marks[at] = this.number(`${direction}|${own[at]}|${around}`);
      }
      return marks;
    };
    return this.pairEqual(marksOf('a'), marksOf('b'), false);
  }

  /** Pairs elements whose surroundings, three edges deep, occur once in each model. @returns how many. */
  matchNeighbourhoods(): number {
    const { matching } = this;
    const marksOf = (side: 'a' | 'b'): Int32Array => {
      const elements = matching[side], partner = side === 'a' ? matching.ofA : matching.ofB;
      let marks = this.own[side].slice();
      for (let at = 0; at < elements.length; at++) if (partner[at] !== -1) marks[at] = this.number(`=${side === 'a' ? at : partner[at]}`);
      for (let depth = 0; depth < 3; depth++) {
        const last = marks;
        marks = Int32Array.from(elements, ({ preds, succs }, at) => partner[at] !== -1 ? last[at]! : this.number(`o|${last[at]}|${preds.map((id) => last[id]).join()}|${succs.map((id) => last[id]!).sort((x, y) => x - y).join()}`));
      }
      return marks;
    };
    return this.pairEqual(marksOf('a'), marksOf('b'), true);
  }

  /** Pairs free elements of equal marks, in order, where both models have as many of them (or where it is the only one). */
  private pairEqual(a: Int32Array, b: Int32Array, single: boolean): number {
    const { matching } = this;
    const groups = new Map<number, { readonly a: number[]; readonly b: number[] }>();
    const collect = (marks: Int32Array, partner: Int32Array, side: 'a' | 'b'): void => {
      marks.forEach((mark, at) => {
        if (partner[at] !== -1 || matching[side][at]!.kind !== 'op' || matching.seeThrough[side].has(at)) return;
        let group = groups.get(mark);
        if (!group) groups.set(mark, group = { a: [], b: [] });
        group[side].push(at);
      });
    };
    collect(a, matching.ofA, 'a');
    collect(b, matching.ofB, 'b');
    let found = 0;
    for (const group of groups.values()) {
      if (group.a.length !== group.b.length || (single && group.a.length > 1)) continue;
      group.a.forEach((id, index) => { if (matching.pair(id, group.b[index]!)) found++; });
    }
    return found;
  }
}

/** What stands in the same place but does something else: its neighbours are paired, or its name says so. */
function matchReplaced(matching: Matching): void {
  const { a, b, ofA, ofB } = matching;
  const candidates = (element: Element): Set<number> => {
    const found = new Set<number>();
    for (const pred of element.preds) if (ofA[pred] !== -1) for (const succ of b[ofA[pred]!]!.succs.slice(0, mostReaders)) if (ofB[succ] === -1 && b[succ]!.kind === 'op') found.add(succ);
    return found;
  };
  for (const element of a) {
    if (ofA[element.id] !== -1 || element.kind !== 'op') continue;
    for (const id of candidates(element)) {
      const other = b[id]!;
      const named = element.names.some((name) => other.names.includes(name));
      const before = element.preds.length === other.preds.length && element.preds.every((pred, at) => ofA[pred] === other.preds[at]);
      const after = element.succs.length === other.succs.length && element.succs.every((succ) => ofA[succ] !== -1 && other.succs.includes(ofA[succ]!));
      if (named ? before || after : before && after) {
        matching.pair(element.id, id);
        break;
      }
    }
  }
}
