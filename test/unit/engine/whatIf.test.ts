/** Parts of a picture deleted, blurred or kept, and the regions to choose from, on a real model. */
import assert from 'node:assert/strict';
import fs from 'node:fs';
import path from 'node:path';
import { Engine } from '../../../src/engine/engine';
import { regions } from '../../../src/engine/jobs/regions';
import { whatIf } from '../../../src/engine/jobs/whatIf';
import type { PartMask, PictureEdit, WhatIfResult } from '../../../src/protocol/whatIf';

const root = path.resolve(__dirname, '../../..');
const pack = (name: string): string => path.join(process.env.MODEL_LENS_SHARED ?? path.join(root, '../shared'), 'pack', name);
const squeezenet = pack('converted/imagenet_squeezenet_fp32.onnx'), chelsea = pack('images/chelsea.png');
const { signal } = new AbortController();

describe('engine/jobs/whatIf', function () {
  this.timeout(60_000);
  const engine = new Engine(path.join(root, 'src/engine/main.ts'));
  before(function () {
    if (fs.existsSync(squeezenet)) return;
    console.log(`      skipped: there is no ${pack('')} (set MODEL_LENS_SHARED)`);
    this.skip();
  });
  after(() => engine.close());

  const subject = { model: squeezenet, inputs: { '': chelsea }, device: 'cpu' as const };
  const ask = (edit: PictureEdit, target?: { class: number | string }): Promise<WhatIfResult> => whatIf(engine, { ...subject, edit, ...(target && { target }) }, { signal });
  /** The face of chelsea.png (451 × 300 pixels), over the whole picture. */
  const face = box(451, 300, 105, 55, 290, 230);

  it('deleting the face takes most of the cat away, whatever stands in its place', async () => {
    for (const fill of ['neighbours', 'mean', 'grey', 'black'] as const) {
      const { before, after, changed, targetWords, scale } = await ask({ mask: { ...face, over: 'picture' }, action: 'delete', fill });
      assert.equal(targetWords, 'Egyptian cat');
      assert.equal(scale, 'probability');
      assert.ok(Math.abs(before.score - 0.644) < 5e-3, `before: ${before.score}`);
      assert.ok(after.score < before.score / 2, `${fill}: ${after.score}`);
      assert.ok(Math.abs(changed - (185 * 175) / (451 * 300)) < 0.01, `changed ${changed}`);
    }
  });

  it('an empty mask changes nothing, a full one is the fill, and keeping is deleting the rest', async () => {
    const nothing = await ask({ mask: box(10, 10, 0, 0, 0, 0), action: 'delete' });
    assert.equal(nothing.changed, 0);
    assert.equal(nothing.after.score, nothing.before.score);
    const inside = { ...face, over: 'picture' as const }, outside = { ...inside, bytes: inside.bytes.map((byte) => 1 - byte) };
    const kept = await ask({ mask: inside, action: 'keep', fill: 'grey' }), deleted = await ask({ mask: outside, action: 'delete', fill: 'grey' });
    assert.equal(kept.after.score, deleted.after.score);
    assert.ok(Math.abs(kept.changed - deleted.changed) < 1e-12);
    const all = await ask({ mask: box(1, 1, 0, 0, 1, 1), action: 'delete', fill: 'black' });
    assert.equal(all.changed, 1);
    assert.notEqual(all.after.prediction.top[0]!.label, 'Egyptian cat');
  });

  it('other targets: a class that is not among the first, and a difference', async () => {
    const edit: PictureEdit = { mask: { ...face, over: 'picture' }, action: 'blur' };
    const dog = await ask(edit, { class: 'golden retriever' });
    assert.equal(dog.before.target!.index, 207);
    assert.ok(dog.before.score < 1e-3);
    const contrast = await ask(edit, { class: 'Egyptian cat - golden retriever' });
    assert.equal(contrast.scale, 'score');
    assert.equal(contrast.before.target, undefined);
    assert.ok(contrast.after.score < contrast.before.score && contrast.before.score > 5, `${contrast.before.score} → ${contrast.after.score}`);
  });

  it('is quick once the sample is there', async () => {
    await ask({ mask: { ...face, over: 'picture' }, action: 'delete' });
    const start = performance.now(), times = 5;
    for (let i = 0; i < times; i++) await ask({ mask: box(224, 224, 10 * i, 10, 60 + 10 * i, 90), action: 'delete' });
    const each = (performance.now() - start) / times;
    console.log(`      ${each.toFixed(0)} ms an edit`);
    // Four times the budget: other work may share the machine.
    assert.ok(each < 400, `${each} ms`);
  });

  it('regions: every pixel in one of about as many as asked for, and a region can be deleted', async () => {
    const { width, height, labels, count } = await regions(engine, { ...subject, count: 40 }, { signal });
    assert.deepEqual([width, height, labels.length], [224, 224, 224 * 224]);
    assert.ok(count > 20 && count < 80, `${count}`);
    const seen = new Set(labels);
    assert.equal(seen.size, count);
    assert.equal(Math.max(...seen), count - 1);
    const { changed } = await ask({ mask: { width, height, bytes: Uint8Array.from(labels, (label) => (label === 7 ? 1 : 0)) }, action: 'delete' });
    assert.ok(changed > 0 && changed < 0.2);
  });

  it('says what is wrong with a mask, an action or a fill', async () => {
    const good = box(8, 8, 0, 0, 4, 4);
    await assert.rejects(ask({ mask: { ...good, width: 513, height: 1, bytes: new Uint8Array(513) }, action: 'delete' }), /edit\.mask: found 513 × 1, expected whole numbers from 1 to 512/);
    await assert.rejects(ask({ mask: { ...good, bytes: new Uint8Array(3) }, action: 'delete' }), /edit\.mask: found 3 bytes, expected 64/);
    await assert.rejects(ask({ mask: good, action: 'explode' as 'delete' }), /edit\.action: found 'explode', expected delete, blur or keep/);
    await assert.rejects(ask({ mask: good, action: 'delete', fill: 'pink' as 'mean' }), /edit\.fill: found 'pink'/);
    await assert.rejects(regions(engine, { ...subject, count: 1 }, { signal }), /count: found 1/);
  });
});

function box(width: number, height: number, left: number, top: number, right: number, bottom: number): PartMask {
  const bytes = new Uint8Array(width * height);
  for (let y = top; y < bottom; y++) bytes.fill(1, y * width + left, y * width + right);
  return { width, height, bytes };
}
