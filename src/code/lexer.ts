/**
 * Source text of the C family and Rust → tokens. No grammar is needed for what is asked of them (string literals and the
 * calls they stand in), only care about where strings and comments begin and end. Linear in the text.
 */
import { unescape } from './escapes';
import type { SourceRange } from './types';

export type LexedLanguage = 'c' | 'cpp' | 'csharp' | 'java' | 'rust';

export type Token =
  | { readonly kind: 'word' | 'number' | 'mark'; readonly start: number; readonly end: number; readonly text: string }
  /** `value` is absent where the string has holes ($"{x}"). */
  | { readonly kind: 'string'; readonly start: number; readonly end: number; readonly text: string; readonly content: SourceRange; readonly value?: string };

const word = /[\p{L}\p{Nl}_][\p{L}\p{Nl}\p{Nd}\p{Mn}_]*/uy;
const number = /(?:0[xX][\da-fA-F_']+|0[bB][01_']+|\d[\d_']*(?:\.\d[\d_']*)?(?:[eE][+-]?\d+)?)[\p{L}\d_]*/uy;
const marks = /::|->|=>|==|!=|<=|>=|&&|\|\||\+=|-=|\+\+|--|[^\s\w]/y;

/** Longest string whose content matters: names and paths are shorter. */
const maximumString = 100_000;

export function lex(language: LexedLanguage, text: string): Token[] {
  const tokens: Token[] = [];
  let at = 0;
  let lineStart = true;
  const push = (kind: 'word' | 'number' | 'mark', end: number): void => {
    tokens.push({ kind, start: at, end, text: text.slice(at, end) });
    at = end;
  };
  const pushString = (open: number, close: number, end: number, read: ((content: string) => string) | undefined): void => {
    const content = { start: at + open, end: close };
    const value = read && close - content.start <= maximumString ? read(text.slice(content.start, close)) : undefined;
    tokens.push({ kind: 'string', start: at, end, text: '', content, ...(value !== undefined && { value }) });
    at = end;
  };

  while (at < text.length) {
    const character = text[at]!;
    if (character === '\n') { lineStart = true; at++; continue; }
    if (/\s/.test(character)) { at++; continue; }
    const first = lineStart;
    lineStart = false;
    if (character === '/' && text[at + 1] === '/') { at = endOfLine(text, at); continue; }
    if (character === '/' && text[at + 1] === '*') { at = language === 'rust' ? nestedComment(text, at) : after(text, '*/', at + 2); continue; }
    if (character === '#' && first && language !== 'java' && language !== 'rust') {
      const define = /#[ \t]*define[ \t]+(\w+)(?=[ \t])/y;
      define.lastIndex = at;
      const found = language === 'csharp' ? null : define.exec(text);
      if (!found) { at = endOfDirective(text, at); continue; }
      // #define PATH "a.onnx": a name that gets a value; the next line's tokens end it.
      const nameStart = define.lastIndex - found[1]!.length;
      tokens.push({ kind: 'mark', start: at, end: at + 1, text: ';' }, { kind: 'word', start: nameStart, end: define.lastIndex, text: found[1]! }, { kind: 'mark', start: define.lastIndex, end: define.lastIndex, text: '=' });
      at = define.lastIndex;
      const end = endOfDirective(text, at);
      for (const token of lex(language, text.slice(at, end))) tokens.push(shifted(token, at));
      tokens.push({ kind: 'mark', start: end, end, text: ';' });
      at = end;
      continue;
    }
    const opening = stringAt(language, text, at);
    if (opening) { pushString(opening.open, opening.close, opening.end, opening.read); continue; }
    if (character === "'") { at = characterEnd(language, text, at); continue; }
    word.lastIndex = at;
    if (word.test(text)) { push('word', word.lastIndex); continue; }
    number.lastIndex = at;
    if (number.test(text)) { push('number', number.lastIndex); continue; }
    marks.lastIndex = at;
    if (marks.test(text)) push('mark', marks.lastIndex);
    else at++;
  }
  return tokens;
}

function shifted(token: Token, by: number): Token {
  const moved = { ...token, start: token.start + by, end: token.end + by };
  return moved.kind === 'string' ? { ...moved, content: { start: moved.content.start + by, end: moved.content.end + by } } : moved;
}

/** Position behind `mark`, or the end. */
function after(text: string, mark: string, from: number): number {
  const found = text.indexOf(mark, from);
  return found < 0 ? text.length : found + mark.length;
}

function endOfLine(text: string, from: number): number {
  const found = text.indexOf('\n', from);
  return found < 0 ? text.length : found;
}

/** A directive goes on behind a backslash at the end of its line. */
function endOfDirective(text: string, from: number): number {
  let end = endOfLine(text, from);
  while (end < text.length && /\\\r?$/.test(text.slice(Math.max(from, end - 2), end))) end = endOfLine(text, end + 1);
  return end;
}

