/**
 * Runs a program on what is known of its values, bounded in steps and depth: both ways where a condition is not known,
 * loops as far as their lists are, functions where they are called. Nothing of the program's is executed.
 */
import { assign, evaluate } from './expressions';
import { exported, isFramework, unbound } from './libraries';
import type { Expr, FunctionCode, Range, Stmt } from './program';
import { Sites } from './sites';
import { Sym } from './symbolic';
import { baseField, library, list, none, number, opaque, truth, tuple, type ChainValue, type ClassValue, type DictValue, type FunctionValue, type InstanceValue, type OpaqueValue, type Scope, type TensorValue, type Value } from './values';

const maxSteps = 200_000;
const maxMs = 1_500;
const maxDepth = 40;
const tooDeep = 'The calls nest too deeply to follow.';
const maxTurns = 200;

/** The program is too long to follow: what was seen until then stands. */
export class Halt extends Error {}
type Signal = 'next' | 'return' | 'break' | 'continue' | 'raise';

export interface Frame { readonly returned: Value[] }

export class Machine {
  readonly sites = new Sites();
  /** Functions and methods that were followed by a call. */
  readonly called = new Set<FunctionCode>();
  readonly instances: InstanceValue[] = [];
  readonly chains: ChainValue[] = [];
  /** Values that are part of another: they are not models of their own. */
  readonly owned = new Set<Value>();
  readonly stars: string[] = [];
  usesTorch = false;
  private births = 0;
  private steps = 0;
  private depth = 0;
  private readonly branches: number[] = [];
  private readonly deadline = performance.now() + maxMs;

  constructor(readonly script: boolean) {}

  birth(): number {
    return ++this.births;
  }

  /** Whether a change to something that old happens for sure. */
  certain(birth: number): boolean {
    const branch = this.branches.at(-1);
    return branch === undefined || birth > branch;
  }

  step(): void {
    if (++this.steps > maxSteps || (this.steps % 256 === 0 && performance.now() > this.deadline)) throw new Halt();
  }

  evaluate(expr: Expr, scope: Scope): Value {
    return evaluate(this, expr, scope);
  }

  lookUp(name: string, scope: Scope): Value {
    for (let at: Scope | undefined = scope; at; at = at.parent) {
      const value = at.names.get(name);
      if (value) return value;
      if (name === 'this' && at.self) return at.self;
    }
    const star = this.stars.find((path) => exported(path, name));
    if (star) return library(`${star}.${name}`);
    return unbound(name, this.script, this.usesTorch) ?? opaque(name);
  }

  bind(name: string, value: Value, scope: Scope): void {
    if (!this.script) {
      scope.names.set(name, value);
      return;
    }
    // JavaScript: the scope that has the name. One of an outer function is only surely changed outside of branches.
    for (let at: Scope | undefined = scope; at; at = at.parent) {
      if (!at.names.has(name)) continue;
      at.names.set(name, at === scope || this.branches.length === 0 ? value : opaque(undefined, 'It depends on a condition.'));
      return;
    }
    scope.names.set(name, value);
  }

  run(body: readonly Stmt[], scope: Scope, frame: Frame): Signal {
    // JavaScript's functions, and classes, may be used above where they are written.
    if (this.script) for (const stmt of body) if (stmt.kind === 'function') this.define(stmt, scope);
    for (const stmt of body) {
      const signal = this.execute(stmt, scope, frame);
      if (signal !== 'next') return signal;
    }
    return 'next';
  }

  private execute(stmt: Stmt, scope: Scope, frame: Frame): Signal {
    this.step();
    switch (stmt.kind) {
      case 'expression': this.evaluate(stmt.value, scope); return 'next';
      case 'import': this.import(stmt.path, stmt.name, scope); return 'next';
      case 'function': if (!this.script) this.define(stmt, scope); return 'next';
      case 'class': scope.names.set(stmt.code.name, this.defineClass(stmt.code, scope)); return 'next';
      case 'return': frame.returned.push(stmt.value ? this.evaluate(stmt.value, scope) : none); return 'return';
      case 'break': case 'continue': case 'raise': return stmt.kind;
      case 'block': return this.run(stmt.body, scope, frame);
      case 'if': return this.branch(stmt.test, stmt.then, stmt.otherwise, scope, frame);
      case 'each': return this.each(stmt, scope, frame);
      case 'while': return this.while(stmt, scope, frame);
    }
  }

  private import(path: string, name: string, scope: Scope): void {
    if (path.startsWith('torch')) this.usesTorch = true;
    if (name === '*') this.stars.push(path);
    else scope.names.set(name, isFramework(path) ? library(path) : opaque(name));
  }

  private define(stmt: Stmt & { kind: 'function' }, scope: Scope): void {
    scope.names.set(stmt.code.name, stmt.wrapped ? opaque(undefined, 'It is wrapped by a decorator.') : { t: 'function', code: stmt.code, scope });
  }

