/** Files that are something else: one sentence that names what was found and what was expected. */
import * as assert from 'node:assert/strict';
import * as fs from 'node:fs';
import * as path from 'node:path';
import { openModel } from '../../../src/formats/open';
import { shared, temporaryFolder } from './support';

describe('openModel', () => {
  const folder = temporaryFolder();
  const text = (content: string): Uint8Array => Buffer.from(content, 'latin1');

  const foreign: [string, Uint8Array, RegExp][] = [
    ['an empty file', text(''), /is an empty file, where a model was expected/],
    ['a Git LFS pointer', text('version https://git-lfs.github.com/spec/v1\noid sha256:00\nsize 1\n'), /Git LFS pointer.*git lfs pull/],
    ['a PNG', text('\x89PNG\r\n\x1a\n\0\0\0\rIHDR'), /a PNG picture/],
    ['a JPEG', text('\xff\xd8\xff\xe0\0\x10JFIF'), /a JPEG picture/],
    ['a BMP', text('BM\x8a\xfe\x07\0\0\0\0\0\x8a\0'), /a BMP picture/],
    ['a TensorFlow Lite model', text('\x1c\0\0\0TFL3\x14\0 \0'), /TensorFlow Lite/],
    ['an ORT model', text('\x18\0\0\0ORTM\0\0'), /ORT format/],
    ['a safetensors file', text('\x40\0\0\0\0\0\0\0{"w":{"dtype":"F32"}}'), /safetensors/],
    ['a pickle', text('\x80\x02ctorch\n'), /Python pickle/],
    ['a NumPy array', text("\x93NUMPY\x01\0v\0{'descr'"), /NumPy array/],
    ['HTML', text('<!DOCTYPE html><html>Not found</html>'), /HTML/],
    ['plain text', text('hello\nworld\n'), /a text file/],
    ['UTF-8 text', Buffer.from('Äpfel\n'.repeat(400)), /a text file/],
    ['other JSON', text('{"a": 1}'), /JSON file without "modelTopology"/],
    ['noise', Uint8Array.from({ length: 500 }, (_, i) => (i * 197 + 13) % 256), /damaged or not an ONNX model/],
    ['zeros', new Uint8Array(1000), /damaged or not an ONNX model/],
  ];
  for (const [what, bytes, expected] of foreign) {
    it(`refuses ${what}`, async () => {
      const file = path.join(folder, 'thing.onnx');
      fs.writeFileSync(file, bytes);
      await assert.rejects(openModel(file), (error: Error & { code?: string }) => {
        assert.deepEqual([error.name, error.code], ['BadModelFile', 'badFile']);
        assert.match(error.message, /^thing\.onnx /);
        assert.match(error.message, expected);
        assert.doesNotMatch(error.message, /\n/);
        return true;
      });
    });
  }

  it('says that a file is not there, or is a folder', async () => {
    await assert.rejects(openModel(path.join(folder, 'none.onnx')), { name: 'BadModelFile', message: /none\.onnx does not exist$/ });
    await assert.rejects(openModel(folder), { name: 'BadModelFile', message: /is not a regular file$/ });
  });

  it('opens ONNX under any name', async function () {
    const file = path.join(folder, 'model.bin');
    fs.copyFileSync(shared(this, 'pack/onnx/mnist_cntk.onnx'), file);
    assert.equal((await openModel(file)).graph.nodes.length, 12);
  });

  it('shows names from files without control characters, and short', async function () {
    const model = await openModel(shared(this, 'pack/malformed/onnx/name_200k_chars_bidi_nul.onnx'));
    assert.ok(model.graph.nodes.some((node) => node.name.length > 100_000) || model.graph.nodes.some((node) => [...node.inputs, ...node.outputs].some((name) => name.length > 100_000)));
    for (const warning of model.warnings) assert.ok(warning.length < 500);
  });
});
