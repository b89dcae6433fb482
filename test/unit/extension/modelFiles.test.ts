import assert from 'node:assert/strict';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { pathToFileURL } from 'node:url';
import fc from 'fast-check';
import { candidatePaths, findModelFile, isOnThisMachine, looksLikeModelPath } from '../../../src/extension/code/modelFiles';

describe('paths of models in programs', () => {
  const folder = fs.realpathSync(fs.mkdtempSync(path.join(os.tmpdir(), 'model-lens-paths-')));
  const file = (name: string): string => path.join(folder, name);
  const places = { folder: file('work/src/deep'), workspaceFolders: [file('work')], roots: ['weights', file('elsewhere')] };

  before(() => {
    for (const name of ['work/src/deep/beside.onnx', 'work/src/up.onnx', 'work/top.onnx', 'work/weights/rooted.onnx', 'elsewhere/far.onnx', 'work/public/model/model.json', 'work/my model.onnx', 'work/src/weights.bin', 'private/passwd', 'private/key.onnx']) {
      fs.mkdirSync(path.dirname(file(name)), { recursive: true });
      fs.writeFileSync(file(name), '');
    }
    fs.mkdirSync(file('work/folder.onnx'));
  });
  after(() => fs.rmSync(folder, { recursive: true }));

  const cases: [string, string | undefined][] = [
    ['beside.onnx', 'work/src/deep/beside.onnx'], ['./beside.onnx', 'work/src/deep/beside.onnx'], ['../up.onnx', 'work/src/up.onnx'], ['up.onnx', 'work/src/up.onnx'],
    ['top.onnx', 'work/top.onnx'], ['..\\up.onnx', 'work/src/up.onnx'], ['rooted.onnx', 'work/weights/rooted.onnx'], ['far.onnx', 'elsewhere/far.onnx'],
    ['/model/model.json', 'work/public/model/model.json'], ['folder.onnx', undefined], ['gone.onnx', undefined], ['', undefined],
  ];
  for (const [written, found] of cases) {
    it(`${JSON.stringify(written)} is ${found ?? 'nowhere'}`, async function () {
      if (written.includes('\\') && path.sep === '\\') return this.skip();
      assert.equal(await findModelFile(written, places), found && file(found));
    });
  }

  it('absolute paths and file addresses', async () => {
    assert.equal(await findModelFile(file('work/top.onnx'), places), file('work/top.onnx'));
    assert.equal(await findModelFile(pathToFileURL(file('work/my model.onnx')).href, places), file('work/my model.onnx'));
  });

  it('only what ends as models do is looked for outside the own folders', async () => {
    assert.equal(await findModelFile('../weights.bin', places), file('work/src/weights.bin'));
    assert.equal(await findModelFile(file('private/key.onnx'), places), file('private/key.onnx'));
    for (const written of [file('private/passwd'), '../../../private/passwd', pathToFileURL(file('private/passwd')).href, '/etc/passwd']) assert.equal(await findModelFile(written, places), undefined, written);
  });

  it('the home folder', () => assert.deepEqual(candidatePaths('~/a.onnx', places)[0], path.join(os.homedir(), 'a.onnx')));

  it('nothing on other machines', () => {
    for (const text of ['https://host/a.onnx', 'http://host/model.json', 's3://bucket/a.onnx', '\\\\server\\share\\a.onnx', '//server/share/a.onnx', 'file://server/share/a.onnx', 'hf://a/b.onnx', 'data:a.onnx', 'a\0.onnx']) {
      assert.deepEqual(candidatePaths(text, places), [], text);
      assert.ok(!isOnThisMachine(text), text);
    }
  });

  it('any text gives absolute paths, few, without throwing', () => {
    fc.assert(fc.property(fc.oneof(fc.string(), fc.webUrl(), fc.constantFrom('file:', 'file:///%zz', '~', '~/', 'C:', 'C:\\a.onnx')), (text) => {
      const found = candidatePaths(text, places);
      assert.ok(found.length < 20 && found.every((candidate) => path.isAbsolute(candidate)));
    }));
  });

  it('a model is told by its ending', () => {
    for (const text of ['a.onnx', 'a/b.H5', 'c.hdf5', 'C:\\x\\d.keras', 'web/model.json', 'model.json', 'my model.onnx']) assert.ok(looksLikeModelPath(text), text);
    for (const text of ['', '.onnx', 'a/.h5', 'package.json', 'mymodel.json', 'a.onnx.data', 'see a.onnx\n', '*.onnx', 'a.onnxx']) assert.ok(!looksLikeModelPath(text), text);
  });
});