  private defineClass(code: ClassValue['code'], scope: Scope): ClassValue {
    const bases = code.bases.map((base) => this.evaluate(base, scope));
    const value: ClassValue = { t: 'class', code, scope, bases, members: new Map() };
    const inside: Scope = { names: value.members, parent: scope };
    for (const stmt of code.body) {
      if (stmt.kind === 'function') value.members.set(stmt.code.name, { t: 'function', code: stmt.code, scope, owner: value });
      else if (stmt.kind !== 'class') this.execute(stmt, inside, { returned: [] });
      else value.members.set(stmt.code.name, this.defineClass(stmt.code, inside));
    }
    return value;
  }

  /** Python's `if __name__ == "__main__"` is true here. */
  private decide(test: Expr, scope: Scope): boolean | undefined {
    if (test.kind === 'binary' && test.operator === '==' && test.left.kind === 'name' && test.left.name === '__name__') return true;
    return truth(this.evaluate(test, scope));
  }

  private branch(test: Expr, then: readonly Stmt[], otherwise: readonly Stmt[], scope: Scope, frame: Frame): Signal {
    const decided = this.decide(test, scope);
    if (decided !== undefined) return this.run(decided ? then : otherwise, scope, frame);
    const [left, right] = [this.maybe(then, scope, frame), this.maybe(otherwise, scope, frame)];
    if (left.signal !== 'next' && right.signal !== 'next') return left.signal === 'return' || right.signal === 'return' ? 'return' : left.signal;
    // A branch that ends says nothing about what comes after.
    const lasting = [left, right].filter(({ signal }) => signal === 'next');
    this.adopt(scope, lasting.map(({ names }) => names));
    return 'next';
  }

  /** Runs on a copy of the names; changes to older objects are not sure. */
  private maybe(body: readonly Stmt[], scope: Scope, frame: Frame): { signal: Signal; names: Map<string, Value> } {
    const names = new Map(scope.names);
    this.branches.push(this.birth());
    try {
      return { signal: this.run(body, { ...scope, names }, frame), names };
    } finally {
      this.branches.pop();
    }
  }

  private adopt(scope: Scope, outcomes: readonly Map<string, Value>[]): void {
    const names = new Set(outcomes.flatMap((outcome) => [...outcome.keys()]));
    for (const name of names) scope.names.set(name, either(outcomes.map((outcome) => outcome.get(name))));
  }

  private each(stmt: Stmt & { kind: 'each' }, scope: Scope, frame: Frame): Signal {
    const items = this.items(this.evaluate(stmt.iterable, scope));
    if (!items || items.length > maxTurns) {
      const before = new Map(scope.names);
      const names = new Map(scope.names);
      this.branches.push(this.birth());
      try {
        assign(this, stmt.target, opaque(), { ...scope, names });
        this.run(stmt.body, { ...scope, names }, frame);
      } finally {
        this.branches.pop();
      }
      this.adopt(scope, [before, names]);
      return 'next';
    }
    for (const item of items) {
      assign(this, stmt.target, item, scope);
      const signal = this.run(stmt.body, scope, frame);
      if (signal === 'break') break;
      if (signal === 'return' || signal === 'raise') return signal;
    }
    return 'next';
  }

  private while(stmt: Stmt & { kind: 'while' }, scope: Scope, frame: Frame): Signal {
    for (let turn = 0; turn < maxTurns; turn++) {
      const decided = truth(this.evaluate(stmt.test, scope));
      if (decided === false) return 'next';
      if (decided === undefined) break;
      const signal = this.run(stmt.body, scope, frame);
      if (signal === 'break') return 'next';
      if (signal === 'return' || signal === 'raise') return signal;
      if (stmt.step) this.evaluate(stmt.step, scope);
    }
    const once = this.maybe(stmt.body, scope, frame);
    this.adopt(scope, [new Map(scope.names), once.names]);
    return 'next';
  }

  /** The elements of something to loop over, if they are all known. */
  items(value: Value): readonly Value[] | undefined {
    if (value.t === 'list' || value.t === 'tuple') return value.uncertain ? undefined : [...value.items];
    if (value.t === 'chain') return value.uncertain ? undefined : [...value.items];
    const base = value.t === 'instance' ? value.fields.get(baseField) : undefined;
    if (base?.t === 'chain') return this.items(base);
    if (value.t === 'dict') return value.open ? undefined : [...value.entries.keys()].map((key) => ({ t: 'string', value: key }));
    return undefined;
  }

