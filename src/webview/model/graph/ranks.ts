/** The rank of every node: the longest path from a source, with sources pulled down to just above what they feed. */

/** @param edges pairs (from, to); an edge that closes a cycle is left out of account. */
export function ranksOf(count: number, edges: Uint32Array): Uint32Array {
  const rank = new Uint32Array(count), waiting = new Uint32Array(count), starts = new Uint32Array(count + 1);
  const edgeCount = edges.length / 2;
  for (let e = 0; e < edgeCount; e++) {
    starts[edges[2 * e]! + 1]!++;
    waiting[edges[2 * e + 1]!]!++;
  }
  for (let node = 0; node < count; node++) starts[node + 1]! += starts[node]!;
  const targets = new Uint32Array(edgeCount), filled = starts.slice();
  for (let e = 0; e < edgeCount; e++) targets[filled[edges[2 * e]!]!++] = edges[2 * e + 1]!;

  const sources: number[] = [], queue: number[] = [];
  for (let node = 0; node < count; node++) if (waiting[node] === 0) { sources.push(node); queue.push(node); }
  for (let head = 0; head < queue.length; head++) {
    const node = queue[head]!;
    for (let at = starts[node]!; at < starts[node + 1]!; at++) {
      const target = targets[at]!;
      rank[target] = Math.max(rank[target]!, rank[node]! + 1);
      if (--waiting[target]! === 0) queue.push(target);
    }
  }
  for (const node of sources) {
    let nearest = Infinity;
    for (let at = starts[node]!; at < starts[node + 1]!; at++) nearest = Math.min(nearest, rank[targets[at]!]!);
    if (nearest !== Infinity && nearest > 0) rank[node] = nearest - 1;
  }
  return rank;
}
