/** The layout of one level: boxes beside and below each other, lines from box to box. */
import assert from 'node:assert/strict';
import fc from 'fast-check';
import { laneLayout } from '../../../src/webview/model/graph/lanes';
import { layeredLayout } from '../../../src/webview/model/graph/layered';
import type { LevelLayout, LevelRequest } from '../../../src/webview/model/graph/layout';
import { levelLayout } from '../../../src/webview/model/graph/level';
import { ranksOf, withoutCycles } from '../../../src/webview/model/graph/ranks';

function request(count: number, edges: readonly (readonly [number, number])[], entries = 0, exits = 0): LevelRequest {
  return { widths: new Float32Array(count).fill(100), heights: new Float32Array(count).fill(40), edges: Uint32Array.from(edges.flat()), entries, exits };
}

/** Random acyclic graphs: edges run from lower to higher numbers. */
const graphs = fc.integer({ min: 1, max: 40 }).chain((count) => fc.array(fc.tuple(fc.nat(count - 1), fc.nat(count - 1)), { maxLength: 80 })
  .map((pairs) => ({ count, edges: pairs.filter(([a, b]) => a !== b).map(([a, b]) => [Math.min(a, b), Math.max(a, b)] as const) })));

/** The same with edges in all directions, and ports. */
const anyGraphs = fc.integer({ min: 1, max: 25 }).chain((count) => fc.record({
  count: fc.constant(count), pairs: fc.array(fc.tuple(fc.nat(count - 1), fc.nat(count - 1)), { maxLength: 50 }),
  into: fc.array(fc.nat(count - 1), { maxLength: 4 }), outOf: fc.array(fc.nat(count - 1), { maxLength: 4 }),
})).map(({ count, pairs, into, outOf }) => ({
  count, entries: into.length, exits: outOf.length,
  edges: [...pairs.filter(([a, b]) => a !== b), ...into.map((box, port) => [count + port, box] as const), ...outOf.map((box, port) => [box, count + into.length + port] as const)],
}));

function check(asked: LevelRequest, laid: LevelLayout, downwards = true): void {
  const count = asked.widths.length;
  for (let a = 0; a < count; a++) {
    assert.ok(laid.x[a]! >= 49.9 && laid.x[a]! <= laid.width - 49.9 && laid.y[a]! >= 19.9 && laid.y[a]! <= laid.height - 19.9, 'boxes lie inside');
    for (let b = a + 1; b < count; b++) {
      const apartX = Math.abs(laid.x[a]! - laid.x[b]!) >= 99.9, apartY = Math.abs(laid.y[a]! - laid.y[b]!) >= 39.9;
      assert.ok(apartX || apartY, `boxes ${a} and ${b} overlap`);
    }
  }
  for (let e = 0; e < asked.edges.length / 2; e++) {
    const from = asked.edges[2 * e]!, to = asked.edges[2 * e + 1]!;
    if (downwards) assert.ok(laid.y[from]! < laid.y[to]!, 'edges run downwards');
    const first = laid.offsets[e]!, last = laid.offsets[e + 1]! - 1;
    assert.ok(last > first);
    for (let p = first; p <= last; p++) assert.ok(Number.isFinite(laid.points[2 * p]!) && Number.isFinite(laid.points[2 * p + 1]!));
    assert.ok(Math.abs(laid.points[2 * last]! - laid.x[to]!) < 0.01, 'lines end at their box');
    if (laid.trunk[e]! < 0) assert.ok(Math.abs(laid.points[2 * first]! - laid.x[from]!) < 0.01, 'lines begin at their box');
    else {
      // A continued line begins on the one before it, which comes from the same source.
      const before = laid.trunk[e]!, begin = [laid.points[2 * first]!, laid.points[2 * first + 1]!] as const;
      assert.equal(asked.edges[2 * before], from);
      let touches = false;
      for (let p = laid.offsets[before]!; p < laid.offsets[before + 1]!; p++) touches ||= Math.abs(laid.points[2 * p]! - begin[0]) < 0.01 && Math.abs(laid.points[2 * p + 1]! - begin[1]) < 0.01;
      assert.ok(touches);
    }
  }
}

describe('the layout of a level', () => {
  it('ranks boxes by their longest path, and pulls sources down to what they feed', () => {
    // 0 → 1 → 2 → 3, 0 → 3, and a source 4 that feeds 3 only.
    assert.deepEqual([...ranksOf(5, Uint32Array.from([0, 1, 1, 2, 2, 3, 0, 3, 4, 3]))], [0, 1, 2, 3, 2]);
  });

  it('turns round no more than what closes a cycle', () => {
    assert.deepEqual([...withoutCycles(3, Uint32Array.from([0, 1, 1, 2, 2, 0])).turned], [0, 0, 1]);
    assert.deepEqual([...withoutCycles(3, Uint32Array.from([2, 1, 1, 0])).turned], [0, 0]);
  });

  it('in lanes: no overlaps, edges run downwards from box to box', () => {
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

  it('with cycles and with ports at the frame: the same but for the direction, entries above and exits below all boxes', () => {
    fc.assert(fc.property(anyGraphs, ({ count, edges, entries, exits }) => {
      const asked = request(count, edges, entries, exits);
      for (const laid of [laneLayout(asked), layeredLayout(asked), levelLayout(asked)]) {
        check(asked, laid, false);
        for (let box = 0; box < count; box++) {
          for (let entry = 0; entry < entries; entry++) assert.ok(laid.y[count + entry]! < laid.y[box]! - 19.9);
          for (let exit = 0; exit < exits; exit++) assert.ok(laid.y[count + entries + exit]! > laid.y[box]! + 19.9 || laid.y[box]! + 20 <= laid.height);
        }
      }
    }), { numRuns: 40 });
  });

  it('long edges of one source share a lane', () => {
    const chain = Array.from({ length: 30 }, (_, node) => [node, node + 1] as const);
    const laid = laneLayout(request(31, [...chain, ...[10, 20, 30].map((to) => [0, to] as const)]));
    assert.deepEqual([...laid.trunk].slice(30), [-1, 30, 31]);
  });

  it('boxes without edges stand in a grid', () => {
    const laid = levelLayout(request(50, []));
    assert.ok(laid.width < 1300 && laid.height < 700, `${laid.width} × ${laid.height}`);
  });

  it('lays out 100,000 boxes in lanes within some seconds', function () {
    this.timeout(20_000);
    const edges: [number, number][] = [];
    for (let node = 1; node < 100_000; node++) {
      edges.push([node - 1, node]);
      if (node % 7 === 0) edges.push([node - 7, node]);
    }
    const started = performance.now();
    laneLayout(request(100_000, edges));
    assert.ok(performance.now() - started < 5000, `${performance.now() - started} ms`);
  });

  it('answers a graph without boxes', () => {
    assert.equal(levelLayout(request(0, [])).height, 0);
  });
});
