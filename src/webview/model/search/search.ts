/** Running a query over a model. Sequences are matched along edges in time linear in the model for each step. */
import type { Connections } from '../connections';
import { parseQuery, type Step } from './query';
import type { SearchIndex } from './searchIndex';

export interface Found {
  /** Entries that matches begin with, in the model's order: as many as there are matches. */
  readonly starts: readonly number[];
  /** Entries of all matches. */
  readonly entries: readonly number[];
  /** Entries of the match with this number, first to last. */
  match(number: number): readonly number[];
}

/** What `query` finds; undefined if it asks for nothing. */
export function search(index: SearchIndex, query: string): Found | undefined {
  const steps = parseQuery(query);
  if (steps.length === 0) return undefined;
  const matching = steps.map(({ words }) => index.matching(words, steps.length > 1));
  if (steps.length === 1) {
    const starts = positions(matching[0]!);
    return { starts, entries: starts, match: (number) => [starts[number]!] };
  }
  return sequence(index.connections, steps, matching);
}

/**
 * Every node that begins a sequence, each with one way through it. Backwards: from which nodes the rest can be matched;
 * forwards: which of those a match comes by.
 */
function sequence(connections: Connections, steps: readonly Step[], matching: readonly Uint8Array[]): Found {
  const count = connections.nodes.length, last = steps.length - 1;
  const open: Uint8Array[] = [];
  /** By step: edges from each node to the nearest that matches it (0: itself); 255: too far. */
  const away: Uint8Array[] = [];
  open[last] = matching[last]!.subarray(0, count);
  for (let step = last - 1; step >= 0; step--) {
    const distances = (away[step + 1] = backwards(connections, open[step + 1]!, steps[step + 1]!.gap));
    const here = (open[step] = matching[step]!.slice(0, count));
    for (let node = 0; node < count; node++) {
      if (here[node] && nearest(connections, node, distances) === undefined) here[node] = 0;
    }
  }
  const taken = new Uint8Array(count);
  let front: Uint8Array = open[0]!;
  mark(taken, front);
  for (let step = 1; step <= last; step++) {
    const reached = forwards(connections, front, steps[step]!.gap);
    for (let node = 0; node < count; node++) if (!open[step]![node]) reached[node] = 0;
    mark(taken, (front = reached));
  }
  const starts = positions(open[0]!);
  return {
    starts, entries: positions(taken),
    match: (number) => {
      const way = [starts[number]!];
      for (let step = 1; step <= last; step++) {
        let node = way.at(-1)!;
        do node = nearest(connections, node, away[step]!)!; while (away[step]![node] !== 0);
        way.push(node);
      }
      return way;
    },
  };
}

const far = 255;

/** The node after `node` that is nearest to the step that `distances` lead to. */
function nearest(connections: Connections, node: number, distances: Uint8Array): number | undefined {
  let best: number | undefined, least = far;
  for (const edge of connections.leaving(node)) {
    const next = connections.to[edge]!;
    if (distances[next]! < least) { best = next; least = distances[next]!; }
  }
  return best;
}

function backwards(connections: Connections, targets: Uint8Array, limit: number): Uint8Array {
  const distances = new Uint8Array(targets.length).fill(far);
  let front = positions(targets);
  for (const node of front) distances[node] = 0;
  for (let distance = 1; distance <= limit && front.length > 0; distance++) {
    const next: number[] = [];
    for (const node of front) for (const edge of connections.entering(node)) {
      const before = connections.from[edge]!;
      if (distances[before] === far) { distances[before] = distance; next.push(before); }
    }
    front = next;
  }
  return distances;
}

/** Nodes one to `gap` + 1 edges after one of `sources`. */
function forwards(connections: Connections, sources: Uint8Array, gap: number): Uint8Array {
  const reached = new Uint8Array(sources.length);
  let front = positions(sources);
  for (let distance = 0; distance <= gap && front.length > 0; distance++) {
    const next: number[] = [];
    for (const node of front) for (const edge of connections.leaving(node)) {
      const after = connections.to[edge]!;
      if (!reached[after]) { reached[after] = 1; next.push(after); }
    }
    front = next;
  }
  return reached;
}

function positions(flags: Uint8Array): number[] {
  const found: number[] = [];
  for (let position = 0; position < flags.length; position++) if (flags[position]) found.push(position);
  return found;
}

function mark(into: Uint8Array, flags: Uint8Array): void {
  for (let position = 0; position < flags.length; position++) if (flags[position]) into[position] = 1;
}
