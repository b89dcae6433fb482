/**
 * NumPy's .npy, versions 1 to 3 (numpy/lib/format.py): a magic, a short Python dict as text, then the raw array.
 * What comes from a file is untrusted: the header is bounded and parsed by pattern, never evaluated.
 */
import { bitsPerElement } from './dtype';
import type { DType } from './dtype';
import { tensorFromBytes, tensorToBytes } from './convert';
import type { Tensor, TensorData } from './tensor';

const magic = [0x93, 0x4e, 0x55, 0x4d, 0x50, 0x59];
const maxHeader = 64 * 1024;
const maxRank = 32;

/** NumPy's name of each type that has one. bfloat16, float8 and int4 have none. */
const descrOf: Readonly<Partial<Record<DType, string>>> = {
  float16: '<f2', float32: '<f4', float64: '<f8', int8: '|i1', int16: '<i2', int32: '<i4', int64: '<i8',
  uint8: '|u1', uint16: '<u2', uint32: '<u4', uint64: '<u8', bool: '|b1', complex64: '<c8', complex128: '<c16',
};
const dtypeOf = new Map(Object.entries(descrOf).map(([dtype, descr]) => [descr.slice(1), dtype as DType]));

/**
 * The array of a .npy file, in C order (Fortran order is transposed, big-endian swapped). The result may share memory
 * with `bytes`. Throws one sentence saying what was found and expected; `name` is what the sentence calls the file.
 */
export function parseNpy(bytes: Uint8Array, name = 'the .npy data'): Tensor {
  const fail = (what: string): never => { throw new Error(`${name} ${what}`); };
  if (magic.some((byte, i) => bytes[i] !== byte)) fail('does not begin with the .npy magic "\\x93NUMPY"');
  if (bytes.length < 12) fail(`is cut short: ${bytes.length} bytes, but a .npy header takes at least 12`);
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const version = view.getUint8(6);
  if (version < 1 || version > 3) fail(`is .npy version ${version}; versions 1 to 3 are read`);
  const start = version === 1 ? 10 : 12;
  const headerLength = version === 1 ? view.getUint16(8, true) : view.getUint32(8, true);
  if (headerLength > maxHeader) fail(`has a header of ${headerLength} bytes; at most ${maxHeader} are read`);
  if (start + headerLength > bytes.length) fail(`is cut short: its header takes ${headerLength} bytes, but ${bytes.length - start} follow`);
  const text = new TextDecoder(version === 3 ? 'utf-8' : 'latin1').decode(bytes.subarray(start, start + headerLength));
  const { descr, fortran, dims } = parseHeader(text, fail);
  const body = bytes.subarray(start + headerLength);

  let count = 1;
  for (const dim of dims) count *= dim;
  const itemBytes = itemSize(descr, fail);
  if (!Number.isSafeInteger(count * itemBytes)) fail(`claims dims [${dims.join(', ')}], more elements than any file holds`);
  if (body.length < count * itemBytes) fail(`is cut short: dims [${dims.join(', ')}] of ${descr} take ${count * itemBytes} bytes, but ${body.length} follow the header`);
  const content = body.subarray(0, count * itemBytes);

  const bigEndian = descr.startsWith('>');
  const kind = descr.slice(1);
  let tensor: Tensor;
  if (kind.startsWith('U') || kind.startsWith('S')) {
    tensor = { dtype: 'string', dims, data: readStrings(content, count, kind, bigEndian, fail) };
  } else {
    const dtype = dtypeOf.get(kind) ?? fail(`holds elements of type '${printable(descr)}'; readable are ${[...dtypeOf.keys()].join(', ')} and U, S strings`);
    const swapWidth = kind.startsWith('c') ? itemBytes / 2 : itemBytes;
    tensor = tensorFromBytes(dtype, dims, bigEndian && swapWidth > 1 ? swapped(content, swapWidth) : content);
  }
  return fortran && dims.length > 1 ? fromFortran(tensor) : tensor;
}

/** A .npy file, version 1 (C order, little-endian). Strings become `<U`. Throws for types NumPy has no name for. */
export function formatNpy(tensor: Tensor): Uint8Array {
  const { descr, body } = tensor.dtype === 'string' ? stringBody(tensor.data as readonly string[]) : numericBody(tensor);
  const header = headerOf(descr, tensor.dims);
  const out = new Uint8Array(header.length + body.length);
  out.set(header);
  out.set(body, header.length);
  return out;
}

/** What stands before the elements, for those who write these piece by piece. Throws for types NumPy has no name for. */
export function npyHeader(dtype: DType, dims: readonly number[]): Uint8Array {
  return headerOf(descrFor(dtype), dims);
}

/** Whether NumPy has a type for elements of `dtype`. */
export function hasNpyType(dtype: DType): boolean {
  return descrOf[dtype] !== undefined;
}

function headerOf(descr: string, dims: readonly number[]): Uint8Array {
  const shape = dims.length === 1 ? `(${dims[0]},)` : `(${dims.join(', ')})`;
  const dict = `{'descr': '${descr}', 'fortran_order': False, 'shape': ${shape}, }`;
  // The array starts at a multiple of 64, so that a memory-mapped file is aligned.
  const total = Math.ceil((10 + dict.length + 1) / 64) * 64;
  const out = new Uint8Array(total);
  out.set([...magic, 1, 0, (total - 10) & 0xff, (total - 10) >>> 8]);
  out.set(new TextEncoder().encode(dict.padEnd(total - 11) + '\n'), 10);
  return out;
}

