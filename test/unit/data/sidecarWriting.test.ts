import assert from 'node:assert/strict';
import fs from 'node:fs';
import path from 'node:path';
import { prettyJson, saveSidecarInputs } from '../../../src/data/sidecarWriting';
import { folderWith } from './support';

const entry = { kind: 'image', channels: 'BGR', range: [0, 255], mean: [104, 117, 123] };
const read = (file: string): unknown => JSON.parse(fs.readFileSync(file, 'utf8'));

describe('data/sidecarWriting', () => {
  it('makes MODEL.lens.json, in lines people can read', async () => {
    const folder = folderWith({ 'net.onnx': '' });
    const { file, created } = await saveSidecarInputs(path.join(folder, 'net.onnx'), { data: entry });
    assert.equal(created, true);
    assert.equal(file, path.join(folder, 'net.lens.json'));
    assert.equal(fs.readFileSync(file, 'utf8'), `{
  "inputs": {
    "data": {
      "kind": "image",
      "channels": "BGR",
      "range": [0, 255],
      "mean": [104, 117, 123]
    }
  }
}
`);
  });

  it('keeps what else the file says, in the file that is read', async () => {
    const before = { $schema: 'x', note: 'mine', inputs: { other: { kind: 'tensor' }, data: { kind: 'image', channels: 'RGB' } }, outputs: { probs: { kind: 'logits', labels: ['a', 'b'] } } };
    const folder = folderWith({ 'net.onnx': '', 'net.onnx.lens.json': JSON.stringify(before) });
    const { file, created } = await saveSidecarInputs(path.join(folder, 'net.onnx'), { data: entry });
    assert.equal(created, false);
    assert.equal(path.basename(file), 'net.onnx.lens.json');
    assert.deepEqual(read(file), { ...before, inputs: { other: { kind: 'tensor' }, data: entry } });
    assert.deepEqual(fs.readdirSync(folder).sort(), ['net.onnx', 'net.onnx.lens.json'], 'nothing else is left behind');
  });

  it('writes nothing over a damaged file, over one it does not understand, or where the check fails', async () => {
    for (const [text, reason] of [['{ "inputs"', /not valid JSON/], ['[]', /found a list of 0, expected an object/], ['{"inputs": {"data": {"kind": "picture"}}}', /inputs\.data\.kind: found "picture"/]] as const) {
      const folder = folderWith({ 'net.onnx': '', 'net.lens.json': text });
      await assert.rejects(saveSidecarInputs(path.join(folder, 'net.onnx'), { data: entry }), (error: Error) => /net\.lens\.json was left as it is/.test(error.message) && reason.test(error.message));
      assert.equal(fs.readFileSync(path.join(folder, 'net.lens.json'), 'utf8'), text);
    }
    const folder = folderWith({ 'net.onnx': '' });
    await assert.rejects(saveSidecarInputs(path.join(folder, 'net.onnx'), { data: { kind: 'image', range: [1, 0] } }), /net\.lens\.json: inputs\.data\.range/);
    await assert.rejects(saveSidecarInputs(path.join(folder, 'net.onnx'), { data: entry }, () => Promise.reject(new Error('does not fit'))), /does not fit/);
    assert.deepEqual(fs.readdirSync(folder), ['net.onnx']);
  });

  it('short lists of plain values stand in one line, all others as usual', () => {
    assert.equal(prettyJson({ a: [1, -2.5e-3], b: ['x, y', 'q"]'], c: [[1], [2]], d: [] }), '{\n  "a": [1, -0.0025],\n  "b": ["x, y", "q\\"]"],\n  "c": [\n    [1],\n    [2]\n  ],\n  "d": []\n}');
  });
});
