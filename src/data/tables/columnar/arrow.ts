/** An Arrow file or stream (IPC; Feather 2) → rows of a table. Record batches are read one after another. */
import type { FileHandle } from 'node:fs/promises';
import { DataError } from '../../errors';
import { cellText, dateText, decimalText, singleText, timeText } from './cellText';
import { codecsOf, lz4Frame } from './codecs';
import { damageOf } from './damage';
import type { ColumnarField, ColumnarOptions, ColumnarRows } from './columns';
import { boundFlatBuffers, type FlatBounds } from './flatBounds';
import type { Data, DataType, RecordBatch, Vector } from './library';
import type { ColumnarLibrary } from './load';
import type { Source } from './source';

/** A batch of columns that hold nothing at all may still say it has rows. */
const mostRowsOfNothing = 2 ** 24, mostCellCharacters = 2 ** 32, mostReadsOfAPlace = 8;

/** @throws DataError naming the file and what is wrong in it. */
export async function readArrow(source: Source, library: ColumnarLibrary, { sample: make, signal, progress }: ColumnarOptions): Promise<ColumnarRows> {
  registerCodecs(library);
  const bounds = boundFlatBuffers(library);
  let batches = 0;
  try {
    await checkEnd(source);
    const reader = await (await library.RecordBatchReader.from(handleOf(source, bounds))).open();
    const { fields: schema } = reader.schema, fields = schema.map(({ name, type }): ColumnarField => { const unread = whyUnread(library, type); return { name, ...(unread !== undefined && { unread }) }; });
    const sample = make<string[]>(fields.length), writers = schema.map(({ type }, place) => (fields[place]!.unread === undefined ? writerOf(library, type) : undefined));
    let characters = 0;
    const orders = new Map<number, readonly string[]>();
    for await (const batch of reader as AsyncIterable<RecordBatch>) {
      signal?.throwIfAborted();
      const { numRows } = batch, vectors = schema.map((_, place) => batch.getChildAt(place)!);
      checkRows(library, numRows, vectors, schema.map(({ name }) => name));
      for (const [place, { type }] of schema.entries()) if (library.DataType.isDictionary(type) && type.isOrdered) orders.set(place, wordsOf(vectors[place]!));
      for (let row = 0; row < numRows; row++) {
        sample.offer(() => vectors.map((vector, place) => {
          const text = writers[place]?.(vector.get(row)) ?? '';
          characters += text.length;
          return text;
        }));
        if (characters > mostCellCharacters) throw new DataError('badFile', `the texts of its rows have more than ${characters} characters`, 'use fewer rows');
      }
      batches++;
      progress?.(sample.total);
    }
    const kept = sample.kept();
    return {
      fields: fields.map((field, place) => ({ ...field, ...(orders.has(place) && { order: orders.get(place)! }) })), total: sample.total, rows: kept.map(({ row }) => row),
      cells: fields.map((_, place) => kept.map(({ value }) => value[place]!)), notes: ['The file is Arrow.'],
    };
  } catch (error) {
    if (signal?.aborted) throw error;
    throw new DataError('badFile', `${source.name}: cannot be read as Arrow${batches > 0 ? ` after ${batches} record batches` : ''} (damaged or cut off?): ${damageOf(error)}`, error instanceof DataError ? error.remedy : undefined);
  }
}

/** A file, other than a stream, ends as it begins: else something is missing. */
async function checkEnd(source: Source): Promise<void> {
  const text = async (start: number): Promise<string> => Buffer.from(await source.bytes(start, Math.min(source.size, start + 6))).toString('latin1');
  if (await text(0) === 'ARROW1' && (source.size < 20 || await text(source.size - 6) !== 'ARROW1')) throw new Error('it does not end with ARROW1');
}

/** What the library takes for an open file of Node. */
function handleOf(source: Source, bounds: FlatBounds): FileHandle {
  const times = new Map<number, number>();
  const handle: Pick<FileHandle, 'fd' | 'close'> & Record<'stat' | 'read', unknown> = {
    fd: -1, stat: () => Promise.resolve({ size: source.size }), close: () => Promise.resolve(),
    read: async (into: Uint8Array, offset: number, length: number, position: number) => {
      bounds.reset();
      // Where a message is not of the kind that the file announces, the library looks for it in the same place again, without end.
      const before = times.get(position) ?? 0;
      if (before > mostReadsOfAPlace) throw new Error(`its description leads to byte ${position} again and again`);
      times.set(position, before + 1);
      return { bytesRead: await source.read(into, offset, length, position), buffer: into };
    },
  };
  return handle as FileHandle;
}

