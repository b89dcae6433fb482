/**
 * The files of one weight group, one after the other as if they were one. Locations come from an untrusted file: only
 * plain relative paths inside the model's own folder are opened.
 */
import * as fs from 'node:fs';
import * as path from 'node:path';
import { BadModelFile, shown } from '../badModelFile';
import { sizeInside, whyNotPlain } from '../onnx/external';

export interface Piece {
  readonly file: string;
  readonly offset: number;
  readonly length: number;
}

export class Shards {
  private readonly files: { readonly file: string; readonly start: number; readonly size: number }[] = [];
  readonly size: number = 0;
  /** Why bytes behind `size` cannot be read; undefined when all files are there. */
  readonly problem: string | undefined;

  /** Looks at the sizes of the files; none is read. */
  constructor(folder: string, paths: readonly string[]) {
    for (const location of paths) {
      const refused = whyNotPlain(location);
      const file = path.join(folder, ...location.split('/'));
      const size = refused === undefined ? sizeInside(folder, file) : `is refused: ${refused}`;
      if (typeof size === 'string') {
        this.problem = `its weight file "${shown(location)}" ${size}`;
        return;
      }
      this.files.push({ file, start: this.size, size });
      this.size += size;
    }
  }

  /** Where `length` bytes at `offset` lie; one piece unless they go over a boundary. */
  pieces(offset: number, length: number): Piece[] {
    const pieces: Piece[] = [];
    for (const { file, start, size } of this.files) {
      const from = Math.max(offset, start), to = Math.min(offset + length, start + size);
      if (from < to) pieces.push({ file, offset: from - start, length: to - from });
    }
    return pieces;
  }

  /** Exactly the bytes asked for, at once. For small constants and strings, which are part of the structure. */
  read(offset: number, length: number): Uint8Array {
    if (offset + length > this.size) throw new BadModelFile(`weight files are cut short: ${length} bytes were expected at byte ${offset}, but there are ${this.size}`);
    const bytes = new Uint8Array(length);
    let at = 0;
    for (const piece of this.pieces(offset, length)) {
      const handle = fs.openSync(piece.file, 'r');
      try {
        for (let done = 0; done < piece.length;) {
          const got = fs.readSync(handle, bytes, at + done, piece.length - done, piece.offset + done);
          if (got === 0) throw new BadModelFile(`${shown(path.basename(piece.file))} became shorter while it was read`);
          done += got;
        }
      } finally {
        fs.closeSync(handle);
      }
      at += piece.length;
    }
    return bytes;
  }
}
