/** A file or value a person gave that cannot be used: one line saying what was found and what was expected. */
export class DataError extends Error {
  /** `badFile`: the file itself is damaged or of an unknown kind; `badInput`: it does not fit this model. */
  readonly code: 'badFile' | 'badInput' | 'notFound';
  /** What can be done next, one line. */
  readonly remedy?: string;

  constructor(code: 'badFile' | 'badInput' | 'notFound', message: string, remedy?: string) {
    super(message);
    this.name = 'DataError';
    this.code = code;
    this.remedy = remedy;
  }
}

/** The first line of whatever was thrown, without a trailing full stop. */
export function reasonOf(error: unknown): string {
  const text = error instanceof Error ? error.message : String(error);
  return (text.split('\n')[0] ?? '').trim().replace(/\.$/, '');
}

/** Why a file could not be opened, in words where the system gives a code. */
export function openingError(error: unknown): string {
  const code = error instanceof Error && 'code' in error ? error.code : undefined;
  if (code === 'ENOENT' || code === 'ENOTDIR') return 'no such file';
  if (code === 'EACCES' || code === 'EPERM') return 'may not be read by this user';
  if (code === 'EISDIR') return 'is a folder, expected a file';
  return `cannot be opened: ${reasonOf(error)}`;
}
