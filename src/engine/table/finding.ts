/** The numbers of what was found, as they are compared and written. */
import { createHash } from 'node:crypto';
import type { TableFinding } from '../../methods/table/tableMethod';

/** SHA-256 of all numbers of a finding, in the order of its fields: equal digests, equal numbers. */
export function findingDigest(finding: TableFinding): string {
  const hash = createHash('sha256');
  const add = (value: unknown): void => {
    if (typeof value === 'number') hash.update(new Uint8Array(Float64Array.of(value).buffer));
    else if (typeof value === 'string' || typeof value === 'boolean') hash.update(`${value}\0`);
    else if (ArrayBuffer.isView(value)) hash.update(new Uint8Array(value.buffer, value.byteOffset, value.byteLength));
    else if (Array.isArray(value)) value.forEach(add);
    else if (typeof value === 'object' && value !== null) Object.values(value).forEach(add);
  };
  add(finding);
  return hash.digest('hex');
}
