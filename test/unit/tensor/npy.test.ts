import * as assert from 'node:assert/strict';
import * as fs from 'node:fs';
import * as path from 'node:path';
import * as fc from 'fast-check';
import { formatNpy, parseNpy } from '../../../src/tensor/npy';
import { tensorFromBytes, toFloat64 } from '../../../src/tensor/convert';
import { byteLength } from '../../../src/tensor/dtype';
import type { DType } from '../../../src/tensor/dtype';
import type { Tensor } from '../../../src/tensor/tensor';
import { filesBelow, shared } from '../formats/support';

/** A .npy file with this header text. */
function npy(header: string, body: ArrayLike<number>, version = 1): Uint8Array {
  const text = Buffer.from(header, version === 3 ? 'utf8' : 'latin1');
  const length = version === 1 ? [text.length & 255, text.length >> 8] : [text.length & 255, (text.length >> 8) & 255, text.length >> 16, 0];
  return Uint8Array.of(0x93, 0x4e, 0x55, 0x4d, 0x50, 0x59, version, 0, ...length, ...text, ...Array.from(body));
}

const header = (descr: string, shape: string, fortran = 'False'): string => `{'descr': '${descr}', 'fortran_order': ${fortran}, 'shape': ${shape}, }\n`;
const list = (tensor: Tensor): unknown[] => Array.from(tensor.data as ArrayLike<unknown>);