  /** Calls a function of the program. Arguments that are not given are their defaults, or unknown. */
  invoke(callee: FunctionValue, positional: readonly Value[], named: ReadonlyMap<string, Value>, spread?: boolean): Value {
    if (this.depth >= maxDepth) return opaque(undefined, tooDeep);
    this.called.add(callee.code);
    const scope: Scope = { names: new Map(), parent: callee.scope, self: callee.self, owner: callee.owner };
    const given = callee.self && !callee.code.isStatic ? [callee.self, ...positional] : [...positional];
    const rest = new Map(named);
    for (const param of callee.code.params) {
      if (param.rest === 'list') {
        scope.names.set(param.name, tuple(given.splice(0)));
      } else if (param.rest === 'dict') {
        const entries: DictValue = { t: 'dict', entries: rest, open: spread };
        scope.names.set(param.name, entries);
      } else {
        const value = given.length ? given.shift()! : rest.get(param.name) ?? (spread ? opaque(param.name) : param.fallback ? this.evaluate(param.fallback, scope) : this.script ? none : opaque(param.name));
        rest.delete(param.name);
        if (param.pattern) assign(this, param.pattern, value, scope);
        else scope.names.set(param.name, value);
      }
    }
    return this.body(callee.code, scope);
  }

  /** As `invoke`, with nothing given: parameters are names, numbers among their defaults names with that value. */
  invokeAlone(callee: FunctionValue): Value {
    this.called.add(callee.code);
    const scope: Scope = { names: new Map(), parent: callee.scope, self: callee.self, owner: callee.owner };
    let first = callee.self !== undefined && !callee.code.isStatic;
    for (const param of callee.code.params) {
      if (first) {
        scope.names.set(param.name, callee.self!);
        first = false;
      } else if (param.rest === 'list') {
        scope.names.set(param.name, tuple([]));
      } else if (param.rest === 'dict') {
        scope.names.set(param.name, { t: 'dict', entries: new Map() });
      } else {
        const value = this.parameter(param.name, param.fallback && this.evaluate(param.fallback, scope));
        if (param.pattern) assign(this, param.pattern, value, scope);
        else scope.names.set(param.name, value);
      }
    }
    return this.body(callee.code, scope);
  }

  private parameter(name: string, fallback: Value | undefined): Value {
    if (!fallback) return opaque(name || undefined);
    const value = fallback.t === 'number' ? fallback.sym.constant : undefined;
    return value === undefined || value < 2 ? fallback : number(Sym.symbol(name, value));
  }

  /** undefined where things nest too deeply. */
  nested(run: () => Value): Value | undefined {
    if (this.depth >= maxDepth) return undefined;
    this.depth++;
    try {
      return run();
    } finally {
      this.depth--;
    }
  }

  private body(code: FunctionCode, scope: Scope): Value {
    return this.nested(() => {
      const frame: Frame = { returned: [] };
      this.run(code.body, scope, frame);
      return frame.returned.length ? either(frame.returned) : none;
    }) ?? opaque(undefined, tooDeep);
  }

  newList(items: Value[]): Value {
    return list(items, this.birth());
  }

  /** The tensor that an unknown value is, once a layer is used on it. */
  tensorOf(value: OpaqueValue): TensorValue {
    value.tensor ??= { t: 'tensor', shape: undefined, assumed: true, parents: [], leaves: [], why: value.why };
    return value.tensor;
  }

  range({ start, end }: Range): Range {
    return { start, end };
  }
}

/** One value of several possible ones: what they have in common. */
export function either(values: readonly (Value | undefined)[]): Value {
  const present = values.filter((value): value is Value => value !== undefined);
  const [first, ...rest] = present;
  if (!first || present.length < values.length) return first && values.length === present.length ? first : opaque(undefined, 'It depends on a condition.');
  if (rest.every((value) => alike(first, value))) return first;
  // What is returned early is mostly the same thing in another size.
  const tensors = present.filter((value): value is TensorValue => value.t === 'tensor');
  if (tensors.length === present.length) {
    const shapes = tensors.map(({ shape }) => shape);
    const one = shapes[0];
    const dims = one && shapes.every((shape) => shape && !shape.lead === !one.lead && shape.dims.length === one.dims.length) ? one.dims.map((dim, i) => (dim && shapes.every((shape) => shape!.dims[i]?.equals(dim)) ? dim : null)) : undefined;
    return { t: 'tensor', shape: dims && { lead: one!.lead, dims }, assumed: true, parents: tensors, leaves: [], why: 'It depends on a condition.' };
  }
  return opaque(undefined, 'It depends on a condition.');
}

function alike(a: Value, b: Value): boolean {
  if (a === b) return true;
  if (a.t === 'number' && b.t === 'number') return a.sym.equals(b.sym);
  if ((a.t === 'string' && b.t === 'string') || (a.t === 'boolean' && b.t === 'boolean') || (a.t === 'float' && b.t === 'float')) return a.value === b.value;
  if (a.t === 'library' && b.t === 'library') return a.path === b.path;
  if (a.t === 'function' && b.t === 'function') return a.code === b.code && a.self === b.self;
  return a.t === 'none' && b.t === 'none';
}

