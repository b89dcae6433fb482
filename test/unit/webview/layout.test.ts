import assert from 'node:assert/strict';
import fc from 'fast-check';
import { laneLayout } from '../../../src/webview/model/graph/lanes';
import { layeredLayout } from '../../../src/webview/model/graph/layered';
import type { LayoutRequest, LayoutResult } from '../../../src/webview/model/graph/layout';
import { ranksOf } from '../../../src/webview/model/graph/ranks';

function request(count: number, edges: readonly (readonly [number, number])[]): LayoutRequest {
  return { id: 1, widths: new Float32Array(count).fill(100), heights: new Float32Array(count).fill(40), edges: Uint32Array.from(edges.flat()) };
}

/** Random acyclic graphs: edges run from lower to higher numbers. */
const graphs = fc.integer({ min: 1, max: 40 }).chain((count) => fc.array(fc.tuple(fc.nat(count - 1), fc.nat(count - 1)), { maxLength: 80 })
  .map((pairs) => ({ count, edges: pairs.filter(([a, b]) => a !== b).map(([a, b]) => [Math.min(a, b), Math.max(a, b)] as const) })));

function check(asked: LayoutRequest, laid: LayoutResult): void {
  const count = asked.widths.length;
  for (let a = 0; a < count; a++) {
    assert.ok(Number.isFinite(laid.x[a]!) && Number.isFinite(laid.y[a]!));
    for (let b = a + 1; b < count; b++) {
      const apartX = Math.abs(laid.x[a]! - laid.x[b]!) >= 99.9, apartY = Math.abs(laid.y[a]! - laid.y[b]!) >= 39.9;
      assert.ok(apartX || apartY, `nodes ${a} and ${b} overlap`);
    }
  }
  for (let e = 0; e < asked.edges.length / 2; e++) {
    const from = asked.edges[2 * e]!, to = asked.edges[2 * e + 1]!;
    assert.ok(laid.y[from]! < laid.y[to]!, 'edges run downwards');
    const first = laid.offsets[e]!, last = laid.offsets[e + 1]! - 1;
    assert.ok(last > first);
    assert.equal(laid.points[2 * first], laid.x[from]);
    assert.equal(laid.points[2 * last], laid.x[to]);
  }
}

describe('graph layout', () => {
  it('ranks nodes by their longest path, and pulls sources down to what they feed', () => {
    // 0 → 1 → 2 → 3, 0 → 3, and a source 4 that feeds 3 only.
    assert.deepEqual([...ranksOf(5, Uint32Array.from([0, 1, 1, 2, 2, 3, 0, 3, 4, 3]))], [0, 1, 2, 3, 2]);
  });

  it('in lanes: no overlaps, edges run downwards from node to node', () => {
    fc.assert(fc.property(graphs, ({ count, edges }) => {
      const asked = request(count, edges);
      check(asked, laneLayout(asked));
    }));
  });

  it('by dagre: the same', () => {
    fc.assert(fc.property(graphs, ({ count, edges }) => {
      const asked = request(count, edges);
      check(asked, layeredLayout(asked));
    }), { numRuns: 30 });
  });

  it('lays out 20,000 nodes in lanes within a second', () => {
    const edges: [number, number][] = [];
    for (let node = 1; node < 20_000; node++) {
      edges.push([node - 1, node]);
      if (node % 7 === 0) edges.push([node - 7, node]);
    }
    const started = performance.now();
    laneLayout(request(20_000, edges));
    assert.ok(performance.now() - started < 1000);
  });

  it('answers a graph with a cycle and one without nodes', () => {
    assert.equal(laneLayout(request(2, [[0, 1], [1, 0]])).x.length, 2);
    assert.equal(laneLayout(request(0, [])).height, 0);
  });
});
