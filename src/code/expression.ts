/**
 * The part of a program that is understood here, the same for every language: strings, names, calls, lists,
 * dictionaries, assignments. Everything else is a block that holds some of these.
 */
import type { SourceRange, SourceString } from './types';

export interface StringExpr extends SourceString { readonly kind: 'string' }

export interface CallArgument {
  /** Of a keyword argument. */
  readonly name?: string;
  readonly value: Expr;
}

export interface DictEntry {
  /** A key written as a bare word (JavaScript) is a string whose content is its range. */
  readonly key: Expr;
  readonly value: Expr;
}

export type Expr =
  | StringExpr
  /** A string in parts: texts, and what is put between them. */
  | { readonly kind: 'template'; readonly range: SourceRange; readonly parts: readonly (string | Expr)[] }
  | { readonly kind: 'number'; readonly range: SourceRange; readonly value: number }
  /** A dotted name: 'self.session', 'tf.keras.models.load_model'; '::' and '->' are dots too. */
  | { readonly kind: 'name'; readonly range: SourceRange; readonly name: string }
  /** A member of something that is no name: `load(…).eval`. */
  | { readonly kind: 'member'; readonly range: SourceRange; readonly object: Expr; readonly name: string }
  | { readonly kind: 'call'; readonly range: SourceRange; readonly callee: Expr; readonly args: readonly CallArgument[] }
  | { readonly kind: 'index'; readonly range: SourceRange; readonly object: Expr; readonly indices: readonly Expr[] }
  /** Lists, tuples, sets and arrays. */
  | { readonly kind: 'list'; readonly range: SourceRange; readonly items: readonly Expr[] }
  | { readonly kind: 'dict'; readonly range: SourceRange; readonly entries: readonly DictEntry[] }
  | { readonly kind: 'binary'; readonly range: SourceRange; readonly operator: string; readonly left: Expr; readonly right: Expr }
  /**
   * Gives names a value; without `value` they get one that is not known here (parameters, loop variables). `keys` are
   * the properties a destructuring takes: `const { probs } = …`.
   */
  | { readonly kind: 'assign'; readonly range: SourceRange; readonly targets: readonly string[]; readonly value?: Expr; readonly keys?: readonly StringExpr[] }
  | { readonly kind: 'block'; readonly range: SourceRange; readonly children: readonly Expr[] };

/** The expressions directly inside one. */
export function childrenOf(expr: Expr): readonly Expr[] {
  switch (expr.kind) {
    case 'string': case 'number': case 'name': return [];
    case 'template': return expr.parts.filter((part) => typeof part !== 'string');
    case 'member': return [expr.object];
    case 'call': return [expr.callee, ...expr.args.map(({ value }) => value)];
    case 'index': return [expr.object, ...expr.indices];
    case 'list': return expr.items;
    case 'dict': return expr.entries.flatMap(({ key, value }) => [key, value]);
    case 'binary': return [expr.left, expr.right];
    case 'assign': return [...(expr.value ? [expr.value] : []), ...(expr.keys ?? [])];
    case 'block': return expr.children;
  }
}

/** Calls `visit` for an expression and everything in it, outer first, in the order of the text. */
export function walk(root: Expr, visit: (expr: Expr) => void): void {
  const waiting = [root];
  for (let next = waiting.pop(); next; next = waiting.pop()) {
    visit(next);
    const children = childrenOf(next);
    for (let index = children.length - 1; index >= 0; index--) waiting.push(children[index]!);
  }
}

/**
 * Text of what is called, 'cv2.dnn.readNetFromONNX'; parts that are no names are left out ('.eval' of `load(…).eval`).
 */
export function calleeText(callee: Expr): string {
  return callee.kind === 'name' ? callee.name : callee.kind === 'member' ? `.${callee.name}` : '';
}

/** The last part of what is called, and what it is called on. */
export function methodOf(callee: Expr): { readonly method: string; readonly receiver?: Expr } {
  if (callee.kind === 'member') return { method: callee.name, receiver: callee.object };
  if (callee.kind !== 'name') return { method: '' };
  const dot = callee.name.lastIndexOf('.');
  if (dot < 0) return { method: callee.name };
  return { method: callee.name.slice(dot + 1), receiver: { kind: 'name', range: callee.range, name: callee.name.slice(0, dot) } };
}

/** A call's argument by position or by one of its keywords. */
export function argumentOf(call: Extract<Expr, { kind: 'call' }>, position: number, ...names: readonly string[]): Expr | undefined {
  return call.args.find(({ name }) => name !== undefined && names.includes(name))?.value ?? call.args.filter(({ name }) => name === undefined)[position]?.value;
}
