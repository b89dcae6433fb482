/**
 * Protobuf's wire format (protobuf.dev/programming-guides/encoding), read by offsets and written.
 *
 * Written for this purpose because the libraries decode whole messages from memory: protobufjs copies every
 * `raw_data` it passes and needs the entire file in one buffer. Here a field that nobody asks for is stepped over
 * without a byte of it being read, so a 10 GB model opens like a 10 MB one.
 */
import * as path from 'node:path';
import { BadModelFile, shown } from '../badModelFile';
import type { ByteSource } from '../bytes';

/** Where a length-delimited field lies in the file. */
export interface Span {
  readonly start: number;
  readonly end: number;
}

export const WireType = { varint: 0, fixed64: 1, bytes: 2, fixed32: 5 } as const;

/** Deepest nesting of messages that is followed; real models stay below 40. */
const maxDepth = 200;
/** Longest text that is kept: names take up to some thousand bytes, tables and embedded scripts more. */
const maxText = 1 << 24;

const scratch = new DataView(new ArrayBuffer(8));

/**
 * Steps through one message. `next()` moves to a field; then exactly one of the value methods reads it, or none, and
 * the following `next()` steps over it. Every length is checked against the enclosing message.
 */
export class WireReader {
  field = 0;
  wireType = 0;
  private position: number;
  private pending = false;

  constructor(readonly source: ByteSource, readonly span: Span, private readonly depth = 0) {
    this.position = span.start;
    if (depth > maxDepth) {
      throw new BadModelFile(`${shown(path.basename(source.file))} nests messages more than ${maxDepth} deep (at byte ${span.start}); no real model does`);
    }
  }

  /** Moves to the next field; false at the end of the message. */
  next(): boolean {
    if (this.pending) this.skip();
    if (this.position >= this.span.end) return false;
    const tag = this.rawVarint();
    this.field = Math.floor(tag / 8);
    this.wireType = tag % 8;
    if (tag > 0xffffffff || this.field === 0) this.damaged(`has a field number that protobuf does not allow`);
    this.pending = true;
    return true;
  }

  /** A signed 64-bit varint (int64, int32, enum) as a bigint. */
  int64(): bigint {
    this.expect(WireType.varint);
    return this.rawInt64();
  }

  /** A signed varint as a number; exact up to 2^53. */
  int(): number {
    this.expect(WireType.varint);
    const start = this.position;
    const value = this.rawVarint();
    if (value < 2 ** 53) return value;
    this.position = start;
    return Number(this.rawInt64());
  }

  float(): number {
    this.expect(WireType.fixed32);
    return this.rawFloat();
  }

  double(): number {
    this.expect(WireType.fixed64);
    return this.rawDouble();
  }

  /** The extent of a length-delimited field, not read. */
  lengthDelimited(): Span {
    this.expect(WireType.bytes);
    const at = this.position;
    const length = this.rawVarint();
    const start = this.position, end = start + length;
    if (!(end <= this.span.end)) {
      const claim = Number.isSafeInteger(length) ? `${length} bytes` : 'more than 2^53 bytes';
      this.damaged(`claims a field of ${claim} at byte ${at}, but ${this.span.end - start} remain in the part that holds it`);
    }
    this.position = end;
    return { start, end };
  }

  message(): WireReader {
    return new WireReader(this.source, this.lengthDelimited(), this.depth + 1);
  }

  bytes(): Uint8Array {
    const { start, end } = this.shortEnough();
    return this.source.read(start, end - start);
  }

  text(): string {
    const { start, end } = this.shortEnough();
    return this.source.text(start, end - start);
  }

  /** Calls `add` for each element of a repeated int64 field, packed or not. */
  int64s(add: (value: bigint) => void): void {
    this.repeated(WireType.varint, (reader) => add(reader.rawInt64()));
  }

  floats(add: (value: number) => void): void {
    this.repeated(WireType.fixed32, (reader) => add(reader.rawFloat()));
  }

  doubles(add: (value: number) => void): void {
    this.repeated(WireType.fixed64, (reader) => add(reader.rawDouble()));
  }

  /** One sentence for a message that does not hold together. */
  damaged(what: string): never {
    throw new BadModelFile(`${shown(path.basename(this.source.file))} is damaged or not an ONNX model: it ${what}`);
  }

  private shortEnough(): Span {
    const span = this.lengthDelimited();
    const length = span.end - span.start;
    if (length > maxText) this.damaged(`has a text of ${length} bytes at byte ${span.start}; at most ${maxText} are read`);
    return span;
  }

  private repeated(element: number, read: (reader: WireReader) => void): void {
    if (this.wireType !== WireType.bytes) {
      this.expect(element);
      read(this);
      return;
    }
    const packed = this.message();
    while (packed.position < packed.span.end) read(packed);
  }

  private expect(wireType: number): void {
    if (!this.pending) throw new Error('a wire field was read twice');
    if (this.wireType !== wireType) {
      this.damaged(`has wire type ${this.wireType} in field ${this.field} at byte ${this.position}, where ${wireType} is expected`);
    }
    this.pending = false;
  }

  private skip(): void {
    switch (this.wireType) {
      case WireType.varint: this.expect(0); this.rawVarint(); return;
      case WireType.fixed64: this.expect(1); this.jump(8); return;
      case WireType.bytes: this.lengthDelimited(); return;
      case WireType.fixed32: this.expect(5); this.jump(4); return;
      default: this.damaged(`has wire type ${this.wireType} at byte ${this.position}, which protobuf messages of today do not use`);
    }
  }

