/** Tells formats apart by their first bytes; a file's name proves nothing. */
import * as path from 'node:path';
import { BadModelFile, shown } from './badModelFile';
import type { ByteSource } from './bytes';

interface Signature {
  readonly at: number;
  readonly bytes: string;
  readonly what: string;
}

/** Bytes are written as latin-1 text. */
const signatures: readonly Signature[] = [
  { at: 0, bytes: '\x89PNG\r\n', what: 'a PNG picture' },
  { at: 0, bytes: '\xff\xd8\xff', what: 'a JPEG picture' },
  { at: 0, bytes: 'GIF8', what: 'a GIF picture' },
  { at: 0, bytes: '%PDF', what: 'a PDF document' },
  { at: 0, bytes: '\x1f\x8b', what: 'gzip-compressed data' },
  { at: 0, bytes: '\x93NUMPY', what: 'a NumPy array' },
  { at: 4, bytes: 'TFL3', what: 'a TensorFlow Lite model' },
  { at: 4, bytes: 'ORTM', what: "a model in ONNX Runtime's own ORT format" },
  { at: 0, bytes: 'GGUF', what: 'a GGUF model' },
  { at: 0, bytes: '\x7fELF', what: 'a Linux program' },
  { at: 0, bytes: 'MZ', what: 'a Windows program' },
  { at: 8, bytes: '{"', what: 'a safetensors file' },
  { at: 0, bytes: '\x80\x02', what: 'a Python pickle' },
];

const gitLfs = 'version https://git-lfs.github.com/spec/';

export type Kind = 'hdf5' | 'zip' | 'json' | 'gitLfs' | 'empty' | 'other' | 'unknown';

/** What a file is by its first bytes; `unknown` may be ONNX, whose protobuf has no magic. */
export function sniff(source: ByteSource): { readonly kind: Kind; readonly what: string } {
  if (source.size === 0) return { kind: 'empty', what: 'an empty file' };
  const head = Buffer.from(source.read(0, Math.min(source.size, 1024))).toString('latin1');
  if (head.startsWith(gitLfs)) return { kind: 'gitLfs', what: 'a Git LFS pointer, a note that stands for the real file' };
  if (head.startsWith('PK\x03\x04')) return { kind: 'zip', what: 'a zip archive' };
  if (isHdf5(source)) return { kind: 'hdf5', what: 'an HDF5 file' };
  const known = signatures.find(({ at, bytes }) => head.startsWith(bytes, at));
  if (known) return { kind: 'other', what: known.what };
  const trimmed = head.replace(/^\xef\xbb\xbf/, '').trimStart();
  if (/^[[{]/.test(trimmed) && isText(head)) return { kind: 'json', what: 'a JSON file' };
  if (/^<(!doctype|html|\?xml|svg)/i.test(trimmed)) return { kind: 'other', what: 'an HTML or XML page' };
  if (isText(head)) return { kind: 'other', what: 'a text file' };
  return { kind: 'unknown', what: 'binary data of no known kind' };
}

/** HDF5's superblock stands at byte 0, 512, 1024, 2048, … (HDF5 file format specification, II.A). */
function isHdf5(source: ByteSource): boolean {
  const magic = '\x89HDF\r\n\x1a\n';
  for (let at = 0; at + 8 <= source.size && at <= 8192; at = at === 0 ? 512 : at * 2) {
    if (Buffer.from(source.read(at, 8)).toString('latin1') === magic) return true;
  }
  return false;
}

/** Text has no control characters but tabs and line ends; an ONNX file begins with the control character 8. */
function isText(head: string): boolean {
  return !/[\x00-\x08\x0b\x0e-\x1f]/.test(head);
}

/** Throws a BadModelFile if the file is recognisably not ONNX. */
export function refuseForeign(source: ByteSource): void {
  const { kind, what } = sniff(source);
  if (kind === 'unknown') return;
  const remedy = kind === 'gitLfs' ? 'Fetch the real file with "git lfs pull".' : undefined;
  throw new BadModelFile(`${shown(path.basename(source.file))} is ${what}, where an ONNX model was expected${remedy ? `; ${remedy.charAt(0).toLowerCase()}${remedy.slice(1, -1)}` : ''}`, 'badFile', remedy);
}
