import { DataError, reasonOf } from '../../errors';

/** Why a damaged file cannot be read. What JavaScript says where a library trips over it tells people nothing. */
export function damageOf(error: unknown): string {
  if (error instanceof DataError) return error.message.replace(/^[^:]*: | \(damaged or cut off\?\)/g, '');
  return error instanceof TypeError || error instanceof RangeError || error instanceof SyntaxError ? 'its description does not hold together' : reasonOf(error);
}
