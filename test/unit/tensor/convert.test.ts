import * as assert from 'node:assert/strict';
import * as fc from 'fast-check';
import {
  bfloat16ToNumber, float16ToNumber, float8ToNumber, numberToBfloat16, numberToFloat16, tensorFromBytes, tensorFromNumbers, tensorToBytes, toFloat32, toFloat64,
} from '../../../src/tensor/convert';
import { bitsPerElement, byteLength } from '../../../src/tensor/dtype';
import type { DType } from '../../../src/tensor/dtype';

describe('float16', () => {
  it('gives all 65,536 bit patterns back', () => {
    for (let bits = 0; bits < 65536; bits++) {
      const value = float16ToNumber(bits);
      if (Number.isNaN(value)) assert.ok((bits & 0x7c00) === 0x7c00 && (bits & 0x3ff) !== 0);
      else assert.equal(numberToFloat16(value), bits);
    }
  });

  it('knows the corners of IEEE 754 binary16', () => {
    assert.equal(float16ToNumber(0x0001), 2 ** -24);
    assert.equal(float16ToNumber(0x7bff), 65504);
    assert.deepEqual([65519, 65520, 1e9, -1e9].map(numberToFloat16), [0x7bff, 0x7c00, 0x7c00, 0xfc00]);
    assert.deepEqual([2 ** -25, 2 ** -25 * 1.001, 3 * 2 ** -25].map(numberToFloat16), [0, 1, 2]);
    assert.deepEqual([1 + 2 ** -11, 1 + 3 * 2 ** -11].map(numberToFloat16), [0x3c00, 0x3c02]);
    assert.equal(numberToFloat16(2 - 2 ** -12), 0x4000);
    assert.ok(Object.is(float16ToNumber(0x8000), -0));
  });

  it('is never further away than half a step', () => {
    fc.assert(fc.property(fc.float({ min: -65504, max: 65504, noNaN: true }), (value) => {
      const bits = numberToFloat16(value), near = float16ToNumber(bits);
      for (const other of [bits - 1, bits + 1]) {
        const neighbour = float16ToNumber(other & 0xffff);
        if (Number.isFinite(neighbour)) assert.ok(Math.abs(value - near) <= Math.abs(value - neighbour));
      }
    }));
  });
});

describe('bfloat16 and float8', () => {
  it('gives all bfloat16 bit patterns back', () => {
    for (let bits = 0; bits < 65536; bits++) {
      const value = bfloat16ToNumber(bits);
      if (!Number.isNaN(value)) assert.equal(numberToBfloat16(value), bits);
    }
    assert.equal(numberToBfloat16(1 + 2 ** -8), 0x3f80);
    assert.equal(numberToBfloat16(1 + 3 * 2 ** -8), 0x3f82);
  });

  it('reads the float8 formats by their largest and smallest numbers', () => {
    const read = (type: Parameters<typeof float8ToNumber>[1], ...bits: number[]): number[] => bits.map((value) => float8ToNumber(value, type));
    assert.deepEqual(read('float8e4m3fn', 0x7e, 0x7f, 0x01, 0x38, 0xb8), [448, NaN, 2 ** -9, 1, -1]);
    assert.deepEqual(read('float8e4m3fnuz', 0x7f, 0x80, 0x01, 0x40), [240, NaN, 2 ** -10, 1]);
    assert.deepEqual(read('float8e5m2', 0x7b, 0x7c, 0xfc, 0x7d, 0x01, 0x3c), [57344, Infinity, -Infinity, NaN, 2 ** -16, 1]);
    assert.deepEqual(read('float8e5m2fnuz', 0x7f, 0x80, 0x01), [57344, NaN, 2 ** -17]);
    assert.deepEqual(read('float8e8m0', 127, 128, 0, 255), [1, 2, 2 ** -127, NaN]);
  });
});

