import assert from 'node:assert/strict';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { Engine } from '../../../src/engine/engine';
import { explainMany, listPictures } from '../../../src/engine/jobs/explainMany';
import { keptPicture } from '../../../src/engine/many/kept';
import type { ManyParams, ManyProgress, ManyResult, PictureRow } from '../../../src/protocol/many';

const root = path.resolve(__dirname, '../../..');
const samples = path.join(root, 'samples/pictures');

describe('Many pictures', () => {
  let engine: Engine, folder: string, pictures: readonly string[];
  before(async () => {
    engine = new Engine(path.join(root, 'src/engine/main.ts'));
    folder = fs.mkdtempSync(path.join(os.tmpdir(), 'model-lens-many-'));
    ({ pictures } = await listPictures({ folder: samples }));
  });
  after(async () => {
    await engine.close();
    fs.rmSync(folder, { recursive: true, force: true });
  });

  const run = async (change: Partial<ManyParams>, onRow: (row: PictureRow, controller: AbortController) => void = () => undefined): Promise<{ result: ManyResult; rows: PictureRow[] }> => {
    const controller = new AbortController(), rows: PictureRow[] = [];
    const progress = (value: ManyProgress): void => {
      if (value.type !== 'row') return;
      rows.push(value.row);
      onRow(value.row, controller);
    };
    const params: ManyParams = { model: path.join(root, 'samples/models/scenes.onnx'), pictures, method: 'grad-cam', folder: path.join(folder, 'run'), device: 'cpu', ...change };
    return { result: await explainMany(engine, params, { signal: controller.signal, progress }), rows };
  };

  it('are found in a folder, in the order of their names', async () => {
    assert.ok(pictures.length >= 20, `${pictures.length} pictures`);
    assert.deepEqual(pictures.slice(0, 2).map((file) => path.basename(file)), ['balloon_1.png', 'balloon_2.png']);
    assert.deepEqual(await listPictures({ folder: samples, most: 3 }), { pictures: pictures.slice(0, 3), more: true });
    await assert.rejects(listPictures({ folder: path.join(samples, 'none') }), /cannot be read as a folder/);
  });

  it('are cancelled and go on where they were, with the same rows', async () => {
    await assert.rejects(run({}, (row, controller) => { if (row.at === 4) controller.abort(); }), { code: 'cancelled' });
    // As a process that is killed while it writes leaves it.
    fs.appendFileSync(path.join(folder, 'run/rows.jsonl'), '{"file":"/half');
    const { result, rows } = await run({});
    assert.deepEqual([result.kept, result.explained, result.failed], [5, pictures.length, 0]);
    const fresh = await run({ folder: path.join(folder, 'fresh') });
    const plain = ({ milliseconds: _, ...row }: PictureRow): unknown => row;
    assert.deepEqual(rows.map(plain), fresh.rows.map(plain));
    const kept = await keptPicture(path.join(folder, 'run'), 9), other = await keptPicture(path.join(folder, 'fresh'), 9);
    assert.ok(kept.map!.values.length > 0 && kept.picture!.width > 0 && kept.picture!.width <= 160);
    assert.deepEqual(kept, other);
    assert.deepEqual(await keptPicture(path.join(folder, 'run'), 99), {});
    assert.deepEqual(result.averages.map(({ index, pictures: count }) => [index, count]), fresh.result.averages.map(({ index, pictures: count }) => [index, count]));
  });

  it('keep results of pictures whose neighbours changed, and never mix two runs', async () => {
    const fewer = await run({ pictures: [pictures[7]!, pictures[0]!] });
    assert.deepEqual([fewer.result.kept, fewer.rows.map(({ file }) => file)], [2, [pictures[7], pictures[0]]]);
    await assert.rejects(run({ method: 'saliency' }), /holds results of another model, method or parameters/);
  });

  it('that cannot be read say so in their row, and are tried again', async () => {
    const broken = path.join(folder, 'broken.png');
    fs.writeFileSync(broken, 'no picture');
    const list = { pictures: [broken, pictures[0]!], folder: path.join(folder, 'with-broken') };
    const first = await run(list);
    assert.deepEqual([first.result.failed, first.result.explained], [1, 1]);
    assert.match(first.rows[0]!.error!, /broken\.png/);
    fs.copyFileSync(pictures[1]!, broken);
    const second = await run(list);
    assert.deepEqual([second.result.failed, second.result.explained, second.result.kept], [0, 2, 1]);
  });

  it('wait for another run of the same folder, so that no two pictures get one number', async () => {
    const shared = { folder: path.join(folder, 'shared') };
    const [first, second, other] = await Promise.allSettled([run({ ...shared, pictures: pictures.slice(0, 3) }), run({ ...shared, pictures: pictures.slice(1, 5) }), run({ ...shared, method: 'saliency' })]);
    assert.ok(first.status === 'fulfilled' && second.status === 'fulfilled' && other.status === 'rejected');
    assert.match(String(other.reason), /holds results of another/);
    assert.equal(second.value.result.kept, 2);
    assert.deepEqual([...first.value.rows, ...second.value.rows.slice(2)].map(({ number }) => number), [1, 2, 3, 4, 5]);
  });

  it('are not begun with a question that is wrong', async () => {
    const nowhere = { folder: path.join(folder, 'nowhere') };
    await assert.rejects(run({ ...nowhere, method: 'nope' }), /method 'nope': not found/);
    await assert.rejects(run({ ...nowhere, parameters: { relu: 7 } }), /parameter 'relu'/);
    await assert.rejects(run({ ...nowhere, pictures: JSON.parse('["a.png", 5]') as string[] }), /pictures: found 5, expected the path of a file/);
    assert.ok(!fs.existsSync(nowhere.folder));
  });

  it('have a confidence, an entropy, a figure of trust and a class average that lies on the thing', async () => {
    const { rows, result } = await run({});
    for (const { confidence, entropy, trust, top } of rows) {
      assert.ok(confidence! > 0 && confidence! <= 1 && entropy! >= 0 && Number.isFinite(trust) && top!.length === 3);
    }
    const meanTrust = rows.reduce((sum, { trust }) => sum + trust!, 0) / rows.length;
    assert.ok(meanTrust > 0.05, `removing what Grad-CAM marks matters more than removing something else: ${meanTrust}`);
    assert.ok(result.averages.length >= 5);
    assert.equal(result.averages.reduce((sum, { pictures: count }) => sum + count, 0), rows.length);
  });
});
