/** External data: only plain relative paths, only inside the model's folder, only what really is there. */
import * as assert from 'node:assert/strict';
import * as fs from 'node:fs';
import * as path from 'node:path';
import { resolveExternal } from '../../../src/formats/onnx/external';
import { scanOnnx } from '../../../src/formats/onnx/scan';
import { writeOnnx, writeOnnxStandalone } from '../../../src/formats/onnx/write';
import { readInitializer } from '../../../src/formats/readTensor';
import { message, nodeProto, tensorProto, writeModel } from './protoBuilder';
import { sessionOf, temporaryFolder } from './support';

describe('external data', () => {
  const folder = temporaryFolder();
  const outside = temporaryFolder();
  const inside = (relative: string): string => path.join(folder, relative);

  before(() => {
    fs.mkdirSync(inside('sub'));
    fs.writeFileSync(inside('sub/weights.bin'), new Uint8Array(Float32Array.from({ length: 2001 }, (_, i) => i).buffer));
    fs.writeFileSync(path.join(outside, 'secret.bin'), new Uint8Array(16));
    fs.symlinkSync(path.join(outside, 'secret.bin'), inside('link.bin'));
    fs.symlinkSync(outside, inside('linked'));
    fs.symlinkSync(inside('sub/weights.bin'), inside('here.bin'));
  });

  const resolve = (entries: Record<string, string>, needed = 16): unknown => resolveExternal(folder, new Map(Object.entries(entries)), needed);

  it('finds bytes in the folder, below it, and through a link that stays inside', () => {
    assert.deepEqual(resolve({ location: 'sub/weights.bin', offset: '8', length: '16' }), { file: inside('sub/weights.bin'), offset: 8, length: 16 });
    assert.deepEqual(resolve({ location: './sub//weights.bin' }), { file: inside('sub/weights.bin'), offset: 0, length: 16 });
    assert.deepEqual(resolve({ location: 'here.bin' }), { file: inside('here.bin'), offset: 0, length: 16 });
  });

  const refused: [string, Record<string, string>, RegExp][] = [
    ['an absolute path', { location: '/etc/passwd' }, /absolute path/],
    ['a parent folder', { location: 'sub/../../x.bin' }, /leads out of the model's folder/],
    ['a parent folder behind a dot', { location: './../x.bin' }, /leads out of the model's folder/],
    ['a backslash', { location: '..\\x.bin' }, /backslash/],
    ['a network path', { location: '\\\\host\\share\\x' }, /backslash/],
    ['a network path with slashes', { location: '//host/share/x' }, /absolute path/],
    ['a drive letter', { location: 'C:/x.bin' }, /drive letter/],
    ['a URL', { location: 'https://example.com/x.bin' }, /URL/],
    ['a file URL', { location: 'file:///etc/passwd' }, /URL/],
    ['a NUL character', { location: 'sub/weights.bin\0.txt' }, /NUL/],
    ['no location', {}, /no location is given/],
    ['a link to a file outside', { location: 'link.bin' }, /a link that leads out/],
    ['a linked folder', { location: 'linked/secret.bin' }, /a link that leads out/],
    ['a folder', { location: 'sub' }, /not a regular file/],
    ['the folder itself', { location: '.' }, /refused|not a regular file/],
    ['a file that is not there', { location: 'none.bin' }, /does not exist/],
    ['a file below a file', { location: 'sub/weights.bin/x' }, /does not exist/],
    ['a negative offset', { location: 'sub/weights.bin', offset: '-4' }, /offset "-4" is not a whole number/],
    ['an offset in hex', { location: 'sub/weights.bin', offset: '0x10' }, /not a whole number/],
    ['an offset past the end', { location: 'sub/weights.bin', offset: '8000' }, /goes past the end of "sub\/weights.bin", which has 8004 bytes/],
    ['an offset beyond 2^53', { location: 'sub/weights.bin', offset: '99999999999999999999' }, /not a whole number/],
    ['another length than the dims take', { location: 'sub/weights.bin', length: '12' }, /has 12 bytes, but its type and dims take 16/],
  ];
  for (const [what, entries, reason] of refused) {
    it(`refuses ${what}`, () => {
      const answer = resolve(entries) as { refused?: string };
      assert.match(answer.refused ?? '', reason);
      assert.doesNotMatch(answer.refused ?? '', /[\u0000-\u001f]/);
    });
  }

  it('runs in ONNX Runtime from a sub-folder and an unaligned offset, and tells what is missing', async () => {
    const entries = (location: string, offset: string) => (tensor: ReturnType<typeof message>): void => {
      tensor.int(14, 1);
      tensor.message(13, message().text(1, 'location').text(2, location)).message(13, message().text(1, 'offset').text(2, offset));
    };
    fs.writeFileSync(inside('odd.bin'), Buffer.concat([Buffer.alloc(3), fs.readFileSync(inside('sub/weights.bin'))]));
    const file = writeModel(inside('external.onnx'), {
      initializers: [tensorProto(1, [2000], entries('sub/weights.bin', '4'), 'a'), tensorProto(1, [2000], entries('odd.bin', '3'), 'b'), tensorProto(7, [1], (t) => t.packedInts(7, [-1]), 'shape')],
      nodes: [nodeProto('Add', ['a', 'b'], ['sum']), nodeProto('Reshape', ['sum', 'shape'], ['y'])],
    });
    const model = await scanOnnx(file);
    assert.deepEqual(model.warnings, []);
    assert.deepEqual([...model.graph.initializers.values()].map((init) => init.kind), ['ref', 'ref', 'inline']);
    const written = await writeOnnx(model);
    assert.ok(written.bytes.length < 1000);
    for (const form of [written, { bytes: await writeOnnxStandalone(model) }]) {
      const session = await sessionOf(form);
      const y = (await session.run({}))['y']!;
      assert.deepEqual([y.data[0], y.data[1999]], [1, 2000 + 1999]);
      await session.release();
    }

    fs.rmSync(inside('odd.bin'));
    const broken = await scanOnnx(file);
    assert.deepEqual(broken.warnings, ['The values of weight "b" cannot be read: its data file "odd.bin" does not exist.']);
    await assert.rejects(writeOnnx(broken), { name: 'BadModelFile', message: 'the values of weight "b" cannot be read: its data file "odd.bin" does not exist' });
  });

  it('embeds references that lie outside the model\'s folder', async () => {
    const big = path.join(outside, 'big.bin');
    fs.writeFileSync(big, new Uint8Array(Float32Array.from({ length: 500 }, (_, i) => i).buffer));
    const model = await scanOnnx(writeModel(inside('inside.onnx'), { initializers: [tensorProto(1, [500], (t) => t.packedFloats(4, new Array<number>(500).fill(1)))] }));
    const moved = { ...model, graph: { ...model.graph, initializers: new Map([['w', { kind: 'ref' as const, ref: { file: big, offset: 0, length: 2000, dtype: 'float32' as const, dims: [500] } }]]) } };
    const written = await writeOnnx(moved);
    assert.equal(written.externalFolder, undefined);
    const session = await sessionOf(written);
    assert.equal((await session.run({}))['y']!.data[499], 499);
    await session.release();
    assert.equal((await readInitializer(moved.graph.initializers.get('w')!)).data[7], 7);
  });

  it('works when the model itself is opened through a link', async () => {
    writeModel(path.join(outside, 'real.onnx'), { initializers: [tensorProto(1, [500], (t) => t.packedFloats(4, new Array<number>(500).fill(2)))] });
    fs.symlinkSync(path.join(outside, 'real.onnx'), inside('through.onnx'));
    const written = await writeOnnx(await scanOnnx(inside('through.onnx')));
    assert.equal(written.externalFolder, fs.realpathSync(outside));
    const session = await sessionOf(written);
    assert.equal((await session.run({}))['y']!.data[0], 2);
    await session.release();
  });
});
