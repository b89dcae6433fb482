/** What a source text says about models: its strings, the models it loads, the names and shapes it uses, the layers it builds. */
import type { Expr } from './expression';
import { walk } from './expression';
import { expressionsOf } from './fromTree';
import { expressionsOfTokens } from './fromTokens';
import { lex, type LexedLanguage } from './lexer';
import { sourceLayers } from './layers';
import { isParsed, maxSourceLength, parseSource } from './parser';
import { looksLikeModel, pathOf } from './paths';
import { Program } from './program';
import { jsonStrings, markdown, yamlStrings } from './strings';
import type { SourceAnalysis, SourceString } from './types';
import { usesOf } from './uses';

/** Longer strings are no names and no paths. */
const maximumString = 1000;
const maximumStrings = 50_000;
/** Time for all programs of a Markdown text. */
const maximumFencesMs = 2000;

const nothing: SourceAnalysis = { strings: [], loads: [], names: [], shapes: [], layers: [] };
/** VS Code's language ids of what is lexed. */
const lexed: Readonly<Record<string, LexedLanguage>> = { c: 'c', cpp: 'cpp', csharp: 'csharp', java: 'java', rust: 'rust' };
const stringsOnly: Readonly<Record<string, (text: string) => SourceString[]>> = { json: jsonStrings, jsonc: jsonStrings, yaml: yamlStrings };

/** Whether anything is known about sources of this language. */
export function isKnownLanguage(language: string): boolean {
  return isParsed(language) || Object.hasOwn(lexed, language) || Object.hasOwn(stringsOnly, language) || language === 'markdown';
}

/**
 * @param language VS Code's language id; of an unknown one nothing is said.
 * @throws an error in one line where a text is too long or cannot be parsed in time.
 */
export async function analyse(language: string, text: string): Promise<SourceAnalysis> {
  if (text.length > maxSourceLength) throw new Error(`the source has ${text.length} characters; up to ${maxSourceLength} are read`);
  if (language === 'markdown') return ofMarkdown(text);
  if (isParsed(language)) {
    const tree = await parseSource(language, text);
    return { ...ofProgram(expressionsOf(tree)), layers: sourceLayers(tree) };
  }
  if (Object.hasOwn(lexed, language)) return ofProgram(expressionsOfTokens(lex(lexed[language]!, text)));
  return Object.hasOwn(stringsOnly, language) ? { ...nothing, strings: bounded(stringsOnly[language]!(text)) } : nothing;
}

function ofProgram(root: Expr): SourceAnalysis {
  const program = new Program(root);
  const strings: SourceString[] = [];
  const paths = new Map<Expr, string>();
  walk(root, (expr) => {
    const last = expr.kind === 'binary' ? expr.right : expr.kind === 'call' ? expr.args.at(-1)?.value : undefined;
    if (last?.kind === 'string' && looksLikeModel(last.value)) {
      const path = pathOf(expr, program.scope, expr.range.start);
      if (path !== undefined && path !== last.value) paths.set(last, path);
    }
    if (expr.kind !== 'string') return;
    const path = paths.get(expr);
    strings.push({ range: expr.range, content: expr.content, value: expr.value, ...(path !== undefined && { path }) });
  });
  return { strings: bounded(strings), loads: program.loads, ...usesOf(program), layers: [] };
}

function bounded(strings: readonly SourceString[]): readonly SourceString[] {
  return strings.filter(({ value }) => value.length > 0 && value.length <= maximumString).slice(0, maximumStrings);
}

/** Markdown's own strings, and what its fenced programs say. */
async function ofMarkdown(text: string): Promise<SourceAnalysis> {
  const { strings, fences } = markdown(text);
  const parts: SourceAnalysis[] = [{ ...nothing, strings: bounded(strings) }];
  const deadline = performance.now() + maximumFencesMs;
  for (const { language, start, end } of fences) {
    if (performance.now() > deadline) break;
    // One that does not parse says nothing.
    const found = await analyse(language, text.slice(start, end)).catch(() => nothing);
    parts.push(shifted(found, start, parts.reduce((count, { loads }) => count + loads.length, 0)));
  }
  return {
    strings: parts.flatMap((part) => part.strings).slice(0, maximumStrings), loads: parts.flatMap(({ loads }) => loads), names: parts.flatMap(({ names }) => names),
    shapes: parts.flatMap(({ shapes }) => shapes), layers: parts.flatMap(({ layers }) => layers),
  };
}

/** An analysis of a part of a text, in the text's own offsets and with its loads counted on. */
function shifted(found: SourceAnalysis, by: number, loads: number): SourceAnalysis {
  const move = <T extends { readonly start: number; readonly end: number }>(range: T): T => ({ ...range, start: range.start + by, end: range.end + by });
  const counted = (load: number | undefined): { load?: number } => load === undefined ? {} : { load: load + loads };
  return {
    strings: found.strings.map((string) => ({ ...string, range: move(string.range), content: move(string.content) })),
    loads: found.loads.map((load) => ({ ...load, call: move(load.call), ...(load.argument && { argument: move(load.argument) }) })),
    names: found.names.map((name) => ({ ...name, range: move(name.range), content: move(name.content), ...counted(name.load) })),
    shapes: found.shapes.map((shape) => ({ ...shape, range: move(shape.range), ...counted(shape.load) })),
    layers: found.layers.map((layer) => ({ ...layer, name: move(layer.name), call: move(layer.call) })),
  };
}
