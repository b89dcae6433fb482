/** What Python and JavaScript have in common, as far as building a model goes: one small language for one interpreter. */

export interface Range { readonly start: number; readonly end: number }

export interface Param {
  readonly name: string;
  /** A parameter that is taken apart: `({units, act})`. */
  readonly pattern?: Expr;
  readonly fallback?: Expr;
  /** `*args`, `**options`. */
  readonly rest?: 'list' | 'dict';
  /** The name of its type, where one is written. */
  readonly annotation?: string;
}
export interface Arg { readonly name?: string; readonly spread?: 'list' | 'dict'; readonly value: Expr }
export interface FunctionCode { readonly name: string; readonly params: readonly Param[]; readonly body: readonly Stmt[]; readonly range: Range; readonly property?: boolean; readonly isStatic?: boolean }
export interface ClassCode { readonly name: string; readonly bases: readonly Expr[]; readonly body: readonly Stmt[]; readonly range: Range }
export interface Entry { readonly key: Expr | null; readonly value: Expr }
/** `for target in iterable if filter`. */
export interface Clause { readonly target?: Expr; readonly iterable?: Expr; readonly filter?: Expr }

export type Expr = Range & (
  | { readonly kind: 'number'; readonly value: number; readonly integer: boolean }
  | { readonly kind: 'string'; readonly value: string }
  | { readonly kind: 'boolean'; readonly value: boolean }
  | { readonly kind: 'none' }
  | { readonly kind: 'name'; readonly name: string }
  | { readonly kind: 'attribute'; readonly object: Expr; readonly name: string }
  | { readonly kind: 'index'; readonly object: Expr; readonly items: readonly Expr[] }
  | { readonly kind: 'slice'; readonly from?: Expr; readonly to?: Expr; readonly step?: Expr }
  | { readonly kind: 'ellipsis' }
  | { readonly kind: 'list' | 'tuple'; readonly items: readonly Expr[] }
  | { readonly kind: 'spread'; readonly value: Expr }
  | { readonly kind: 'dict'; readonly entries: readonly Entry[] }
  | { readonly kind: 'call'; readonly callee: Expr; readonly args: readonly Arg[] }
  | { readonly kind: 'binary'; readonly operator: string; readonly left: Expr; readonly right: Expr }
  | { readonly kind: 'unary'; readonly operator: string; readonly value: Expr }
  | { readonly kind: 'logic'; readonly operator: 'and' | 'or' | 'else'; readonly left: Expr; readonly right: Expr }
  | { readonly kind: 'choice'; readonly test: Expr; readonly then: Expr; readonly otherwise: Expr }
  | { readonly kind: 'function'; readonly code: FunctionCode }
  | { readonly kind: 'comprehension'; readonly element: Expr; readonly key?: Expr; readonly clauses: readonly Clause[] }
  | { readonly kind: 'assignment'; readonly target: Expr; readonly operator?: string; readonly value: Expr }
  /** What is not understood; its parts are evaluated for the layers in them. */
  | { readonly kind: 'other'; readonly parts: readonly Expr[] });

export type Stmt = Range & (
  | { readonly kind: 'expression'; readonly value: Expr }
  | { readonly kind: 'if'; readonly test: Expr; readonly then: readonly Stmt[]; readonly otherwise: readonly Stmt[] }
  | { readonly kind: 'each'; readonly target: Expr; readonly iterable: Expr; readonly body: readonly Stmt[] }
  | { readonly kind: 'while'; readonly test: Expr; readonly body: readonly Stmt[]; readonly step?: Expr }
  | { readonly kind: 'function'; readonly code: FunctionCode; readonly wrapped: boolean }
  | { readonly kind: 'class'; readonly code: ClassCode }
  | { readonly kind: 'return'; readonly value?: Expr }
  | { readonly kind: 'break' | 'continue' | 'raise' }
  /** `import a.b as c`: `path` is bound to `name`; name '*': all names of it. */
  | { readonly kind: 'import'; readonly path: string; readonly name: string }
  | { readonly kind: 'block'; readonly body: readonly Stmt[] });
