/**
 * Tokens of the C family and Rust as expressions. Not a parser of these languages: it follows brackets, calls, names and
 * assignments, and takes everything else as it comes.
 */
import type { CallArgument, Expr } from './expression';
import type { Token } from './lexer';

/** Words that stand before an expression or a declaration and change nothing here. */
const ignored = new Set([
  'return', 'await', 'co_await', 'const', 'let', 'mut', 'static', 'throw', 'unsafe', 'move', 'final', 'readonly', 'public', 'private',
  'protected', 'internal', 'using', 'constexpr', 'inline', 'extern', 'pub', 'val', 'case', 'else', 'try', 'do', 'override', 'async', 'volatile', 'thread_local',
]);
/** Brackets nested deeper are read as if they were not there. */
const maximumDepth = 200;
/** Tokens of a list of type arguments (`<…>`) before it is taken for two comparisons. */
const maximumGeneric = 64;
const closers: Readonly<Record<string, string>> = { '(': ')', '[': ']', '{': '}' };

export function expressionsOfTokens(tokens: readonly Token[]): Expr {
  return new Reader(tokens).all();
}

class Reader {
  private at = 0;
  private depth = 0;

  constructor(private readonly tokens: readonly Token[]) {}

  all(): Expr {
    const children: Expr[] = [];
    while (this.at < this.tokens.length) {
      children.push(...this.elements(undefined).map(({ value }) => value));
      // A closing bracket without its opening one.
      this.at++;
    }
    return { kind: 'block', range: { start: 0, end: this.tokens.at(-1)?.end ?? 0 }, children };
  }

  private is(text: string, ahead = 0): boolean {
    const token = this.tokens[this.at + ahead];
    return token?.kind === 'mark' && token.text === text;
  }

  private isAny(marks: readonly string[], ahead = 0): boolean {
    const token = this.tokens[this.at + ahead];
    return token?.kind === 'mark' && marks.includes(token.text);
  }

  /** Elements between brackets, parted by commas and semicolons, up to a closing bracket (which is left standing). */
  private elements(close: string | undefined): CallArgument[] {
    const elements: CallArgument[] = [];
    while (this.at < this.tokens.length && !this.isAny([')', ']', '}'])) {
      if (this.isAny([',', ';'])) { this.at++; continue; }
      const before = this.at;
      elements.push(this.element(close));
      if (this.at === before) this.at++;
    }
    return elements;
  }

  /** What stands between two commas. */
  private element(close: string | undefined): CallArgument {
    const first = this.tokens[this.at]!;
    // Named argument (C#).
    if (close === ')' && first.kind === 'word' && this.is(':', 1)) {
      this.at += 2;
      if (this.at < this.tokens.length && !this.isAny([',', ')', ';'])) return { name: first.text, value: this.element(undefined).value };
    }
    const run: Expr[] = [];
    const operators: string[] = [];
    /** Whether an operator stands between the last expression and the next. */
    let joined = true;
    while (this.at < this.tokens.length && !this.isAny([',', ';', ')', ']', '}'])) {
      const token = this.tokens[this.at]!;
      if (token.kind === 'word' && ignored.has(token.text)) { this.at++; continue; }
      if (this.is('=')) {
        this.at++;
        return { value: this.assignment(run, first.start) };
      }
      if (this.is(':') && run.length === 1 && ['let', 'const', 'static', 'pub'].includes(first.text)) { this.skipType(); continue; }
      if (token.kind === 'mark' && !Object.hasOwn(closers, token.text)) {
        this.at++;
        if (token.text === '-' && joined && this.tokens[this.at]?.kind === 'number') {
          const number = this.primary();
          run.push(number?.kind === 'number' ? { ...number, value: -number.value } : number!);
          joined = false;
        } else if (run.length && !joined && !['&', '*', '?', '!', '<', '>', ':'].includes(token.text)) {
          operators.push(token.text);
          joined = true;
        } else if (!['&', '*', '?', '!'].includes(token.text)) operators.push('');
        continue;
      }
      // A block ends what stood before it: `void f() { … }`, `if (x) { … }`.
      const body = this.is('{') && run.length > 0;
      const next = this.primary(run);
      if (!next) continue;
      run.push(next);
      joined = false;
      if (body) break;
    }
    return { value: this.joined(declared(run), operators, first.start) };
  }

