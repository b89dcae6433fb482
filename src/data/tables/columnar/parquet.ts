/** A Parquet file → rows of a table. Row groups are read one column at a time; values of rows that are not kept are passed over. */
import { DataError } from '../../errors';
import { cellText, dateText, decimalText, singleText, timeText } from './cellText';
import { codecsOf, type Uncompress } from './codecs';
import { damageOf } from './damage';
import type { ColumnarField, ColumnarOptions, ColumnarRows } from './columns';
import type { FileMetaData, RowGroup, SchemaElement } from './library';
import type { ColumnarLibrary } from './load';
import { pickValues } from './parquetPages';
import type { Source } from './source';

const mostRows = 2 ** 32, mostFields = 100_000, mostMetadataBytes = 2 ** 28, drawnAtOnce = 1 << 20;

interface Leaf extends ColumnarField {
  readonly element: SchemaElement;
  /** Place among the columns of a row group. */
  readonly at: number;
}

/** @throws DataError naming the file and the column. */
export async function readParquet(source: Source, library: ColumnarLibrary, options: ColumnarOptions): Promise<ColumnarRows> {
  const metadata = await metadataOf(source, library), fields = fieldsOf(metadata, library), groups = metadata.row_groups, sizes = groups.map(({ num_rows }) => Number(num_rows));
  const total = sizes.reduce((sum, size) => sum + size, 0);
  if (sizes.some((size) => !(size >= 0)) || total !== Number(metadata.num_rows) || total > mostRows) throw new DataError('badFile', `${source.name}: its row groups have ${total} rows, expected ${metadata.num_rows}, as it says, and at most ${mostRows}`);
  const rows = await draw(total, options, fields.length), codecs = codecsOf(library), cells = fields.map((): string[] => []);
  for (let group = 0, start = 0, first = 0; group < groups.length; start += sizes[group]!, group++) {
    let end = first;
    while (end < rows.length && rows[end]! < start + sizes[group]!) end++;
    const wanted = rows.slice(first, end).map((row) => row - start);
    first = end;
    if (wanted.length === 0) continue;
    for (const [place, field] of fields.entries()) {
      if (field.unread !== undefined) continue;
      options.signal?.throwIfAborted();
      for (const value of await columnOf(source, library, codecs, field, groups[group]!, sizes[group]!, wanted, group)) cells[place]!.push(value);
    }
    options.progress?.(start + sizes[group]!);
  }
  return { fields: fields.map((field, place) => (isBytes(field.element, cells[place]!) ? { name: field.name, unread: 'holds bytes' } : field)), total, rows, cells, notes: [`The file is Parquet${metadata.created_by ? ` written by ${metadata.created_by.slice(0, 60)}` : ''}.`] };
}

async function metadataOf(source: Source, library: ColumnarLibrary): Promise<FileMetaData> {
  try {
    if (source.size < 12) throw new Error(`it has ${source.size} bytes`);
    const tail = new DataView((await source.bytes(source.size - 8, source.size)).buffer);
    if (tail.getUint32(4, true) !== 0x31524150) throw new Error('it does not end with PAR1');
    if (tail.getUint32(0, true) > mostMetadataBytes) throw new Error(`its description has ${tail.getUint32(0, true)} bytes`);
    const slice = async (start: number, end = source.size): Promise<ArrayBuffer> => (await source.bytes(start, end)).buffer;
    const metadata = await library.parquetMetadataAsync({ byteLength: source.size, slice }, { geoparquet: false });
    if (metadata.schema.length > mostFields) throw new Error(`it has ${metadata.schema.length} fields`);
    return metadata;
  } catch (error) {
    throw error instanceof DataError ? error : new DataError('badFile', `${source.name}: cannot be read as Parquet (damaged or cut off?): ${damageOf(error)}`);
  }
}

/** The columns in order; those inside of others, lists and bytes that are no text are not read. */
function fieldsOf(metadata: FileMetaData, { parquetSchema }: ColumnarLibrary): Leaf[] {
  let at = 0;
  const leaves = ({ children }: ReturnType<typeof parquetSchema>): number => (children.length ? children.reduce((sum, child) => sum + leaves(child), 0) : 1);
  return parquetSchema(metadata).children.map((tree) => {
    const { element } = tree, place = at, nested = tree.children.length > 0;
    at += leaves(tree);
    const unread = nested ? `is nested (${element.converted_type?.toLowerCase() ?? element.logical_type?.type.toLowerCase() ?? 'a structure'})` : element.repetition_type === 'REPEATED' ? 'is nested (a list)' : whyUnread(element);
    return { name: element.name, element, at: place, ...(unread !== undefined && { unread }) };
  });
}