  private jump(length: number): void {
    if (this.position + length > this.span.end) this.damaged(`ends in the middle of a field (at byte ${this.position})`);
    this.position += length;
  }

  private rawFloat(): number {
    this.intoScratch(4);
    return scratch.getFloat32(0, true);
  }

  private rawDouble(): number {
    this.intoScratch(8);
    return scratch.getFloat64(0, true);
  }

  private intoScratch(length: number): void {
    const start = this.position;
    this.jump(length);
    for (let i = 0; i < length; i++) scratch.setUint8(i, this.source.byteAt(start + i));
  }

  private byte(): number {
    if (this.position >= this.span.end) this.damaged(`ends in the middle of a number (at byte ${this.position})`);
    return this.source.byteAt(this.position++);
  }

  /** An unsigned varint; above 2^53 only roughly right, which is enough to see that it is out of range. */
  private rawVarint(): number {
    let value = 0, factor = 1;
    for (let count = 0; count < 10; count++) {
      const byte = this.byte();
      value += (byte & 0x7f) * factor;
      if (byte < 0x80) return value;
      factor *= 128;
    }
    return this.damaged(`has a number of more than 10 bytes (at byte ${this.position})`);
  }

  private rawInt64(): bigint {
    const start = this.position;
    const rough = this.rawVarint();
    if (rough < 2 ** 53) return BigInt(rough);
    let value = 0n;
    const length = this.position - start;
    for (let i = 0; i < length; i++) value |= BigInt(this.source.byteAt(start + i) & 0x7f) << BigInt(7 * i);
    return BigInt.asIntN(64, value);
  }
}

const encoder = new TextEncoder();
/** Pieces longer than this are kept as they are instead of being copied into the current block. */
const copyLimit = 2048;

/** Builds one message. Large pieces are referenced until {@link finish}, so nesting does not copy weights. */
export class WireWriter {
  length = 0;
  private readonly chunks: Uint8Array[] = [];
  private block = new Uint8Array(256);
  private used = 0;

  /** A varint field from a number that is a whole number, or a bigint (negative ones take ten bytes). */
  int(field: number, value: number | bigint): this {
    this.varint(field * 8);
    this.signed(value);
    return this;
  }

  float(field: number, value: number): this {
    this.varint(field * 8 + WireType.fixed32);
    scratch.setFloat32(0, value, true);
    return this.raw(new Uint8Array(scratch.buffer, 0, 4));
  }

  text(field: number, value: string): this {
    return this.bytes(field, encoder.encode(value));
  }

  /** Text that is left out where it is empty, as proto3 writers do. */
  textIf(field: number, value: string | undefined): this {
    return value ? this.text(field, value) : this;
  }

  bytes(field: number, value: Uint8Array): this {
    this.varint(field * 8 + WireType.bytes);
    this.varint(value.length);
    return this.raw(value);
  }

  message(field: number, value: WireWriter): this {
    this.varint(field * 8 + WireType.bytes);
    this.varint(value.length);
    for (const chunk of value.chunks) this.raw(chunk);
    return this.raw(value.block.subarray(0, value.used));
  }

  packedInts(field: number, values: Iterable<number | bigint>): this {
    const inner = new WireWriter();
    for (const value of values) inner.signed(value);
    return this.message(field, inner);
  }

  packedFloats(field: number, values: readonly number[]): this {
    const floats = Float32Array.from(values);
    return this.bytes(field, new Uint8Array(floats.buffer));
  }

  /** The whole message as one array. */
  finish(): Uint8Array {
    const out = new Uint8Array(this.length);
    let at = 0;
    for (const chunk of [...this.chunks, this.block.subarray(0, this.used)]) {
      out.set(chunk, at);
      at += chunk.length;
    }
    return out;
  }

  private raw(bytes: Uint8Array): this {
    this.length += bytes.length;
    if (bytes.length > copyLimit) {
      this.flush();
      this.chunks.push(bytes);
    } else {
      this.reserve(bytes.length);
      this.block.set(bytes, this.used);
      this.used += bytes.length;
    }
    return this;
  }

  private signed(value: number | bigint): void {
    if (typeof value === 'number' && value >= 0 && value < 2 ** 53) return this.varint(value);
    let rest = BigInt.asUintN(64, BigInt(value));
    while (rest >= 128n) {
      this.byte(Number(rest & 127n) | 128);
      rest >>= 7n;
    }
    this.byte(Number(rest));
  }

  private varint(value: number): void {
    while (value >= 128) {
      this.byte((value % 128) + 128);
      value = Math.floor(value / 128);
    }
    this.byte(value);
  }

  private byte(value: number): void {
    this.reserve(1);
    this.block[this.used++] = value;
    this.length++;
  }

  private reserve(count: number): void {
    if (this.used + count <= this.block.length) return;
    if (this.block.length < 64 * 1024) {
      const larger = new Uint8Array(Math.max(this.block.length * 2, this.used + count));
      larger.set(this.block.subarray(0, this.used));
      this.block = larger;
    } else {
      this.flush();
    }
  }

  private flush(): void {
    if (this.used > 0) this.chunks.push(this.block.slice(0, this.used));
    this.used = 0;
  }
}
