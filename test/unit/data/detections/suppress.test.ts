import assert from 'node:assert/strict';
import type { Box } from '../../../../src/data/detections/head';
import { Collector, mostBoxes, mostCandidates, overlap, suppress } from '../../../../src/data/detections/suppress';
import { cocoNames, cocoNamesById, namesOfDetector, namesOfSegmenter, vocNames } from '../../../../src/data/detections/names';
import { Random } from '../../../../src/tensor/random';

const evidence = { output: 'o', dims: [1], how: 'element', factors: [{ element: 0 }] } as const;
const box = (x0: number, y0: number, x1: number, y1: number, score: number, classIndex = 0): Box => ({ x0, y0, x1, y1, score, classIndex, evidence });

describe('data/detections: suppression and names', () => {
  it('overlap in closed form', () => {
    assert.equal(overlap(box(0, 0, 1, 1, 1), box(0, 0, 1, 1, 1)), 1);
    assert.ok(Math.abs(overlap(box(0, 0, 1, 1, 1), box(0.5, 0, 1.5, 1, 1)) - 1 / 3) < 1e-12);
    assert.equal(overlap(box(0, 0, 1, 1, 1), box(1, 0, 2, 1, 1)), 0);
    assert.equal(overlap(box(0, 0, 0, 0, 1), box(0, 0, 0, 0, 1)), 0);
  });

  it('keeps the best of those that overlap, class by class', () => {
    const kept = suppress([box(0, 0, 1, 1, 0.5), box(0.1, 0, 1.1, 1, 0.9), box(0.05, 0, 1.05, 1, 0.7, 1), box(3, 0, 4, 1, 0.2)], 0.45);
    assert.deepEqual(kept.map(({ score }) => score), [0.9, 0.7, 0.2]);
  });

  it('of any boxes: no two kept ones overlap, all dropped ones overlap a better one, and a threshold commutes', () => {
    const random = new Random(7), next = (): number => random.uint32() / 2 ** 32, boxes = Array.from({ length: 250 }, () => {
      const x = next(), y = next();
      return box(x, y, x + 0.3 * next(), y + 0.3 * next(), next(), next() < 0.5 ? 0 : 1);
    });
    const kept = suppress(boxes, 0.45);
    for (const a of kept) for (const b of kept) assert.ok(a === b || a.classIndex !== b.classIndex || overlap(a, b) <= 0.45);
    for (const a of boxes) assert.ok(kept.includes(a) || kept.some((b) => b.score >= a.score && b.classIndex === a.classIndex && overlap(a, b) > 0.45));
    const strong = (list: readonly Box[]): Box[] => list.filter(({ score }) => score >= 0.6);
    assert.deepEqual(suppress(strong(boxes), 0.45), strong(kept));
  });

  it('the collector is bounded, and counts what is no box', () => {
    const collector = new Collector();
    for (let i = 0; i < 50_000; i++) if (collector.wants(i / 50_000)) collector.add(box(0, 0, 1, 1, i / 50_000));
    collector.add(box(0, 0, NaN, 1, 1));
    collector.add(box(1, 0, 0, 1, 1));
    const list = collector.list();
    assert.deepEqual([list.length, list[0]!.score, collector.broken], [mostCandidates, 49_999 / 50_000, 2]);
    assert.equal(suppress(Array.from({ length: 1000 }, (_, i) => box(i, 0, i + 1, 1, 0.5)), 0.45).length, mostBoxes);
  });

  it('names of COCO and VOC in their usual places', () => {
    assert.deepEqual([cocoNames.length, cocoNames[0], cocoNames[16], cocoNames[79]], [80, 'person', 'dog', 'toothbrush']);
    assert.deepEqual([cocoNamesById.length, cocoNamesById[1], cocoNamesById[18], cocoNamesById[90], cocoNamesById[12]], [91, 'person', 'dog', 'toothbrush', 'no category']);
    assert.deepEqual([vocNames.length, vocNames[7], vocNames[11]], [20, 'cat', 'dog']);
    assert.match(namesOfDetector(80)!.source, /assumed/);
    assert.equal(namesOfDetector(7), undefined);
    assert.deepEqual(namesOfSegmenter(21)!.names[12], 'dog');
  });
});
