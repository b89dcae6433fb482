/** String literals of texts that are no programs: JSON, YAML, Markdown. Linear in the text. */
import { unescape } from './escapes';
import { looksLikeModel } from './paths';
import type { SourceString } from './types';

/** Strings of JSON, also with comments. */
export function jsonStrings(text: string): SourceString[] {
  const found: SourceString[] = [];
  // Every string matches, closed or not: a scan that failed at its end would begin anew at each quote within it.
  const parts = /"((?:[^"\\\n]|\\[^\n]|\\(?=\n|$))*)"?|\/\/[^\n]*|\/\*[\s\S]*?(?:\*\/|$)/g;
  for (let part = parts.exec(text); part; part = parts.exec(text)) {
    if (part[1] === undefined) continue;
    const start = part.index, end = start + part[0].length;
    found.push({ range: { start, end }, content: { start: start + 1, end: start + 1 + part[1].length }, value: unescape(part[1]) });
  }
  return found;
}

/** Quoted scalars of YAML that end on their line, and plain ones that look like a model's path. */
export function yamlStrings(text: string): SourceString[] {
  const found: SourceString[] = [];
  let at = 0;
  for (const line of text.split('\n')) {
    for (const string of yamlLine(line)) found.push({ range: move(string.range, at), content: move(string.content, at), value: string.value });
    at += line.length + 1;
  }
  return found;
}

function* yamlLine(line: string): Generator<SourceString> {
  const plain = /[^\s#"',[\]{}:]+(?:[:#][^\s"',[\]{}]+)*/y;
  /** Marks known to have no second one on this line. */
  const unclosed = new Set<string>();
  for (let at = 0; at < line.length;) {
    const mark = line[at]!;
    if (mark === '#' && (at === 0 || /\s/.test(line[at - 1]!))) return;
    if ((mark === '"' || mark === "'") && !unclosed.has(mark)) {
      const close = mark === '"' ? closing(line, at) : closingSingle(line, at);
      if (close >= 0) {
        const content = { start: at + 1, end: close }, written = line.slice(at + 1, close);
        yield { range: { start: at, end: close + 1 }, content, value: mark === '"' ? unescape(written) : written.replaceAll("''", "'") };
        at = close + 1;
        continue;
      }
      unclosed.add(mark);
    }
    plain.lastIndex = at;
    const word = plain.exec(line)?.[0];
    if (word !== undefined && looksLikeModel(word)) yield { range: { start: at, end: at + word.length }, content: { start: at, end: at + word.length }, value: word };
    at += word?.length ?? 1;
  }
}

function closing(line: string, open: number): number {
  for (let at = open + 1; at < line.length; at++) {
    if (line[at] === '\\') at++;
    else if (line[at] === '"') return at;
  }
  return -1;
}

function closingSingle(line: string, open: number): number {
  let at = line.indexOf("'", open + 1);
  while (at >= 0 && line[at + 1] === "'") at = line.indexOf("'", at + 2);
  return at;
}

export interface Fence { readonly language: string; readonly start: number; readonly end: number }

const fenceLanguages: Readonly<Record<string, string>> = {
  python: 'python', py: 'python', python3: 'python', javascript: 'javascript', js: 'javascript', jsx: 'javascriptreact', typescript: 'typescript', ts: 'typescript', tsx: 'typescriptreact',
  csharp: 'csharp', cs: 'csharp', 'c#': 'csharp', cpp: 'cpp', 'c++': 'cpp', c: 'c', java: 'java', rust: 'rust', rs: 'rust', json: 'json', jsonc: 'jsonc', yaml: 'yaml', yml: 'yaml',
};
const maximumFences = 200;

/** Inline code, link targets and words that look like a model's path; and the programs between fences. */
export function markdown(text: string): { readonly strings: readonly SourceString[]; readonly fences: readonly Fence[] } {
  const strings: SourceString[] = [];
  const fences: Fence[] = [];
  let open: { readonly mark: string; readonly language: string; readonly start: number } | undefined;
  let at = 0;
  const close = (end: number): void => {
    const language = open && Object.hasOwn(fenceLanguages, open.language) ? fenceLanguages[open.language] : undefined;
    if (open && language && fences.length < maximumFences) fences.push({ language, start: open.start, end });
    open = undefined;
  };
  for (const line of text.split('\n')) {
    const fence = /^[ \t>]{0,12}(`{3,}|~{3,})[ \t]*\{?\.?([\w#+-]*)/.exec(line);
    if (open) {
      if (fence?.[1]!.startsWith(open.mark) && !fence[2]) close(at);
    } else if (fence) open = { mark: fence[1]!, language: fence[2]!.toLowerCase(), start: at + line.length + 1 };
    else for (const string of inline(line)) strings.push({ range: move(string.range, at), content: move(string.content, at), value: string.value });
    at += line.length + 1;
  }
  close(text.length);
  return { strings, fences };
}

const move = ({ start, end }: SourceString['range'], by: number): SourceString['range'] => ({ start: start + by, end: end + by });

function* inline(line: string): Generator<SourceString> {
  const parts = /`([^`]+)`|\]\(\s*<?([^()<>\s]+)>?|[^\s`()[\]<>"'*,;|]+/g;
  for (let part = parts.exec(line); part; part = parts.exec(line)) {
    const start = part.index, end = start + part[0].length;
    const value = part[1] ?? part[2] ?? part[0].replace(/[.:!?]+$/, '');
    const from = part[1] !== undefined ? start + 1 : part[2] !== undefined ? line.indexOf(part[2], start + 2) : start;
    const content = { start: from, end: from + value.length };
    if (part[1] !== undefined) yield { range: { start, end }, content, value };
    else if (looksLikeModel(value)) yield { range: content, content, value: part[2] !== undefined ? decoded(value) : value };
  }
}

/** Link targets are percent-encoded. */
function decoded(target: string): string {
  try {
    return decodeURIComponent(target);
  } catch {
    return target;
  }
}
