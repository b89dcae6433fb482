/** String literals of texts that are no programs: JSON, YAML, Markdown. Linear in the text. */
import { unescape } from './escapes';
import { looksLikeModel } from './paths';
import type { SourceString } from './types';

/** Strings of JSON, also with comments. */
export function jsonStrings(text: string): SourceString[] {
  const found: SourceString[] = [];
  const parts = /"((?:[^"\\\n]|\\.)*)("|(?=\n|$))|\/\/[^\n]*|\/\*[\s\S]*?(?:\*\/|$)/g;
  for (let part = parts.exec(text); part; part = parts.exec(text)) {
    if (part[1] === undefined) continue;
    const start = part.index, end = start + part[0].length;
    found.push({ range: { start, end }, content: { start: start + 1, end: start + 1 + part[1].length }, value: unescape(part[1]) });
  }
  return found;
}

/** Quoted scalars of YAML, and plain ones that look like a model's path. */
export function yamlStrings(text: string): SourceString[] {
  const found: SourceString[] = [];
  let at = 0;
  for (const line of text.split('\n')) {
    const parts = /"((?:[^"\\]|\\.)*)"|'((?:[^']|'')*)'|(?<=^|\s)#.*$|[^\s#"',[\]{}:]+(?:[:#][^\s"',[\]{}]+)*/g;
    for (let part = parts.exec(line); part; part = parts.exec(line)) {
      const start = at + part.index, end = start + part[0].length;
      const quoted = part[1] ?? part[2];
      if (quoted !== undefined) found.push({ range: { start, end }, content: { start: start + 1, end: end - 1 }, value: part[1] !== undefined ? unescape(part[1]) : part[2]!.replaceAll("''", "'") });
      else if (looksLikeModel(part[0])) found.push({ range: { start, end }, content: { start, end }, value: part[0] });
    }
    at += line.length + 1;
  }
  return found;
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
