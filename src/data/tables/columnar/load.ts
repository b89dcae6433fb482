/** The libraries of Parquet and Arrow, from their own bundle: nobody who opens no such file pays for them. */
import fs from 'node:fs';
import { createRequire } from 'node:module';
import path from 'node:path';
import type * as Library from './library';

export type ColumnarLibrary = typeof Library;

const requireHere = createRequire(__filename);
let loaded: ColumnarLibrary | undefined;

export function loadColumnar(): ColumnarLibrary {
  // In a checkout that runs from source there is no bundle; the loader of TypeScript takes the source itself.
  const bundle = path.join(__dirname, 'columnar.cjs');
  return loaded ??= requireHere(fs.existsSync(bundle) ? bundle : path.join(__dirname, 'library')) as ColumnarLibrary;
}
