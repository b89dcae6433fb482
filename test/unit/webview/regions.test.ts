import assert from 'node:assert/strict';
import { Mask, nextRegion, outline, regionCentres } from '../../../src/webview/explain/regions/mask';

const drawn = (mask: Mask): string => Array.from({ length: mask.height }, (_, y) => Array.from(mask.bytes.subarray(y * mask.width, (y + 1) * mask.width), (byte) => (byte ? '#' : '.')).join('')).join('\n');

describe('webview/explain/regions', () => {
  it('boxes and strokes stay inside, also where the pointer does not', () => {
    const mask = new Mask(6, 4);
    mask.box({ x: 4.2, y: -3 }, { x: 99, y: 1.5 }, 1);
    assert.equal(drawn(mask), '....##\n....##\n......\n......');
    mask.stroke({ x: -2, y: 3.5 }, { x: 2.5, y: 3.5 }, 0.8, 1);
    assert.equal(drawn(mask), '....##\n....##\n......\n###...');
    mask.box({ x: 5, y: 0 }, { x: 6, y: 4 }, 0);
    assert.equal(drawn(mask), '....#.\n....#.\n......\n###...');
  });

  it('a step can be drawn anew and taken back; one that changes nothing is none', () => {
    const mask = new Mask(3, 1);
    mask.begin();
    mask.box({ x: 0, y: 0 }, { x: 3, y: 1 }, 1);
    mask.restart();
    mask.box({ x: 0, y: 0 }, { x: 1, y: 1 }, 1);
    mask.end();
    mask.begin();
    mask.end();
    assert.equal(drawn(mask), '#..');
    mask.region([7, 8, 8], 8, 1);
    mask.undo();
    assert.equal(drawn(mask), '...');
    assert.equal(mask.canUndo, false);
    assert.equal(mask.isEmpty, true);
  });

  it('outlines are the edges between inside and outside, straight ones in one piece', () => {
    const inside = [0, 0, 0, 0, 1, 1, 0, 0, 0];
    assert.deepEqual(outline((cell) => inside[cell] === 1, 3, 3), [1, 1, 3, 1, 1, 2, 3, 2, 1, 1, 1, 2, 3, 1, 3, 2]);
    assert.deepEqual(outline(() => true, 2, 1), [0, 0, 2, 0, 0, 1, 2, 1, 0, 0, 0, 1, 2, 0, 2, 1]);
  });

  it('the keys go to the region that lies next in a direction, and to none behind the last', () => {
    const centres = regionCentres([0, 0, 1, 1, 2, 2, 3, 3], 4, 4);
    assert.deepEqual(centres[1], { x: 3, y: 0.5, cells: 2 });
    assert.equal(nextRegion(centres, 0, 1, 0), 1);
    assert.equal(nextRegion(centres, 0, 0, 1), 2);
    assert.equal(nextRegion(centres, 1, 1, 0), undefined);
  });
});
