/** What a cell says: nothing, a number, or a word. */

const missing = new Set(['', '?', 'na', 'n/a', '#n/a', '#na', 'nan', '-nan', 'null', '<na>', '(null)', '\\n']);
/** These are words unless the column's other cells are numbers. */
const missingAmongNumbers = new Set(['-', '--', '.', '..', '*', 'none', 'nil', 'missing', 'unknown', 'inf', '-inf', '+inf', 'infinity', '-infinity']);

/** Whether a cell says that there is no value. @param amongNumbers whether the column holds numbers otherwise. */
export function isMissing(cell: string, amongNumbers = false): boolean {
  if (cell.length > 12) return false;
  const key = cell.toLowerCase();
  return missing.has(key) || (amongNumbers && missingAmongNumbers.has(key));
}

const plainNumber = /^[+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?$/;
const commaNumber = /^[+-]?(?:\d{1,3}(?:\.\d{3})+|\d+)?(?:,\d+)?(?:[eE][+-]?\d+)?$/;
const groupedNumber = /^[+-]?\d{1,3}(?:,\d{3})+(?:\.\d+)?$/;

/** The cell as a number, NaN if it is none. With a decimal comma, 1.234,5 is 1234.5; else 1,234.5 is. */
export function numberOf(cell: string, decimalComma: boolean): number {
  if (decimalComma) return cell !== '' && /\d/.test(cell) && commaNumber.test(cell) ? Number(cell.replaceAll('.', '').replace(',', '.')) : plainNumber.test(cell) ? Number(cell) : NaN;
  if (plainNumber.test(cell)) return Number(cell);
  return groupedNumber.test(cell) ? Number(cell.replaceAll(',', '')) : NaN;
}
