/** What is used of the libraries that read Parquet and Arrow: a bundle of its own, loaded when such a file is opened. */
export { Bool, compressionRegistry, CompressionType, DataType, Precision, RecordBatchReader, type Data, type RecordBatch, type Vector } from 'apache-arrow';
export { ByteBuffer as FlatBuffer } from 'flatbuffers';
export { decompress as unzstd } from 'fzstd';
export { parquetMetadataAsync, parquetSchema, type AsyncBuffer, type FileMetaData, type RowGroup, type SchemaElement, type SchemaTree } from 'hyparquet';
export { parquetHeader } from 'hyparquet/src/column.js';
export { convert, DEFAULT_PARSERS } from 'hyparquet/src/convert.js';
export { deltaBinaryUnpack, deltaByteArray, deltaLengthByteArray } from 'hyparquet/src/delta.js';
export { byteStreamSplit } from 'hyparquet/src/encoding.js';
export { readPlain } from 'hyparquet/src/plain.js';