function parseHeader(text: string, fail: (what: string) => never): { descr: string; fortran: boolean; dims: number[] } {
  const descr = /['"]descr['"]\s*:\s*['"]([^'"]{1,32})['"]/.exec(text)?.[1];
  const order = /['"]fortran_order['"]\s*:\s*(True|False)/.exec(text)?.[1];
  const shape = /['"]shape['"]\s*:\s*\(([0-9,\sL]*)\)/.exec(text)?.[1];
  if (descr === undefined) {
    return fail(/['"]descr['"]\s*:\s*\[/.test(text) ? 'is a structured array; a plain array of one type is expected' : "has no 'descr' in its header");
  }
  if (order === undefined) return fail("has no 'fortran_order' in its header");
  if (shape === undefined) return fail("has no 'shape' in its header");
  const dims = shape.split(',').map((part) => part.trim().replace(/L$/, '')).filter((part) => part !== '').map(Number);
  if (dims.some((dim) => !Number.isSafeInteger(dim))) return fail(`has a shape that is not whole numbers: (${printable(shape)})`);
  if (dims.length > maxRank) return fail(`has ${dims.length} dims; at most ${maxRank} are read`);
  return { descr: /^[<>|=]/.test(descr) ? descr.replace('=', '<') : `<${descr}`, fortran: order === 'True', dims };
}

function itemSize(descr: string, fail: (what: string) => never): number {
  const match = /^[<>|]([a-zA-Z])(\d{1,6})$/.exec(descr);
  if (!match) return fail(`holds elements of type '${printable(descr)}'; readable are ${[...dtypeOf.keys()].join(', ')} and U, S strings`);
  return match[1] === 'U' ? 4 * Number(match[2]) : Number(match[2]);
}

function readStrings(content: Uint8Array, count: number, kind: string, bigEndian: boolean, fail: (what: string) => never): string[] {
  const width = Number(kind.slice(1));
  // A zero-width string array has no bytes to bound its count by.
  if (count > 1e8) fail(`claims ${count} strings; at most 100000000 are read`);
  const out: string[] = [];
  const view = new DataView(content.buffer, content.byteOffset, content.byteLength);
  for (let i = 0; i < count; i++) {
    const codes: number[] = [];
    for (let j = 0; j < width; j++) codes.push(kind.startsWith('U') ? view.getUint32((i * width + j) * 4, !bigEndian) : view.getUint8(i * width + j));
    while (codes.length > 0 && codes[codes.length - 1] === 0) codes.pop();
    const bad = codes.find((code) => code > 0x10ffff);
    if (bad !== undefined) fail(`holds the code point ${bad}, which Unicode does not have`);
    out.push(codes.map((code) => String.fromCodePoint(code)).join(''));
  }
  return out;
}

function stringBody(strings: readonly string[]): { descr: string; body: Uint8Array } {
  const codes = strings.map((text) => Array.from(text, (char) => char.codePointAt(0) ?? 0));
  const width = codes.reduce((most, list) => Math.max(most, list.length), 1);
  const body = new Uint32Array(strings.length * width);
  codes.forEach((list, i) => body.set(list, i * width));
  return { descr: `<U${width}`, body: new Uint8Array(body.buffer) };
}

function numericBody(tensor: Tensor): { descr: string; body: Uint8Array } {
  return { descr: descrFor(tensor.dtype), body: tensorToBytes(tensor) };
}

function descrFor(dtype: DType): string {
  const descr = descrOf[dtype];
  if (descr === undefined) throw new Error(`NumPy has no type for ${dtype}; convert the tensor to float32 first`);
  return descr;
}

function swapped(bytes: Uint8Array, width: number): Uint8Array {
  const out = new Uint8Array(bytes.length);
  for (let i = 0; i < bytes.length; i += width) for (let j = 0; j < width; j++) out[i + j] = bytes[i + width - 1 - j] ?? 0;
  return out;
}

/** The tensor whose elements lie first-index-fastest in `data`, brought into C order. */
function fromFortran(tensor: Tensor): Tensor {
  const { dims, data, dtype } = tensor;
  const parts = bitsPerElement[dtype] && dtype.startsWith('complex') ? 2 : 1;
  const strides: number[] = [];
  let stride = 1;
  for (const dim of dims) { strides.push(stride); stride *= dim; }
  const out = ArrayBuffer.isView(data) ? data.slice() : [...data];
  const target = out as { [index: number]: TensorData[number] };
  const index = dims.map(() => 0);
  const total = stride;
  for (let to = 0, from = 0; to < total; to++) {
    for (let part = 0; part < parts; part++) target[to * parts + part] = data[from * parts + part]!;
    for (let axis = dims.length - 1; axis >= 0; axis--) {
      from += strides[axis]!;
      if (++index[axis]! < dims[axis]!) break;
      from -= strides[axis]! * dims[axis]!;
      index[axis] = 0;
    }
  }
  return { dtype, dims, data: out };
}

function printable(text: string): string {
  return text.replace(/[^\x20-\x7e]/g, '?').slice(0, 60);
}
