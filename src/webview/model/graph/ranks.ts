/** The rank of every node: the longest path from a source, with sources pulled down to just above what they feed. */

/** Edges by their source: `targets[starts[n]…starts[n + 1])` are the edge numbers that leave node n. */
export function outgoing(count: number, edges: Uint32Array): { starts: Uint32Array; order: Uint32Array } {
  const starts = new Uint32Array(count + 1), order = new Uint32Array(edges.length / 2);
  for (let e = 0; e < edges.length; e += 2) starts[edges[e]! + 1]!++;
  for (let node = 0; node < count; node++) starts[node + 1]! += starts[node]!;
  const filled = starts.slice();
  for (let e = 0; e < edges.length / 2; e++) order[filled[edges[2 * e]!]!++] = e;
  return { starts, order };
}

/** The edges with those that close a cycle turned round. `turned[e]` says which. Groups can feed each other both ways. */
export function withoutCycles(count: number, edges: Uint32Array): { edges: Uint32Array; turned: Uint8Array } {
  const { starts, order } = outgoing(count, edges);
  const state = new Uint8Array(count), turned = new Uint8Array(edges.length / 2), next = starts.slice(0, count);
  const stack: number[] = [];
  for (let root = 0; root < count; root++) {
    if (state[root] !== 0) continue;
    stack.push(root);
    state[root] = 1;
    while (stack.length > 0) {
      const node = stack.at(-1)!;
      if (next[node]! === starts[node + 1]!) {
        state[node] = 2;
        stack.pop();
        continue;
      }
      const edge = order[next[node]!++]!, target = edges[2 * edge + 1]!;
      if (state[target] === 1) turned[edge] = 1;
      else if (state[target] === 0) {
        state[target] = 1;
        stack.push(target);
      }
    }
  }
  if (!turned.includes(1)) return { edges, turned };
  const acyclic = edges.slice();
  turned.forEach((is, e) => { if (is) [acyclic[2 * e], acyclic[2 * e + 1]] = [edges[2 * e + 1]!, edges[2 * e]!]; });
  return { edges: acyclic, turned };
}

/** @param edges pairs (from, to) without cycles. */
export function ranksOf(count: number, edges: Uint32Array): Uint32Array {
  const rank = new Uint32Array(count), waiting = new Uint32Array(count);
  const { starts, order } = outgoing(count, edges);
  for (let e = 1; e < edges.length; e += 2) waiting[edges[e]!]!++;
  const sources: number[] = [], queue: number[] = [];
  for (let node = 0; node < count; node++) if (waiting[node] === 0) { sources.push(node); queue.push(node); }
  for (let head = 0; head < queue.length; head++) {
    const node = queue[head]!;
    for (let at = starts[node]!; at < starts[node + 1]!; at++) {
      const target = edges[2 * order[at]! + 1]!;
      rank[target] = Math.max(rank[target]!, rank[node]! + 1);
      if (--waiting[target]! === 0) queue.push(target);
    }
  }
  for (const node of sources) {
    let nearest = Infinity;
    for (let at = starts[node]!; at < starts[node + 1]!; at++) nearest = Math.min(nearest, rank[edges[2 * order[at]! + 1]!]!);
    if (nearest !== Infinity && nearest > 0) rank[node] = nearest - 1;
  }
  return rank;
}
