/** Values of typed columns as the text a table has in its cells. */

/** A cell holds at most this many characters; a text that is longer is cut. */
const mostCharacters = 100_000;

/** The text of a value that the libraries give: '' where there is none. */
export function cellText(value: unknown): string {
  switch (typeof value) {
    case 'string': return value.length > mostCharacters ? value.slice(0, mostCharacters) : value;
    case 'number': return String(value);
    case 'bigint': case 'boolean': return String(value);
    default: return '';
  }
}

/** The shortest number that is this one in single precision: 5.1, not 5.099999904632568. */
export function singleText(value: number): string {
  if (!Number.isFinite(value)) return String(value);
  for (let digits = 6; digits < 9; digits++) {
    const short = Number(value.toPrecision(digits));
    if (Math.fround(short) === value) return String(short);
  }
  return String(Number(value.toPrecision(9)));
}

/** A whole number of units of 10^-scale. */
export function decimalText(units: bigint, scale: number): string {
  if (scale <= 0) return String(units * 10n ** BigInt(-scale));
  const digits = String(units < 0n ? -units : units).padStart(scale + 1, '0');
  return `${units < 0n ? '-' : ''}${digits.slice(0, -scale)}.${digits.slice(-scale)}`;
}

/** Milliseconds since 1970 as 2024-01-31, or with the time of day where it is asked for. */
export function dateText(milliseconds: number, withTime: boolean): string {
  const date = new Date(milliseconds);
  if (Number.isNaN(date.getTime())) return '';
  const [day = '', time = ''] = date.toISOString().replace('Z', '').split('T');
  return withTime ? `${day} ${time.replace(/\.000$/, '')}` : day;
}

/** Seconds since midnight as 13:05:00. */
export function timeText(seconds: number): string {
  return dateText(seconds * 1000, true).split(' ')[1] ?? '';
}
