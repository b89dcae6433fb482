import assert from 'node:assert/strict';
import { recognise } from '../../../../src/data/detections/recognise';
import { nothing, type Mask, type MaskHead } from '../../../../src/data/detections/segmentation';
import { facts, valuesOf, type Out } from './support';

function maskOf(out: Out, side: Parameters<typeof facts>[1], behind?: readonly number[]): { head: MaskHead; mask: Mask | { readonly none: string } } {
  const model = facts([out], side), head = recognise({ ...model, outputs: model.outputs.map((output) => ({ ...output, ...(behind && { behind }) })) });
  if (head.kind !== 'mask') throw new Error(head.kind === 'none' ? head.why : head.name);
  return { head, mask: head.read(valuesOf(out)) };
}

const cells = (mask: Mask | { readonly none: string }): Uint16Array => ('cells' in mask ? mask.cells : assert.fail(mask.none));

describe('data/detections: masks', () => {
  it('scores in either layout: the largest wins', () => {
    const first = maskOf({ dims: [1, 3, 16, 32], at: [[[0, 2, 5, 7], 1]] }, [64, 128]), last = maskOf({ dims: [1, 16, 32, 3], at: [[[0, 5, 7, 2], 1]] }, [64, 128]);
    for (const { head, mask } of [first, last]) {
      assert.deepEqual([head.classes, head.height, head.width], [3, 16, 32]);
      assert.deepEqual([cells(mask)[5 * 32 + 7], cells(mask)[0]], [2, 0]);
    }
  });

  it('label maps: whole numbers, out of as many classes as the scores before the ArgMax have', () => {
    const { head, mask } = maskOf({ dims: [1, 32, 32], dtype: 'int64', at: [[[0, 1, 2], 15], [[0, 1, 3], 255]] }, 32, [1, 21, 32, 32]);
    assert.deepEqual([head.classes, cells(mask)[34], cells(mask)[35]], [21, 15, nothing]);
  });

  it('one channel: above ½ of probabilities, above 0 of logits; a depth is no mask', () => {
    assert.equal(cells(maskOf({ dims: [1, 1, 32, 32], at: [[[0, 0, 0, 1], 0.9]] }, 32).mask).filter((value) => value === 0).length, 1);
    assert.equal(cells(maskOf({ dims: [1, 1, 32, 32], fill: -3, at: [[[0, 0, 0, 1], 0.2]] }, 32).mask).filter((value) => value === 0).length, 1);
    const depth = maskOf({ dims: [1, 32, 32], fill: 700 }, 32).mask;
    assert.match('none' in depth ? depth.none : '', /depth/);
  });

  it('pictures, features and rows are no masks', () => {
    for (const [dims, side] of [[[1, 3, 128, 128], 64], [[1, 512, 7, 7], 224], [[1, 1000], 224], [[1, 50, 6625], 48]] as const) {
      const read = recognise(facts([{ dims }], side));
      assert.equal(read.kind, 'none', dims.join());
      assert.match(read.kind === 'none' ? read.why : '', /no known detector/);
    }
  });

  it('what a sidecar states is a mask of any size', () => {
    assert.equal(maskOf({ dims: [1, 5, 3, 3], stated: { kind: 'mask' } }, 224).head.classes, 5);
  });

  it('NaN wins nowhere', () => {
    assert.ok(cells(maskOf({ dims: [1, 3, 16, 16], fill: NaN }, 64).mask).every((value) => value === nothing));
  });
});