function whyUnread({ type, converted_type: converted, logical_type: logical }: SchemaElement): string | undefined {
  if (converted === 'BSON' || converted === 'INTERVAL') return `holds ${converted} values`;
  if (logical && ['GEOMETRY', 'GEOGRAPHY', 'VARIANT'].includes(logical.type)) return `holds ${logical.type.toLowerCase()} values`;
  if (type === 'FIXED_LEN_BYTE_ARRAY' && converted !== 'DECIMAL' && logical?.type !== 'UUID' && logical?.type !== 'FLOAT16') return 'holds bytes';
  return undefined;
}

/** Old writers do not say whether bytes are text. */
function isBytes({ type, converted_type: converted, logical_type: logical }: SchemaElement, cells: readonly string[]): boolean {
  return type === 'BYTE_ARRAY' && !converted && !logical && cells.some((cell) => /[\u0000-\u0008\ufffd]/.test(cell));
}

/** Which rows are kept: the same as of a text with as many. */
async function draw(total: number, { sample: make, signal }: ColumnarOptions, width: number): Promise<number[]> {
  const sample = make<undefined>(width);
  for (let row = 0; row < total; row++) {
    sample.offer(() => undefined);
    if (row % drawnAtOnce === drawnAtOnce - 1) {
      await new Promise((resolve) => { setImmediate(resolve); });
      signal?.throwIfAborted();
    }
  }
  return sample.kept().map(({ row }) => row);
}

async function columnOf(source: Source, library: ColumnarLibrary, codecs: Readonly<Record<string, Uncompress>>, { name, element, at }: Leaf, { columns }: RowGroup, rows: number, wanted: readonly number[], group: number): Promise<string[]> {
  try {
    const { meta_data: meta, file_path: elsewhere } = columns[at] ?? {};
    if (elsewhere !== undefined) throw new Error('its values are in another file');
    if (!meta || meta.path_in_schema.length !== 1 || meta.path_in_schema[0] !== name) throw new Error('its values are not where they should be');
    const uncompress = codecs[meta.codec];
    if (!uncompress) throw new Error(`compression ${meta.codec} is not read`);
    const data = Number(meta.data_page_offset), dictionary = Number(meta.dictionary_page_offset ?? 0n), start = dictionary > 0 ? Math.min(dictionary, data) : data;
    const bytes = await source.bytes(start, start + Number(meta.total_compressed_size));
    return textsOf(library, element, pickValues(library, { bytes, element, uncompress, rows }, wanted));
  } catch (error) {
    if (error instanceof DataError && error.remedy !== undefined) throw error;
    throw new DataError('badFile', `${source.name}: column '${name}' of row group ${group} cannot be read: ${damageOf(error)}`);
  }
}

/** Raw values as text. */
function textsOf(library: ColumnarLibrary, element: SchemaElement, raw: readonly unknown[]): string[] {
  const { type, converted_type: converted, logical_type: logical, scale = 0 } = element, write = writer();
  if (converted === 'DECIMAL') return raw.map((value) => (value === undefined ? '' : decimalText(unitsOf(value), scale)));
  const given = raw.filter((value) => value !== undefined), parsers = { ...library.DEFAULT_PARSERS, jsonFromBytes: library.DEFAULT_PARSERS.stringFromBytes };
  const values = library.convert(given as never, { element, parsers, schemaPath: [], pathInSchema: [], type: type!, codec: 'UNCOMPRESSED' }) as ArrayLike<unknown>;
  let at = 0;
  return raw.map((value) => (value === undefined ? '' : write(values[at++])));

  function writer(): (value: unknown) => string {
    if (type === 'FLOAT') return (value) => singleText(value as number);
    const perSecond = converted === 'TIME_MILLIS' || (logical?.type === 'TIME' && logical.unit === 'MILLIS') ? 1e3 : converted === 'TIME_MICROS' || (logical?.type === 'TIME' && logical.unit === 'MICROS') ? 1e6 : logical?.type === 'TIME' ? 1e9 : undefined;
    if (perSecond) return (value) => timeText(Number(value) / perSecond);
    const withTime = converted !== 'DATE' && logical?.type !== 'DATE';
    return (value) => (value instanceof Date ? dateText(value.getTime(), withTime) : cellText(value));
  }
}

/** The whole number a decimal is stored as: big-endian bytes, or an integer. */
function unitsOf(value: unknown): bigint {
  if (typeof value === 'bigint') return value;
  if (typeof value === 'number') return BigInt(value);
  const bytes = value as Uint8Array;
  return bytes.length === 0 ? 0n : BigInt.asIntN(8 * bytes.length, BigInt(`0x${Buffer.from(bytes).toString('hex')}`));
}
