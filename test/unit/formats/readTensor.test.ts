import * as assert from 'node:assert/strict';
import * as fs from 'node:fs';
import * as path from 'node:path';
import * as fc from 'fast-check';
import { readInitializer } from '../../../src/formats/readTensor';
import type { Initializer } from '../../../src/graph/graph';
import { tensorToBytes } from '../../../src/tensor/convert';
import type { DType } from '../../../src/tensor/dtype';
import type { Tensor } from '../../../src/tensor/tensor';
import { temporaryFolder } from './support';

describe('readInitializer', () => {
  const folder = temporaryFolder();

  it('reads any run of elements of any width, as the whole tensor has them', async () => {
    const file = path.join(folder, 'weights.bin');
    const kinds: [DType, (values: number[]) => Tensor['data']][] = [
      ['int4', (values) => Int8Array.from(values, (value) => (value % 16) - 8)],
      ['uint2', (values) => Uint8Array.from(values, (value) => value % 4)],
      ['uint8', (values) => Uint8Array.from(values)],
      ['float16', (values) => Uint16Array.from(values)],
      ['int64', (values) => BigInt64Array.from(values, BigInt)],
    ];
    await fc.assert(fc.asyncProperty(fc.constantFrom(...kinds), fc.array(fc.nat(255), { maxLength: 40 }), fc.nat(40), fc.nat(40), fc.nat(9), async ([dtype, make], values, a, b, offset) => {
      const data = make(values), bytes = tensorToBytes({ dtype, dims: [values.length], data });
      fs.writeFileSync(file, Buffer.concat([Buffer.alloc(offset, 0xee), bytes]));
      const [start, end] = [a, b].map((at) => Math.min(at, values.length)).sort((x, y) => x - y) as [number, number];
      for (const init of [
        { kind: 'ref', ref: { file, offset, length: bytes.length, dtype, dims: [values.length] } },
        { kind: 'inline', dtype, dims: [values.length], bytes },
      ] satisfies Initializer[]) {
        assert.deepEqual((await readInitializer(init)).data, data);
        assert.deepEqual((await readInitializer(init, { start, count: end - start })).data, data.slice(start, end));
      }
    }), { numRuns: 150 });
  });

  it('says what is wrong', async () => {
    const file = path.join(folder, 'short.bin');
    fs.writeFileSync(file, new Uint8Array(10));
    const ref = { file, offset: 4, length: 16, dtype: 'float32' as const, dims: [4] };
    await assert.rejects(readInitializer({ kind: 'ref', ref }), { name: 'BadModelFile', message: 'short.bin is cut short: weights were expected up to byte 20, but the file has 10' });
    await assert.rejects(readInitializer({ kind: 'ref', ref }, { start: 3, count: 2 }), { name: 'RangeError' });
    await assert.rejects(readInitializer({ kind: 'ref', ref: { ...ref, file: path.join(folder, 'none.bin') } }), /none\.bin with the model's weights cannot be opened \(ENOENT\)/);
    await assert.rejects(readInitializer({ kind: 'missing', dtype: 'float32', dims: [2], reason: 'it is gone' }), /cannot be read: it is gone/);
  });

  it('gives strings and runs of strings', async () => {
    const init: Initializer = { kind: 'strings', dtype: 'string', dims: [2, 2], strings: ['a', 'b', 'c', 'd'] };
    assert.deepEqual(await readInitializer(init), { dtype: 'string', dims: [2, 2], data: ['a', 'b', 'c', 'd'] });
    assert.deepEqual(await readInitializer(init, { start: 1, count: 2 }), { dtype: 'string', dims: [2], data: ['b', 'c'] });
  });
});
