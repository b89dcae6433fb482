/** Parquet and Arrow files written for a test. */
import { Dictionary, Int32, RecordBatchFileWriter, RecordBatchStreamWriter, Table, Utf8, compressionRegistry, CompressionType, tableFromArrays, vectorFromArray } from 'apache-arrow';
import { parquetWriteBuffer } from 'hyparquet-writer';

type ColumnSource = Parameters<typeof parquetWriteBuffer>[0]['columnData'][number];

export function parquetBytes(columnData: ColumnSource[], options: Partial<Parameters<typeof parquetWriteBuffer>[0]> = {}): Uint8Array {
  return new Uint8Array(parquetWriteBuffer({ columnData, ...options }));
}

export function arrowFile(table: Table, compressionType: CompressionType | null = null): Uint8Array {
  return RecordBatchFileWriter.writeAll(table, { compressionType }).toUint8Array(true);
}

export function arrowStream(table: Table): Uint8Array {
  return RecordBatchStreamWriter.writeAll(table).toUint8Array(true);
}

export { compressionRegistry, CompressionType, Dictionary, Int32, Table, tableFromArrays, Utf8, vectorFromArray };
