/**
 * One column of one row group: its pages are decoded one after another, and only values of wanted rows are kept. What a
 * page says of itself is checked before memory is taken for it.
 */
import type { ColumnarLibrary } from './load';
import type { Uncompress } from './codecs';
import { readRuns, type Place } from './runs';
import type { SchemaElement } from './library';

export interface ColumnChunk {
  /** From its dictionary page, or its first page, to its end. */
  readonly bytes: Uint8Array<ArrayBuffer>;
  readonly element: SchemaElement;
  readonly uncompress: Uncompress;
  /** Rows of the group. */
  readonly rows: number;
}

/** The values of a page, missing ones left out. */
type Values = (at: number) => unknown;

/** Values, and bytes, of one page; a page that speaks of more is refused. */
const mostValues = 2 ** 24, mostPageBytes = 2 ** 28;

/**
 * @param wanted rows of the group, in order.
 * @returns one raw value for each, undefined where it is missing.
 * @throws Error (also of the libraries) for pages that cannot be decoded.
 */
export function pickValues(library: ColumnarLibrary, { bytes, element, uncompress, rows }: ColumnChunk, wanted: readonly number[]): unknown[] {
  const reader = { view: new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength), offset: 0 }, picked: unknown[] = [];
  const optional = element.repetition_type !== 'REQUIRED';
  let dictionary: ArrayLike<unknown> | undefined, row = 0;
  while (picked.length < wanted.length) {
    if (reader.offset >= bytes.length) throw new Error(`its pages end at row ${row} of ${rows}`);
    const { type, compressed_page_size: size, uncompressed_page_size: length, data_page_header: v1, data_page_header_v2: v2, dictionary_page_header: words } = library.parquetHeader(reader);
    if (!(size >= 0 && reader.offset + size <= bytes.length)) throw new Error(`a page of ${size} bytes does not end within the column`);
    if (!(length >= 0 && length <= mostPageBytes)) throw new Error(`a page has ${length} uncompressed bytes, expected at most ${mostPageBytes}`);
    const packed = bytes.subarray(reader.offset, reader.offset + size);
    reader.offset += size;
    if (type === 'DICTIONARY_PAGE' && words) {
      checkCount(words.num_values, length);
      const page = uncompress(packed, length);
      dictionary = library.readPlain({ view: viewOf(page), offset: 0 }, element.type!, words.num_values, element.type_length);
      continue;
    }
    const header = v1 ?? v2;
    if (!header || type === 'DICTIONARY_PAGE') continue;
    const count = header.num_values;
    if (!(count >= 0 && row + count <= rows)) throw new Error(`a page has ${count} values from row ${row} on, expected at most ${rows - row}`);
    const stop = row + count;
    // Pages without a wanted row are passed over.
    if (wanted[picked.length]! < stop) {
      if (count > mostValues) throw new Error(`a page has ${count} values, expected at most ${mostValues}`);
      take(v2 ? pageV2(packed, length, v2) : pageV1(packed, length, v1!), row, stop);
    }
    row = stop;
  }
  return picked;

  function take({ present, values }: Decoded, start: number, stop: number): void {
    for (let from = start, at = 0; picked.length < wanted.length && wanted[picked.length]! < stop;) {
      const target = wanted[picked.length]!;
      if (present) for (; from < target; from++) at += present[from - start]!;
      else at = target - start;
      picked.push(present && !present[target - start] ? undefined : values(at));
    }
  }

  function pageV1(packed: Uint8Array, length: number, header: { readonly num_values: number; readonly encoding: string }): Decoded {
    const page = uncompress(packed, length), place: Place = { offset: 0 };
    let present: Uint32Array | undefined;
    if (optional) {
      const size = viewOf(page).getUint32(0, true);
      place.offset = 4;
      if (4 + size > page.length) throw new Error('levels are longer than their page');
      present = readRuns(page, place, 4 + size, 1, header.num_values);
      place.offset = 4 + size;
    }
    return decoded(present, header, page, place);
  }

  function pageV2(packed: Uint8Array, length: number, header: NonNullable<ReturnType<ColumnarLibrary['parquetHeader']>['data_page_header_v2']>): Decoded {
    const { definition_levels_byte_length: levels, repetition_levels_byte_length: repeated } = header, place: Place = { offset: repeated };
    if (!(levels >= 0 && repeated >= 0 && levels + repeated <= packed.length)) throw new Error('levels are longer than their page');
    const present = optional && levels > 0 ? readRuns(packed, place, repeated + levels, 1, header.num_values) : undefined;
    const rest = packed.subarray(repeated + levels), page = header.is_compressed === false ? rest : uncompress(rest, length - levels - repeated);
    return decoded(present, header, page, { offset: 0 });
  }

  function decoded(present: Uint32Array | undefined, { num_values, encoding }: { readonly num_values: number; readonly encoding: string }, page: Uint8Array, place: Place): Decoded {
    const count = present ? present.reduce((sum, here) => sum + here, 0) : num_values;
    return { ...(present && { present }), values: count === 0 ? () => undefined : decode(encoding, page, place, count) };
  }

  function decode(encoding: string, page: Uint8Array, place: Place, count: number): Values {
    const reader = { view: viewOf(page), offset: place.offset }, left = page.length - place.offset, { type } = element;
    const listed = (values: ArrayLike<unknown>): Values => (at) => values[at];
    switch (encoding) {
      case 'PLAIN':
        checkCount(count, left);
        return listed(library.readPlain(reader, type!, count, element.type_length));
      case 'PLAIN_DICTIONARY': case 'RLE_DICTIONARY': {
        const words = dictionary, width = page[place.offset++] ?? 0, places = readRuns(page, place, page.length, width, count);
        if (!words) throw new Error('a page refers to a dictionary, and there is none');
        return (at) => words[places[at]!];
      }
      case 'RLE': {
        if (type !== 'BOOLEAN') break;
        const size = reader.view.getUint32(place.offset, true), offset = place.offset + 4, flags = readRuns(page, { offset }, Math.min(page.length, offset + size), 1, count);
        return (at) => flags[at] === 1;
      }
      case 'DELTA_BINARY_PACKED': {
        const numbers = type === 'INT32' ? new Int32Array(count) : new BigInt64Array(count);
        library.deltaBinaryUnpack(reader, count, numbers);
        return listed(numbers);
      }
      case 'DELTA_LENGTH_BYTE_ARRAY': case 'DELTA_BYTE_ARRAY': {
        const texts = new Array<Uint8Array>(count);
        if (encoding === 'DELTA_BYTE_ARRAY') checkPrefixes({ ...reader }, count);
        (encoding === 'DELTA_BYTE_ARRAY' ? library.deltaByteArray : library.deltaLengthByteArray)(reader, count, texts);
        return listed(texts);
      }
      case 'BYTE_STREAM_SPLIT':
        checkCount(count, left);
        return listed(library.byteStreamSplit(reader, count, type!, element.type_length));
    }
    throw new Error(`pages of encoding ${encoding} are not read`);
  }

  /** Texts may repeat the beginning of the one before: many long repetitions of few bytes are refused. */
  function checkPrefixes(reader: { view: DataView<ArrayBuffer>; offset: number }, count: number): void {
    const lengths = new Int32Array(count);
    library.deltaBinaryUnpack(reader, count, lengths);
    if (lengths.reduce((sum, length) => sum + length, 0) > mostPageBytes) throw new Error(`the texts of a page have more than ${mostPageBytes} bytes`);
  }
}

interface Decoded {
  /** 1 for rows that have a value; absent where all have. */
  readonly present?: Uint32Array;
  readonly values: Values;
}

function checkCount(count: number, bytes: number): void {
  if (!(count >= 0 && count <= 8 * bytes)) throw new Error(`${count} values do not fit into ${bytes} bytes`);
}

function viewOf(bytes: Uint8Array): DataView<ArrayBuffer> {
  return new DataView(bytes.buffer as ArrayBuffer, bytes.byteOffset, bytes.byteLength);
}
