/** Escape sequences of string literals, in the dialect most languages share. */

const simple: Readonly<Record<string, string>> = { n: '\n', t: '\t', r: '\r', b: '\b', f: '\f', v: '\v', a: '\x07', e: '\x1b', '0': '\0' };

/**
 * `text` with its escapes resolved: \n, \xHH, \uHHHH, \UHHHHHHHH, \u{…}, a backslash at the end of a line, and an escaped
 * character as itself. With `lenient`, unknown escapes of letters keep their backslash, as Python's do ('C:\models').
 */
export function unescape(text: string, lenient = false): string {
  if (!text.includes('\\')) return text;
  return text.replace(/\\(?:x([0-9a-fA-F]{2})|u\{([0-9a-fA-F_]{1,8})\}|u([0-9a-fA-F]{4})|U([0-9a-fA-F]{8})|\r?\n[ \t]*|([\s\S]))/g, (whole, x?: string, braced?: string, u?: string, long?: string, character?: string) => {
    const code = x ?? braced?.replaceAll('_', '') ?? u ?? long;
    if (code !== undefined) {
      const point = Number.parseInt(code, 16);
      return point <= 0x10ffff ? String.fromCodePoint(point) : whole;
    }
    if (character === undefined) return '';
    const known = Object.hasOwn(simple, character) ? simple[character] : undefined;
    return known ?? (lenient && /[\w]/.test(character) ? whole : character);
  });
}
