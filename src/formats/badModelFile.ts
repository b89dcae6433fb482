/** What a model file did wrong, in one sentence for the person who opened it. */
export class BadModelFile extends Error {
  override readonly name = 'BadModelFile';

  /**
   * @param message one line: what was found and what was expected.
   * @param code `badFile`: damaged or something else; `unsupported`: a good file that this version cannot read.
   * @param remedy what the person can do about it, if there is something.
   */
  constructor(message: string, readonly code: 'badFile' | 'unsupported' = 'badFile', readonly remedy?: string) {
    super(message);
  }
}

/** A name from a file, fit for a message: one line, no control or text-direction characters, at most 80 characters. */
export function shown(name: string): string {
  const clean = name.slice(0, 400).replace(/[\u0000-\u001f\u007f-\u009f\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufeff\ufff9-\ufffb]/g, '�');
  return clean.length > 80 ? `${clean.slice(0, 79)}…` : clean;
}
