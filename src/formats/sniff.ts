/** Tells formats apart by their first bytes; a file's name proves nothing. */
import { isUtf8 } from 'node:buffer';
import * as path from 'node:path';
import { BadModelFile, shown } from './badModelFile';
import type { ByteSource } from './bytes';

/** First bytes as latin-1 text. Patterns are narrow enough that no ONNX file, which begins with a field tag, fits one. */
const signatures: readonly (readonly [RegExp, string])[] = [
  [/^\x89PNG\r\n/, 'a PNG picture'],
  [/^\xff\xd8\xff/, 'a JPEG picture'],
  [/^GIF8[79]a/, 'a GIF picture'],
  [/^BM.{4}\0\0\0\0/s, 'a BMP picture'],
  [/^RIFF.{4}(WEBP|WAVE)/s, 'a WebP picture or a WAV sound'],
  [/^%PDF/, 'a PDF document'],
  [/^\x1f\x8b/, 'gzip-compressed data'],
  [/^\x93NUMPY/, 'a NumPy array'],
  [/^.{2}\0\0TFL3/s, 'a TensorFlow Lite model'],
  [/^.{2}\0\0ORTM/s, "a model in ONNX Runtime's own ORT format"],
  [/^GGUF/, 'a GGUF model'],
  [/^.{4}\0\0\0\0\{"/s, 'a safetensors file'],
  [/^\x80[\x02-\x05]/, 'a Python pickle'],
  [/^\x7fELF/, 'a Linux program'],
  [/^MZ/, 'a Windows program'],
];

const gitLfs = 'version https://git-lfs.github.com/spec/';

const headLength = 1024;

export type Kind = 'hdf5' | 'zip' | 'json' | 'gitLfs' | 'empty' | 'other' | 'unknown';

/** What a file is by its first bytes; `unknown` may be ONNX, whose protobuf has no magic. */
export function sniff(source: ByteSource): { readonly kind: Kind; readonly what: string } {
  if (source.size === 0) return { kind: 'empty', what: 'an empty file' };
  const head = Buffer.from(source.read(0, Math.min(source.size, headLength))).toString('latin1');
  if (head.startsWith(gitLfs)) return { kind: 'gitLfs', what: 'a Git LFS pointer, a note that stands for the real file' };
  if (head.startsWith('PK\x03\x04')) return { kind: 'zip', what: 'a zip archive' };
  if (isHdf5(source)) return { kind: 'hdf5', what: 'an HDF5 file' };
  const known = signatures.find(([pattern]) => pattern.test(head));
  if (known) return { kind: 'other', what: known[1] };
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

/** Text is UTF-8 without control characters but tabs and line ends; an ONNX file holds plenty of them. */
function isText(head: string): boolean {
  if (/[\x00-\x08\x0b\x0e-\x1f]/.test(head)) return false;
  // The head may end inside a character of up to four bytes.
  const bytes = Buffer.from(head, 'latin1');
  const whole = head.length < headLength ? bytes : bytes.subarray(0, bytes.findLastIndex((byte) => byte < 0x80) + 1);
  return isUtf8(whole) && whole.length > 0;
}

/** Throws a BadModelFile if the file is recognisably not ONNX. */
export function refuseForeign(source: ByteSource): void {
  const { kind, what } = sniff(source);
  if (kind === 'unknown') return;
  const message = `${shown(path.basename(source.file))} is ${what}, where a model was expected`;
  if (kind !== 'gitLfs') throw new BadModelFile(message);
  throw new BadModelFile(`${message}; fetch the real file with "git lfs pull"`, 'badFile', 'Run "git lfs pull" in the repository of the model.');
}
