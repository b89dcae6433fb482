import assert from 'node:assert/strict';
import fc from 'fast-check';
import { Connections } from '../../../src/webview/model/connections';
import { findPath } from '../../../src/webview/model/path/findPath';
import { best, graphOf } from './graphs';

const connect = (count: number, edges: readonly (readonly [number, number])[]): Connections =>
  new Connections(graphOf(Array.from({ length: count }, (_, at) => ({ name: String(at), opType: 'Relu' })), edges));

describe('a path between two nodes', () => {
  // 0 → 1 → 2 → 4, a shortcut 0 → 3 → 4, and a side branch 1 → 5 that leads nowhere.
  const network = connect(7, [[0, 1], [1, 2], [2, 4], [0, 3], [3, 4], [1, 5]]);

  it('is the shortest, with all that lies on any way', () => {
    const path = findPath(network, 0, 4)!;
    assert.deepEqual([path.nodes, path.edges, path.reversed], [[0, 3, 4], [3, 4], false]);
    assert.deepEqual(path.allNodes, [0, 1, 2, 3, 4]);
    assert.deepEqual([...path.allEdges].sort(), [0, 1, 2, 3, 4]);
  });

  it('is found from either end, and told in its own direction', () => {
    assert.deepEqual(findPath(network, 4, 1), { nodes: [1, 2, 4], edges: [1, 2], allNodes: [1, 2, 4], allEdges: [1, 2], reversed: true });
  });

  it('of a node to itself is the node', () => {
    assert.deepEqual(findPath(network, 2, 2), { nodes: [2], edges: [], allNodes: [2], allEdges: [], reversed: false });
  });

  it('does not exist where neither leads to the other', () => {
    assert.equal(findPath(network, 5, 4), undefined);
    assert.equal(findPath(network, 0, 6), undefined);
  });

  it('ends in a cycle', () => {
    assert.deepEqual(findPath(connect(3, [[0, 1], [1, 0], [1, 2]]), 0, 2)!.nodes, [0, 1, 2]);
  });

  it('keeps its place where an edge leads nowhere', () => {
    const path = findPath(connect(3, [[0, 9], [0, 1], [1, 2]]), 0, 2)!;
    assert.deepEqual(path.edges, [1, 2]);
  });

  it('follows edges and is as short as it can be', () => {
    fc.assert(fc.property(fc.array(fc.tuple(fc.nat(11), fc.nat(11)), { maxLength: 30 }), fc.nat(11), fc.nat(11), (edges, from, to) => {
      const path = findPath(connect(12, edges), from, to);
      // Distances by Bellman and Ford, for comparison.
      const distance = (start: number): number[] => {
        const known = Array.from({ length: 12 }, (_, node) => (node === start ? 0 : Infinity));
        for (let round = 0; round < 12; round++) for (const [a, b] of edges) known[b] = Math.min(known[b]!, known[a]! + 1);
        return known;
      };
      const forth = distance(from)[to]!, back = distance(to)[from]!;
      if (!path) return assert.ok(forth === Infinity && back === Infinity);
      assert.equal(path.nodes.length - 1, path.reversed ? back : forth);
      path.edges.forEach((edge, at) => assert.deepEqual(edges[edge], [path.nodes[at], path.nodes[at + 1]]));
      for (const node of path.nodes) assert.ok(path.allNodes.includes(node));
      const [first, last] = path.reversed ? [to, from] : [from, to];
      for (let node = 0; node < 12; node++) assert.equal(path.allNodes.includes(node), distance(first)[node]! < Infinity && distance(node)[last]! < Infinity);
    }));
  });

  it('through 100,000 nodes takes less than 100 ms', () => {
    const large = connect(100_000, Array.from({ length: 99_999 }, (_, at) => [at, at + 1]));
    assert.ok(best(() => assert.equal(findPath(large, 99_999, 0)!.nodes.length, 100_000)) < 100);
  });
});