describe('.npy', () => {
  it('round trip of every numeric type and any dims', () => {
    const types: DType[] = ['float16', 'float32', 'float64', 'int8', 'int16', 'int32', 'int64', 'uint8', 'uint16', 'uint32', 'uint64', 'bool', 'complex64', 'complex128'];
    fc.assert(fc.property(fc.constantFrom(...types), fc.array(fc.nat(4), { maxLength: 4 }), (dtype, dims) => {
      const length = byteLength(dtype, dims.reduce((product, dim) => product * dim, 1));
      const tensor = tensorFromBytes(dtype, dims, new Uint8Array(length).map((_, i) => (i * 53) % 120));
      const bytes = formatNpy(tensor);
      assert.deepEqual(parseNpy(bytes), tensor);
      assert.equal((bytes.length - length) % 64, 0);
    }));
  });

  it('round trip of strings', () => {
    fc.assert(fc.property(fc.array(fc.string({ unit: 'grapheme', maxLength: 6 }).filter((text) => !text.endsWith('\0'))), (strings) => {
      assert.deepEqual(parseNpy(formatNpy({ dtype: 'string', dims: [strings.length], data: strings })).data, strings);
    }));
  });

  it('Fortran order is read into C order', () => {
    // NumPy: np.asfortranarray([[1, 2, 3], [4, 5, 6]]) is stored as 1 4 2 5 3 6.
    assert.deepEqual(parseNpy(npy(header('|u1', '(2, 3)', 'True'), [1, 4, 2, 5, 3, 6])), { dtype: 'uint8', dims: [2, 3], data: Uint8Array.of(1, 2, 3, 4, 5, 6) });
    fc.assert(fc.property(fc.array(fc.integer({ min: 0, max: 4 }), { minLength: 1, maxLength: 4 }), (dims) => {
      const count = dims.reduce((product, dim) => product * dim, 1);
      const stored = Uint8Array.from({ length: count }, (_, i) => i);
      const { data } = parseNpy(npy(header('|u1', `(${dims.join(', ')},)`, 'True'), stored));
      for (let flat = 0; flat < count; flat++) {
        let rest = flat, from = 0;
        for (let axis = dims.length - 1; axis >= 0; axis--) {
          const index = rest % dims[axis]!;
          rest = Math.floor(rest / dims[axis]!);
          from += index * dims.slice(0, axis).reduce((product, dim) => product * dim, 1);
        }
        assert.equal(data[flat], stored[from]);
      }
    }));
  });

  it('Fortran order of complex numbers keeps the pairs together', () => {
    const stored = new Uint8Array(Float32Array.of(1, -1, 3, -3, 2, -2, 4, -4).buffer);
    assert.deepEqual(list(parseNpy(npy(header('<c8', '(2, 2)', 'True'), stored))), [1, -1, 2, -2, 3, -3, 4, -4]);
  });

  it('big-endian numbers and strings', () => {
    assert.deepEqual(list(parseNpy(npy(header('>i2', '(2,)'), [1, 2, 255, 255]))), [258, -1]);
    assert.deepEqual(list(parseNpy(npy(header('>f4', '()'), [0x3f, 0x80, 0, 0]))), [1]);
    assert.deepEqual(list(parseNpy(npy(header('>c8', '(1,)'), [0x3f, 0x80, 0, 0, 0x40, 0, 0, 0]))), [1, 2]);
    assert.deepEqual(list(parseNpy(npy(header('>U1', '(1,)'), [0, 0, 0, 65]))), ['A']);
  });

  it('versions 2 and 3, byte strings, scalars, double quotes and Python 2 shapes', () => {
    assert.deepEqual(list(parseNpy(npy(header('<i4', '(1,)'), [7, 0, 0, 0], 2))), [7]);
    assert.deepEqual(list(parseNpy(npy(header('<i4', '(1,)'), [7, 0, 0, 0], 3))), [7]);
    assert.deepEqual(list(parseNpy(npy(header('|S2', '(2,)'), [97, 0, 98, 99]))), ['a', 'bc']);
    assert.deepEqual(parseNpy(npy(header('|b1', '()'), [1])).dims, []);
    assert.deepEqual(parseNpy(npy('{"descr": "<u2", "fortran_order": False, "shape": (2L,)}', [1, 0, 2, 0])).dims, [2]);
  });

  const bad: [string, Uint8Array, RegExp][] = [
    ['another file', Uint8Array.from(Buffer.from('PK\x03\x04 something else')), /does not begin with the \.npy magic/],
    ['a file of six bytes', Uint8Array.of(0x93, 0x4e, 0x55, 0x4d, 0x50, 0x59), /is cut short: 6 bytes/],
    ['version 9', npy(header('<f4', '(1,)'), [0, 0, 0, 0], 9), /version 9; versions 1 to 3/],
    ['a header past the end', npy(header('<f4', '(1,)'), []).slice(0, 30), /its header takes/],
    ['a giant header', npy(header('<f4', '(1,)'), [], 2).map((byte, i) => (i === 11 ? 127 : byte)), /at most 65536 are read/],
    ['too few bytes', npy(header('<f4', '(2, 2)'), [0, 0, 0, 0]), /dims \[2, 2\] of <f4 take 16 bytes, but 4 follow/],
    ['dims beyond all bounds', npy(header('<f8', '(4294967296, 4294967296)'), []), /more elements than any file holds/],
    ['an enormous zero-width string array', npy(header('<U0', '(4294967296,)'), []), /claims 4294967296 strings/],
    ['Python objects', npy(header('|O', '(1,)'), [0]), /elements of type '\|O'/],
    ['a structured array', npy("{'descr': [('a', '<f4')], 'fortran_order': False, 'shape': (1,)}", []), /structured array/],
    ['dates', npy(header('<M8', '(1,)'), new Uint8Array(8)), /elements of type '<M8'/],
    ['an expression for a shape', npy(header('<f4', "(__import__('os'),)"), []), /no 'shape'/],
    ['no type', npy("{'fortran_order': False, 'shape': (1,)}", []), /no 'descr'/],
    ['more dims than NumPy has', npy(header('<f4', `(${'1,'.repeat(40)})`), [0, 0, 0, 0]), /40 dims; at most 32/],
    ['a code point that is none', npy(header('<U1', '(1,)'), [255, 255, 255, 127]), /Unicode does not have/],
  ];
  for (const [what, bytes, expected] of bad) {
    it(`says what is wrong with ${what}`, () => assert.throws(() => parseNpy(bytes, 'x.npy'), (error: Error) => {
      assert.match(error.message, /^x\.npy /);
      assert.match(error.message, expected);
      return true;
    }));
  }

  it('types that NumPy lacks are refused by name', () => {
    assert.throws(() => formatNpy({ dtype: 'bfloat16', dims: [1], data: Uint16Array.of(1) }), /no type for bfloat16/);
  });

  it('reads every array that NumPy wrote for the reference outputs', function () {
    const files = filesBelow(path.join(shared(this, 'golden'), 'predictions'), '.npy');
    assert.ok(files.length > 50);
    for (const file of files) {
      const tensor = parseNpy(fs.readFileSync(file), path.basename(file));
      assert.equal(tensor.data.length, tensor.dims.reduce((product, dim) => product * dim, 1));
      if (tensor.dtype !== 'string') assert.ok(toFloat64(tensor).length === tensor.data.length);
    }
  });
});