  /** Rust's `let path: &'static str = …`. */
  private skipType(): void {
    while (this.at < this.tokens.length && !this.isAny(['=', ',', ';', '(', ')', '[', ']', '{', '}'])) this.at++;
  }

  private end(): number {
    return this.tokens[this.at - 1]?.end ?? 0;
  }

  /** `Type name = value`, `name = value`. */
  private assignment(left: readonly Expr[], start: number): Expr {
    const last = indexed(left.at(-1)) ?? left.at(-1);
    const target = last?.kind === 'name' ? last : undefined;
    const type = left.length > 1 && left.at(-2)?.kind === 'name' ? left.at(-2) : undefined;
    if (this.at >= this.tokens.length || this.isAny([',', ';', ')', ']', '}'])) return { kind: 'block', range: { start, end: this.end() }, children: left };
    // a = b = c = …
    if (this.depth >= maximumDepth) return { kind: 'block', range: { start, end: this.end() }, children: left };
    this.depth++;
    let { value } = this.element(undefined);
    this.depth--;
    // InferenceSession session = new("a.onnx"): the type is the declaration's.
    if (value.kind === 'call' && value.callee.kind === 'name' && value.callee.name === 'new' && type) value = { ...value, callee: type };
    const range = { start, end: this.end() };
    return target ? { kind: 'assign', range, targets: [target.name], value } : { kind: 'block', range, children: [...left, value] };
  }

  private joined(run: readonly Expr[], operators: readonly string[], start: number): Expr {
    const range = { start, end: this.end() };
    if (run.length === 1) return run[0]!;
    const same = operators[0];
    if (run.length > 1 && operators.length === run.length - 1 && (same === '+' || same === '/' || same === '=>') && operators.every((operator) => operator === same)) {
      return run.reduce((left, right): Expr => ({ kind: 'binary', range: { start: left.range.start, end: right.range.end }, operator: same, left, right }));
    }
    return { kind: 'block', range, children: run };
  }

  /** A name, string, number or bracket, and the calls, indices and members behind it. */
  private primary(before: readonly Expr[] = []): Expr | undefined {
    const token = this.tokens[this.at];
    if (!token) return undefined;
    let expr: Expr | undefined;
    if (token.kind === 'string') expr = this.strings();
    else if (token.kind === 'number') {
      this.at++;
      expr = { kind: 'number', range: { start: token.start, end: token.end }, value: numberOf(token.text) };
    } else if (token.kind === 'word') expr = this.name();
    else if (Object.hasOwn(closers, token.text)) expr = this.bracket();
    return expr && this.postfix(expr, before);
  }

  /** Strings side by side are one (C, C++). */
  private strings(): Expr {
    const parts: Expr[] = [];
    for (let token = this.tokens[this.at]; token?.kind === 'string'; token = this.tokens[++this.at]) {
      const range = { start: token.start, end: token.end };
      parts.push(token.value === undefined ? { kind: 'block', range, children: [] } : { kind: 'string', range, content: token.content, value: token.value });
    }
    return parts.length === 1 ? parts[0]! : { kind: 'template', range: { start: parts[0]!.range.start, end: parts.at(-1)!.range.end }, parts };
  }

  private name(): Expr {
    const first = this.tokens[this.at++]!;
    let { text } = first;
    if (text === 'new') {
      if (this.is('(')) return { kind: 'name', range: { start: first.start, end: first.end }, name: 'new' };
      if (this.tokens[this.at]?.kind !== 'word') return { kind: 'block', range: { start: first.start, end: first.end }, children: [] };
      return this.name();
    }
    let generic = this.generic();
    while ((this.isAny(['.', '::', '->']) || (this.isAny(['?', '!']) && this.is('.', 1))) && this.tokens[this.at + (this.isAny(['?', '!']) ? 2 : 1)]?.kind === 'word') {
      if (this.isAny(['?', '!'])) this.at++;
      text += `.${this.tokens[this.at + 1]!.text}`;
      this.at += 2;
      generic = this.generic() ?? generic;
    }
    // make_unique<Ort::Session>(…) makes what its argument says.
    if (generic && /(^|\.)make_(unique|shared)$/.test(text)) text = generic;
    return { kind: 'name', range: { start: first.start, end: this.end() }, name: text };
  }