/** Buffers are packed each by itself, behind eight bytes that say how long it is. */
function registerCodecs(library: ColumnarLibrary): void {
  const { compressionRegistry, CompressionType } = library, zstd = codecsOf(library).ZSTD!;
  const announced = ({ buffer, byteOffset }: Uint8Array): number => Number(new DataView(buffer, byteOffset - 8, 8).getBigInt64(0, true));
  const bounded = (length: number): number => {
    if (!(length >= 0 && length <= 2 ** 30)) throw new Error(`a buffer of ${length} bytes, expected at most ${2 ** 30}`);
    return length;
  };
  compressionRegistry.set(CompressionType.LZ4_FRAME, { decode: (bytes) => lz4Frame(bytes, bounded(announced(bytes))) });
  compressionRegistry.set(CompressionType.ZSTD, { decode: (bytes) => zstd(bytes, bounded(announced(bytes))) });
}

function whyUnread({ DataType: Type }: ColumnarLibrary, type: DataType): string | undefined {
  const value = Type.isDictionary(type) ? type.dictionary as DataType : type;
  if (value.children?.length) return `is nested (${String(value).slice(0, 60)})`;
  if ([Type.isBinary, Type.isLargeBinary, Type.isBinaryView, Type.isFixedSizeBinary].some((is) => is(value))) return 'holds bytes';
  const read = [Type.isNull, Type.isInt, Type.isFloat, Type.isUtf8, Type.isLargeUtf8, Type.isUtf8View, Type.isBool, Type.isDecimal, Type.isDate, Type.isTime, Type.isTimestamp, Type.isDuration];
  return read.some((is) => is(value)) ? undefined : `holds values of a type that is not read (${String(value).slice(0, 60)})`;
}

/** How a type's values become text. */
function writerOf({ DataType: Type, Precision }: ColumnarLibrary, type: DataType): (value: unknown) => string {
  const own = Type.isDictionary(type) ? type.dictionary as DataType : type, present = (write: (value: never) => string) => (value: unknown): string => (value === null || value === undefined ? '' : write(value as never));
  if (Type.isFloat(own) && own.precision === Precision.SINGLE) return present(singleText);
  if (Type.isDecimal(own)) return present((value: Uint32Array) => decimalText(unitsOf(value), own.scale));
  if (Type.isDate(own)) return present((value: number) => dateText(Number(value), false));
  if (Type.isTimestamp(own)) return present((value: number) => dateText(Number(value), true));
  // Units are seconds, milliseconds, microseconds, nanoseconds: 0 to 3.
  if (Type.isTime(own)) return present((value: number | bigint) => timeText(Number(value) / 1000 ** own.unit));
  return cellText;
}

/** Little-endian words of a whole number with a sign. */
function unitsOf(words: Uint32Array): bigint {
  let units = 0n;
  for (let at = words.length - 1; at >= 0; at--) units = (units << 32n) | BigInt(words[at]! >>> 0);
  return BigInt.asIntN(32 * words.length, units);
}

function wordsOf(vector: Vector): readonly string[] {
  const dictionary = vector.data[0]?.dictionary, words: string[] = [];
  for (let at = 0; dictionary && at < Math.min(dictionary.length, 10_000); at++) words.push(cellText(dictionary.get(at)));
  return words;
}

/** A batch states how many rows it has: its buffers must have room for them. */
function checkRows(library: ColumnarLibrary, rows: number, vectors: readonly Vector[], names: readonly string[]): void {
  let room = 0;
  vectors.forEach((vector, place) => {
    const places = capacity(library, vector.data[0]);
    if (places < rows) throw new Error(`a record batch has ${rows} rows, but column '${names[place]}' has room for ${places}`);
    room = Math.max(room, Number.isFinite(places) ? places : 0);
  });
  if (!(rows >= 0) || (room === 0 && rows > mostRowsOfNothing)) throw new Error(`a record batch has ${rows} rows and no values`);
}

function capacity({ DataType: Type }: ColumnarLibrary, data: Data | undefined): number {
  if (!data) return 0;
  const { type, values, valueOffsets, stride, children } = data as Data & { values?: Uint8Array; valueOffsets?: ArrayLike<unknown> };
  if (Type.isBool(type)) return 8 * (values?.length ?? 0);
  if (Type.isUtf8View(type) || Type.isBinaryView(type)) return Math.floor((values?.length ?? 0) / 16);
  if (valueOffsets?.length) return valueOffsets.length - 1;
  if (values?.length) return Math.floor(values.length / Math.max(1, stride));
  return Type.isNull(type) || children.length > 0 ? Infinity : 0;
}