function nestedComment(text: string, from: number): number {
  const edges = /\/\*|\*\//g;
  edges.lastIndex = from;
  let depth = 0;
  for (let found = edges.exec(text); found; found = edges.exec(text)) {
    depth += found[0] === '/*' ? 1 : -1;
    if (depth === 0) return edges.lastIndex;
  }
  return text.length;
}

interface StringAt {
  /** Length of what opens it. */
  readonly open: number;
  readonly close: number;
  readonly end: number;
  readonly read?: (content: string) => string;
}

const asItIs = (content: string): string => content;
const escaped = (content: string): string => unescape(content);

/** The string literal that begins at a position, by its prefix. */
function stringAt(language: LexedLanguage, text: string, at: number): StringAt | undefined {
  if (!/["LuURb@$rc]/.test(text[at]!)) return undefined;
  switch (language) {
    case 'c': case 'cpp': {
      const raw = /(?:u8|[LuU])?R"([^()\\\s]{0,16})\(/y;
      raw.lastIndex = at;
      const found = language === 'cpp' ? raw.exec(text) : null;
      if (found) return until(text, at, found[0].length, `)${found[1]!}"`, asItIs);
      return plain(text, at, /(?:u8|[LuU])?"/y);
    }
    case 'rust': {
      const raw = /[bc]?r(#{0,16})"/y;
      raw.lastIndex = at;
      const found = raw.exec(text);
      if (found) return until(text, at, found[0].length, `"${found[1]!}`, asItIs);
      return plain(text, at, /[bc]?"/y, true);
    }
    case 'java': return text.startsWith('"""', at) ? until(text, at, 3, '"""', (content) => unescape(content.replace(/^[ \t]*\r?\n/, ''))) : plain(text, at, /"/y);
    case 'csharp': return csharpString(text, at);
  }
}

function csharpString(text: string, at: number): StringAt | undefined {
  const rawStart = /(\$*)("{3,16})/y;
  rawStart.lastIndex = at;
  const raw = rawStart.exec(text);
  if (raw) return until(text, at, raw[0].length, raw[2]!, raw[1] ? undefined : asItIs);
  const verbatim = /(\$@|@\$|@)"/y;
  verbatim.lastIndex = at;
  const found = verbatim.exec(text);
  if (found) {
    const open = found[0].length;
    let close = text.indexOf('"', at + open);
    while (close >= 0 && text[close + 1] === '"') close = text.indexOf('"', close + 2);
    if (close < 0) close = text.length;
    return { open, close, end: Math.min(text.length, close + 1), ...(found[1] === '@' && { read: (content: string) => content.replaceAll('""', '"') }) };
  }
  if (text.startsWith('$"', at)) {
    const string = plain(text, at, /\$"/y);
    // Without a hole it is a string like any other.
    return string && (/\{(?!\{)/.test(text.slice(at + 2, string.close).replaceAll('{{', '')) ? { ...string, read: undefined } : { ...string, read: (content) => unescape(content).replace(/\{\{|\}\}/g, (brace) => brace[0]!) });
  }
  return plain(text, at, /"/y);
}

function until(text: string, at: number, open: number, mark: string, read: StringAt['read']): StringAt {
  const close = text.indexOf(mark, at + open);
  return close < 0 ? { open, close: text.length, end: text.length, ...(read && { read }) } : { open, close, end: close + mark.length, ...(read && { read }) };
}

/** A string with escapes that ends on its line (in Rust it may go on): an unclosed one must not swallow the file. */
function plain(text: string, at: number, opening: RegExp, lines = false): StringAt | undefined {
  opening.lastIndex = at;
  const found = opening.exec(text);
  if (!found) return undefined;
  const stops = lines ? /["\\]/g : /["\\\n]/g;
  stops.lastIndex = at + found[0].length;
  for (let stop = stops.exec(text); stop; stop = stops.exec(text)) {
    if (stop[0] === '\\') stops.lastIndex++;
    else return { open: found[0].length, close: stop.index, end: stop[0] === '"' ? stop.index + 1 : stop.index, read: escaped };
  }
  return { open: found[0].length, close: text.length, end: text.length, read: escaped };
}

/** End of a character literal; in Rust it may also be a lifetime ('a), of which the quote alone is skipped. */
function characterEnd(language: LexedLanguage, text: string, at: number): number {
  const literal = language === 'rust' ? /'(?:\\(?:u\{[0-9a-fA-F_]{1,8}\}|x..|.)|[^\\'\n])'/uy : /'(?:\\[^\n]|[^\\'\n]){0,16}'/y;
  literal.lastIndex = at;
  return literal.test(text) ? literal.lastIndex : at + 1;
}