describe('tensors from and to bytes', () => {
  const types: DType[] = ['float32', 'float64', 'float16', 'bfloat16', 'int8', 'int16', 'int32', 'int64', 'uint8', 'uint16', 'uint32', 'uint64', 'bool', 'complex64', 'complex128', 'float8e5m2', 'int4', 'uint4', 'int2', 'uint2', 'float4e2m1'];

  it('gives the bytes back, from any alignment', () => {
    fc.assert(fc.property(fc.constantFrom(...types), fc.nat(9), fc.nat(7), (dtype, count, offset) => {
      const length = byteLength(dtype, count);
      const bytes = new Uint8Array(length + offset).map((_, i) => (i * 37) % 256).subarray(offset);
      const padding = length * 8 - count * bitsPerElement[dtype];
      const tensor = tensorFromBytes(dtype, [count], bytes);
      const back = tensorToBytes(tensor);
      // Bits of the last byte that belong to no element come back as zeros.
      if (padding === 0) assert.deepEqual([...back], [...bytes]);
      else assert.deepEqual([...back.subarray(0, -1)], [...bytes.subarray(0, -1)]);
      assert.deepEqual(tensorFromBytes(dtype, [count], back).data, tensor.data);
    }));
  });

  it('unpacks nibbles low first, with sign', () => {
    assert.deepEqual(tensorFromBytes('int4', [3], Uint8Array.of(0x8f, 0x07)).data, Int8Array.of(-1, -8, 7));
    assert.deepEqual(tensorFromBytes('uint4', [3], Uint8Array.of(0x8f, 0x07)).data, Uint8Array.of(15, 8, 7));
    assert.deepEqual(tensorFromBytes('int2', [4], Uint8Array.of(0b11_10_01_00)).data, Int8Array.of(0, 1, -2, -1));
    assert.deepEqual([...toFloat32(tensorFromBytes('float4e2m1', [4], Uint8Array.of(0x72, 0xf9)))], [1, 6, -0.5, -6]);
  });

  it('names found and expected when the length does not fit', () => {
    assert.throws(() => tensorFromBytes('float32', [2, 3], new Uint8Array(20)), { message: 'a float32 tensor of dims [2, 3] takes 24 bytes, but there are 20' });
    assert.throws(() => tensorFromBytes('string', [1], new Uint8Array(1)), /string/);
    assert.throws(() => tensorToBytes({ dtype: 'string', dims: [1], data: ['a'] }), /strings/);
  });
});

describe('numbers and tensors', () => {
  it('rounds and clamps to the type', () => {
    const data = (dtype: DType, ...values: number[]): unknown[] => Array.from(tensorFromNumbers(dtype, [values.length], values).data as ArrayLike<unknown>);
    assert.deepEqual(data('uint8', -3, 2.5, 300, NaN), [0, 3, 255, 0]);
    assert.deepEqual(data('int8', -200, 127.6), [-128, 127]);
    assert.deepEqual(data('int4', -9, 9), [-8, 7]);
    assert.deepEqual(data('int64', 2 ** 60, -1.2, Infinity), [2n ** 60n, -1n, 2n ** 63n - 1n]);
    assert.deepEqual(data('uint64', -1), [0n]);
    assert.deepEqual(data('bool', 0, 0.1, -2), [0, 1, 1]);
    assert.throws(() => tensorFromNumbers('float32', [2], [1]), /has 2 elements, but 1 values/);
  });

  it('reads every type as numbers, and a float32 tensor without a copy', () => {
    assert.deepEqual([...toFloat64({ dtype: 'uint64', dims: [1], data: BigUint64Array.of(2n ** 64n - 1n) })], [2 ** 64]);
    assert.deepEqual([...toFloat32({ dtype: 'float16', dims: [2], data: Uint16Array.of(0x3c00, 0xc000) })], [1, -2]);
    const data = Float32Array.of(1);
    assert.equal(toFloat32({ dtype: 'float32', dims: [1], data }), data);
    assert.throws(() => toFloat32({ dtype: 'string', dims: [1], data: ['1'] }), /strings/);
    assert.throws(() => toFloat32({ dtype: 'complex64', dims: [1], data: Float32Array.of(1, 2) }), /complex64/);
  });

  it('comes back from every type that can hold the numbers', () => {
    fc.assert(fc.property(fc.constantFrom<DType>('float32', 'float64', 'int16', 'int32', 'int64', 'uint16', 'uint32', 'uint64', 'float16', 'bfloat16'), fc.array(fc.nat(127)), (dtype, values) => {
      assert.deepEqual([...toFloat64(tensorFromNumbers(dtype, [values.length], values))], values);
    }));
  });
});