  /** Skips `<…>` where it is a list of types, and returns its text, dotted. */
  private generic(): string | undefined {
    if (!this.is('<') && !(this.is('::') && this.is('<', 1))) return undefined;
    const start = this.is('<') ? this.at : this.at + 1;
    let depth = 0, text = '';
    for (let at = start; at < Math.min(this.tokens.length, start + maximumGeneric); at++) {
      const token = this.tokens[at]!;
      if (token.text === '<' && token.kind === 'mark') depth++;
      else if (token.text === '>' && token.kind === 'mark') depth--;
      else if (token.kind === 'word') text += token.text;
      else if (token.text === '::') text += '.';
      else if (token.kind === 'string' || ![',', '[', ']', '?', '*', '&', '.', '(', ')'].includes(token.text)) return undefined;
      if (depth === 0) {
        this.at = at + 1;
        return text;
      }
    }
    return undefined;
  }

  private bracket(): Expr {
    const open = this.tokens[this.at++]!;
    const close = closers[open.text]!;
    if (this.depth >= maximumDepth) return { kind: 'block', range: { start: open.start, end: open.end }, children: [] };
    this.depth++;
    const items = this.elements(close).map(({ value }) => value);
    this.depth--;
    if (this.is(close)) this.at++;
    const range = { start: open.start, end: this.end() };
    return open.text === '(' && items.length === 1 ? items[0]! : { kind: 'list', range, items };
  }

  private args(close: string): readonly CallArgument[] {
    this.at++;
    if (this.depth >= maximumDepth) return [];
    this.depth++;
    const args = this.elements(close);
    this.depth--;
    if (this.is(close)) this.at++;
    return args;
  }

  private postfix(start: Expr, before: readonly Expr[]): Expr {
    let expr = start;
    const range = (): { start: number; end: number } => ({ start: start.range.start, end: this.end() });
    for (;;) {
      // Rust's x? and C#'s x! change nothing.
      if (this.isAny(['?', '!']) && this.isAny(['.', ';', ',', ')', '[', '?'], 1)) { this.at++; continue; }
      if (this.is('(') && expr.kind !== 'number' && expr.kind !== 'string' && expr.kind !== 'list') expr = { kind: 'call', args: this.args(')'), callee: expr, range: range() };
      else if (this.is('{') && expr.kind === 'name' && before.at(-1)?.kind === 'name') expr = { kind: 'call', args: this.args('}'), callee: expr, range: range() };
      else if (this.is('[') && expr.kind !== 'number' && expr.kind !== 'string') expr = this.indexOrArray(expr, range);
      else if (this.isAny(['.', '->', '::']) && this.tokens[this.at + 1]?.kind === 'word') {
        const name = this.tokens[this.at + 1]!.text;
        this.at += 2;
        this.generic();
        expr = { kind: 'member', object: expr, name, range: range() };
      } else return expr;
    }
  }

  /** `x[i]`; `new int[] { … }` and `new[] { … }` are the array. */
  private indexOrArray(expr: Expr, range: () => { start: number; end: number }): Expr {
    const indices = this.args(']').map(({ value }) => value);
    return !indices.length && this.is('{') ? this.bracket() : { kind: 'index', object: expr, indices, range: range() };
  }
}

/** `Type name(arguments)` is a call of the type, whose result gets the name. */
function declared(run: readonly Expr[]): readonly Expr[] {
  const [last, type] = [run.at(-1), run.at(-2)];
  if (run.length < 2 || last?.kind !== 'call' || last.callee.kind !== 'name' || last.callee.name.includes('.') || type?.kind !== 'name') return run;
  return [...run.slice(0, -2), { kind: 'assign', range: { start: type.range.start, end: last.range.end }, targets: [last.callee.name], value: { ...last, callee: type } }];
}

/** `const char* names[] = …`, `int x[3] = …`: the array's name. */
function indexed(expr: Expr | undefined): Expr | undefined {
  return expr?.kind === 'index' && expr.object.kind === 'name' ? expr.object : undefined;
}

function numberOf(text: string): number {
  return Number(text.replace(/[_']/g, '').replace(/(?<=\d)(?:[uUlLfFdDmM]+|[iu](?:8|16|32|64|128|size)|f(?:32|64))$/, ''));
}
