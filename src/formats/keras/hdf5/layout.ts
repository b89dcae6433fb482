/** Where a dataset's bytes lie (IV.A.2.i data layout, IV.A.2.l filter pipeline). */
import type { Cursor, Hdf5View } from './view';

export interface Filter {
  readonly id: number;
  readonly optional: boolean;
  readonly values: readonly number[];
}

export type Layout =
  | { readonly kind: 'compact'; readonly bytes: Buffer }
  /** `offset` counts from the start of the file's bytes; undefined where nothing was ever written (all zeros). */
  | { readonly kind: 'contiguous'; readonly offset: number | undefined; readonly size: number }
  /** Chunks in a version-1 B-tree. */
  | { readonly kind: 'chunked'; readonly tree: number | undefined; readonly chunk: readonly number[]; readonly filters: readonly Filter[] }
  | { readonly kind: 'singleChunk'; readonly address: number | undefined; readonly size: number | undefined; readonly skipped: number; readonly chunk: readonly number[]; readonly filters: readonly Filter[] }
  | { readonly kind: 'unknown'; readonly what: string };

export function readLayout(view: Hdf5View, body: Cursor, filterBody: Cursor | undefined): Layout {
  const version = body.uint(1);
  const filters = filterBody ? readFilters(filterBody) : [];
  if (version === 1 || version === 2) return oldLayout(view, body, filters);
  if (version !== 3 && version !== 4) return { kind: 'unknown', what: `a layout of version ${version}` };
  switch (body.uint(1)) {
    case 0: return { kind: 'compact', bytes: body.take(body.uint(2)) };
    case 1: {
      const address = body.address();
      return { kind: 'contiguous', offset: address === undefined ? undefined : view.base + address, size: body.length() };
    }
    case 2: return version === 3 ? chunked(body, filters) : newChunked(view, body, filters);
    default: return { kind: 'unknown', what: 'a virtual layout' };
  }
}

function chunked(body: Cursor, filters: readonly Filter[]): Layout {
  const rank = body.uint(1) - 1, tree = body.address();
  return { kind: 'chunked', tree, chunk: Array.from({ length: rank }, () => body.uint(4)), filters };
}

function newChunked(view: Hdf5View, body: Cursor, filters: readonly Filter[]): Layout {
  const flags = body.uint(1), rank = body.uint(1) - 1, bytes = body.uint(1);
  const chunk = Array.from({ length: rank }, () => body.uint(bytes));
  body.skip(bytes);
  const index = body.uint(1);
  if (index !== 1) return { kind: 'unknown', what: `a chunk index of type ${index}` };
  const filtered = (flags & 2) !== 0;
  const size = filtered ? body.uint(view.lengthSize) : undefined, skipped = filtered ? body.uint(4) : 0;
  return { kind: 'singleChunk', address: body.address(), size, skipped, chunk, filters };
}

function oldLayout(view: Hdf5View, body: Cursor, filters: readonly Filter[]): Layout {
  const rank = body.uint(1), kind = body.uint(1);
  body.skip(5);
  const address = kind === 0 ? undefined : body.address();
  const dims = Array.from({ length: rank }, () => body.uint(4));
  if (kind === 0) return { kind: 'compact', bytes: body.take(body.uint(4)) };
  if (kind === 2) return { kind: 'chunked', tree: address, chunk: dims.slice(0, -1), filters };
  // The size follows from dims and element type; dims here are those of the dataset.
  return { kind: 'contiguous', offset: address === undefined ? undefined : view.base + address, size: Infinity };
}

function readFilters(body: Cursor): Filter[] {
  const version = body.uint(1), count = body.uint(1);
  if (version === 1) body.skip(6);
  return Array.from({ length: count }, () => {
    const id = body.uint(2);
    const nameSize = version === 1 || id >= 256 ? body.uint(2) : 0;
    const optional = (body.uint(2) & 1) !== 0, nValues = body.uint(2);
    body.skip(version === 1 ? Math.ceil(nameSize / 8) * 8 : nameSize);
    const values = Array.from({ length: nValues }, () => body.uint(4));
    if (version === 1 && nValues % 2 === 1) body.skip(4);
    return { id, optional, values };
  });
}
