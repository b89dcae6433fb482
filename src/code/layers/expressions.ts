/** Expressions and assignments. */
import { call } from './calls';
import { attribute, indexed } from './access';
import type { Machine } from './machine';
import type { Clause, Expr } from './program';
import { broadcast, dimAt, type Shape } from './shape';
import { Sym, Unknown } from './symbolic';
import { asSym, boolean, float, none, number, opaque, string, tensor, truth, type Scope, type Value } from './values';

/** Longer lists are not followed. */
export const maxItems = 10_000;

export function evaluate(m: Machine, expr: Expr, scope: Scope): Value {
  m.step();
  try {
    return value(m, expr, scope);
  } catch (error) {
    if (error instanceof Unknown) return opaque(undefined, error.message);
    throw error;
  }
}

function value(m: Machine, expr: Expr, scope: Scope): Value {
  switch (expr.kind) {
    case 'number': return expr.integer ? number(expr.value) : float(expr.value);
    case 'string': return string(expr.value);
    case 'boolean': return boolean(expr.value);
    case 'none': return none;
    case 'ellipsis': return { t: 'ellipsis' };
    case 'name': return m.lookUp(expr.name, scope);
    case 'attribute': return attribute(m, evaluate(m, expr.object, scope), expr.name);
    case 'index': return indexed(m, evaluate(m, expr.object, scope), expr.items.map((item) => evaluate(m, item, scope)));
    case 'slice': {
      const part = (side: Expr | undefined): Value | undefined => side && evaluate(m, side, scope);
      return { t: 'slice', from: part(expr.from), to: part(expr.to), step: part(expr.step) };
    }
    case 'list': case 'tuple': {
      const items: Value[] = [];
      let uncertain = false;
      for (const item of expr.items) {
        if (item.kind !== 'spread') {
          items.push(evaluate(m, item, scope));
          continue;
        }
        const more = m.items(evaluate(m, item.value, scope));
        if (more && items.length + more.length <= maxItems) items.push(...more);
        else uncertain = true;
      }
      return { t: expr.kind, items, birth: m.birth(), uncertain };
    }
    case 'spread': return evaluate(m, expr.value, scope);
    case 'dict': {
      const entries = new Map<string, Value>();
      let open = false;
      for (const { key, value: written } of expr.entries) {
        const found = evaluate(m, written, scope);
        if (key === null) {
          if (found.t === 'dict') found.entries.forEach((item, name) => entries.set(name, item));
          open ||= found.t !== 'dict' || found.open === true;
          continue;
        }
        const name = keyOf(evaluate(m, key, scope));
        if (name === undefined) open = true;
        else entries.set(name, found);
      }
      return { t: 'dict', entries, open };
    }
    case 'call': return call(m, expr, scope);
    case 'binary': return binary(m, expr.operator, evaluate(m, expr.left, scope), evaluate(m, expr.right, scope));
    case 'unary': return unary(expr.operator, evaluate(m, expr.value, scope));
    case 'logic': return logic(m, expr, scope);
    case 'choice': {
      const decided = truth(evaluate(m, expr.test, scope));
      if (decided !== undefined) return evaluate(m, decided ? expr.then : expr.otherwise, scope);
      const [a, b] = [evaluate(m, expr.then, scope), evaluate(m, expr.otherwise, scope)];
      const [x, y] = [asSym(a), asSym(b)];
      return a === b || (x && y && x.equals(y)) ? a : opaque(undefined, 'It depends on a condition.');
    }
    case 'function': return { t: 'function', code: expr.code, scope };
    case 'comprehension': return comprehension(m, expr, scope);
    case 'assignment': {
      const given = evaluate(m, expr.value, scope);
      const result = expr.operator ? binary(m, expr.operator, evaluate(m, expr.target, scope), given) : given;
      assign(m, expr.target, result, scope);
      return result;
    }
    case 'other': {
      expr.parts.forEach((part) => evaluate(m, part, scope));
      return opaque();
    }
  }
}

/** Keys of dicts as text: numbers and strings alike. */
export function keyOf(key: Value): string | undefined {
  return key.t === 'string' ? key.value : asSym(key)?.value?.toString();
}

function logic(m: Machine, expr: Expr & { kind: 'logic' }, scope: Scope): Value {
  const left = evaluate(m, expr.left, scope);
  if (expr.operator === 'else') return left.t === 'none' ? evaluate(m, expr.right, scope) : left;
  const decided = truth(left);
  if (decided !== undefined) return decided === (expr.operator === 'and') ? evaluate(m, expr.right, scope) : left;
  const right = evaluate(m, expr.right, scope);
  return truth(right) === (expr.operator === 'or') ? right : opaque();
}

function unary(operator: string, operand: Value): Value {
  if (operator === 'not') {
    const decided = truth(operand);
    return decided === undefined ? opaque() : boolean(!decided);
  }
  if (operator === 'await' || operator === '+') return operand;
  if (operator !== '-') return opaque();
  if (operand.t === 'float') return float(-operand.value);
  if (operand.t === 'tensor') return tensor(operand.shape, [operand]);
  const sym = asSym(operand);
  return sym ? number(sym.times(-1)) : opaque();
}

const compared: Readonly<Record<string, (a: number, b: number) => boolean>> = { '<': (a, b) => a < b, '<=': (a, b) => a <= b, '>': (a, b) => a > b, '>=': (a, b) => a >= b, '==': (a, b) => a === b, '!=': (a, b) => a !== b };

export function binary(m: Machine, operator: string, left: Value, right: Value): Value {
  if (operator === 'is' || operator === 'is not' || operator === '==' || operator === '!=' || operator === '<>') {
    const same = identical(left, right);
    if (same !== undefined) return boolean(same === (operator === 'is' || operator === '=='));
    if (operator === 'is' || operator === 'is not') return opaque();
  }
  if (operator === 'in' || operator === 'not in') return contained(left, right, operator === 'in');
  if (left.t === 'tensor' || right.t === 'tensor') return combined(m, operator, left, right);
  if (left.t === 'list' || left.t === 'tuple' || right.t === 'list' || right.t === 'tuple') return sequences(m, operator, left, right);
  if (left.t === 'string' && right.t === 'string' && operator === '+') return string((left.value + right.value).slice(0, 10_000));
  const decide = compared[operator];
  if (decide) {
    const [a, b] = [real(left), real(right)];
    if (a !== undefined && b !== undefined) return boolean(decide(a, b));
    const [x, y] = [asSym(left), asSym(right)];
    const difference = x && y ? x.minus(y).constant : undefined;
    return difference === undefined ? opaque() : boolean(decide(difference, 0));
  }
  return arithmetic(operator, left, right);
}

function identical(left: Value, right: Value): boolean | undefined {
  if (left.t === 'opaque' || right.t === 'opaque') return undefined;
  if (left.t === 'none' || right.t === 'none') return left.t === right.t;
  if ((left.t === 'string' && right.t === 'string') || (left.t === 'boolean' && right.t === 'boolean')) return left.value === right.value;
  if (left.t === 'library' && right.t === 'library') return left.path === right.path ? true : undefined;
  if ((left.t === 'string') !== (right.t === 'string') && [left, right].some(({ t }) => t === 'number' || t === 'list' || t === 'tuple' || t === 'boolean')) return false;
  return undefined;
}

function contained(left: Value, right: Value, wanted: boolean): Value {
  if (right.t === 'dict' && !right.open) {
    const key = keyOf(left);
    return key === undefined ? opaque() : boolean(right.entries.has(key) === wanted);
  }
  if ((right.t !== 'list' && right.t !== 'tuple') || right.uncertain) return opaque();
  const equal = right.items.map((item) => {
    const [a, b] = [real(left), real(item)];
    return a !== undefined && b !== undefined ? a === b : identical(left, item);
  });
  if (equal.includes(true)) return boolean(wanted);
  return equal.includes(undefined) ? opaque() : boolean(!wanted);
}

/** The number a value is, with parameters at their defaults. */
export function real(of: Value): number | undefined {
  return of.t === 'float' ? of.value : of.t === 'number' ? of.sym.value : of.t === 'boolean' ? Number(of.value) : of.t === 'fraction' && of.above.value !== undefined && of.below.value !== undefined ? of.above.value / of.below.value : undefined;
}

export function arithmetic(operator: string, left: Value, right: Value): Value {
  const [a, b] = [asSym(left), asSym(right)];
  const isFloat = left.t === 'float' || right.t === 'float';
  if (a && b && !isFloat) {
    switch (operator) {
      case '+': return number(a.plus(b));
      case '-': return number(a.minus(b));
      case '*': return number(a.times(b));
      case '//': return number(a.floorDiv(b));
      case '%': return number(a.mod(b));
      case '/': {
        const exact = a.dividedBy(b);
        if (exact) return number(exact);
        const [x, y] = [a.constant, b.constant];
        return x !== undefined && y !== undefined ? (y === 0 ? opaque() : float(x / y)) : { t: 'fraction', above: a, below: b };
      }
      case '**': {
        const power = b.value;
        if (power === undefined || power > 16 && a.value === undefined) return opaque();
        if (power < 0) return a.value === undefined ? opaque() : float(a.value ** power);
        if (a.value !== undefined) return Number.isSafeInteger(a.value ** power) ? (power <= 16 ? number(repeat(a, power)) : number(a.value ** power)) : opaque();
        return number(repeat(a, power));
      }
      case '<<': case '>>': {
        const by = b.value;
        if (by === undefined || by < 0 || by > 40) return opaque();
        return number(operator === '<<' ? a.times(2 ** by) : a.floorDiv(2 ** by));
      }
      default: return opaque();
    }
  }
  const [x, y] = [real(left), real(right)];
  if (x === undefined || y === undefined) return opaque();
  const result = ({ '+': x + y, '-': x - y, '*': x * y, '/': x / y, '//': Math.floor(x / y), '%': x - y * Math.floor(x / y), '**': x ** y } as Record<string, number>)[operator];
  return result === undefined || !Number.isFinite(result) ? opaque() : float(result);
}

const repeat = (factor: Sym, times: number): Sym => Array.from({ length: times }, () => factor).reduce((a, b) => a.times(b), Sym.int(1));

function sequences(m: Machine, operator: string, left: Value, right: Value): Value {
  const lists = [left, right].map((side) => (side.t === 'list' || side.t === 'tuple' ? side : undefined));
  const [a, b] = lists;
  if (operator === '+' && a && b && a.items.length + b.items.length > maxItems) return opaque();
  if (operator === '+' && a && b) return { t: a.t, items: [...a.items, ...b.items], birth: m.birth(), uncertain: a.uncertain || b.uncertain };
  const times = operator === '*' ? asSym(a ? right : left)?.value : undefined;
  const one = a ?? b;
  if (times === undefined || !one || times * one.items.length > maxItems) return opaque();
  return { t: one.t, items: Array.from({ length: Math.max(0, times) }, () => one.items).flat(), birth: m.birth(), uncertain: one.uncertain };
}

/** Arithmetic with tensors: NumPy's broadcasting; `@` multiplies matrices. */
function combined(m: Machine, operator: string, left: Value, right: Value): Value {
  const sides = [left, right].map((side) => (side.t === 'tensor' ? side : side.t === 'opaque' && side.tensor ? side.tensor : undefined));
  const parents = sides.filter((side) => side !== undefined);
  if (operator === '@') {
    const [a, b] = sides;
    return tensor(a?.shape && b?.shape ? multiplied(a.shape, b.shape) : undefined, parents);
  }
  if (parents.length === 1) return tensor([left, right].some(({ t }) => t === 'opaque') ? undefined : parents[0]!.shape, parents);
  const [a, b] = parents;
  return tensor(a!.shape && b!.shape ? broadcast(a!.shape, b!.shape) : undefined, parents);
}

/** (…, n, k) @ (…, k, m). */
export function multiplied(a: Shape, b: Shape): Shape {
  if (a.lead || b.lead || a.dims.length < 2 || b.dims.length < 2) return { lead: true, dims: [dimAt(b, -1)] };
  const [inner, outer] = [dimAt(a, -1), dimAt(b, -2)];
  if (inner && outer && inner.differs(outer)) throw new Unknown(`Matrices of ${inner.print()} columns and ${outer.print()} rows cannot be multiplied.`);
  const before = broadcast({ dims: a.dims.slice(0, -2) }, { dims: b.dims.slice(0, -2) });
  return { dims: [...before.dims, dimAt(a, -2), dimAt(b, -1)] };
}

function comprehension(m: Machine, expr: Expr & { kind: 'comprehension' }, scope: Scope): Value {
  const items: Value[] = [];
  const entries = new Map<string, Value>();
  let uncertain = false;
  const inside: Scope = { names: new Map(), parent: scope, self: scope.self, owner: scope.owner };
  const walk = ([clause, ...rest]: readonly Clause[]): void => {
    m.step();
    if (!clause) {
      const element = evaluate(m, expr.element, inside);
      const key = expr.key && keyOf(evaluate(m, expr.key, inside));
      if (key !== undefined) entries.set(key, element);
      else items.push(element);
      return;
    }
    if (clause.filter) {
      const decided = truth(evaluate(m, clause.filter, inside));
      if (decided === undefined) uncertain = true;
      if (decided !== false) walk(rest);
      return;
    }
    const all = m.items(evaluate(m, clause.iterable!, inside));
    if (!all) uncertain = true;
    for (const item of all ?? [opaque()]) {
      assign(m, clause.target!, item, inside);
      walk(rest);
    }
  };
  walk(expr.clauses);
  if (items.length > maxItems) return opaque();
  return expr.key ? { t: 'dict', entries, open: uncertain } : { t: 'list', items, birth: m.birth(), uncertain };
}

/** Binds a name, an attribute, an element, or several. */
export function assign(m: Machine, target: Expr, given: Value, scope: Scope): void {
  switch (target.kind) {
    case 'name': m.bind(target.name, given, scope); return;
    case 'attribute': {
      const object = evaluate(m, target.object, scope);
      if (object.t === 'instance') setField(m, object, target.name, given);
      else if (object.t === 'opaque') (object.fields ??= new Map()).set(target.name, given);
      return;
    }
    case 'index': {
      const object = evaluate(m, target.object, scope);
      const key = target.items.length === 1 ? evaluate(m, target.items[0]!, scope) : undefined;
      if (object.t === 'dict') {
        const name = key && keyOf(key);
        if (name === undefined) object.open = true;
        else object.entries.set(name, given);
      } else if (object.t === 'list') {
        const at = key && asSym(key)?.value;
        if (at !== undefined && at < object.items.length && at >= -object.items.length && m.certain(object.birth)) object.items[at < 0 ? at + object.items.length : at] = given;
        else object.uncertain = true;
      } else if (object.t === 'chain') {
        const at = key && asSym(key)?.value;
        if (at !== undefined && at < object.items.length && at >= -object.items.length && m.certain(object.birth)) {
          object.items[at < 0 ? at + object.items.length : at] = given;
          m.owned.add(given);
        } else {
          object.uncertain = 'Its layers are replaced in a way that is not known here.';
        }
      }
      return;
    }
    case 'list': case 'tuple': unpack(m, target.items, given, scope); return;
    case 'dict':
      for (const { key, value: name } of target.entries) {
        const field = key ? keyOf(evaluate(m, key, scope)) : undefined;
        if (field === undefined) continue;
        let found = attribute(m, given, field);
        if (name.kind === 'assignment') {
          if (found.t === 'none' || (found.t === 'opaque' && given.t === 'dict')) found = evaluate(m, name.value, scope);
          assign(m, name.target, found, scope);
        } else {
          assign(m, name, found, scope);
        }
      }
      return;
    case 'assignment': assign(m, target.target, given.t === 'none' ? evaluate(m, target.value, scope) : given, scope); return;
    default: return;
  }
}

export function setField(m: Machine, object: Value & { t: 'instance' }, name: string, given: Value): void {
  m.owned.add(given);
  if (given.t === 'list' || given.t === 'tuple') given.items.forEach((item) => m.owned.add(item));
  object.fields.set(name, m.certain(object.birth) ? given : opaque(undefined, 'It depends on a condition.'));
}

function unpack(m: Machine, targets: readonly Expr[], given: Value, scope: Scope): void {
  if (given.t === 'opaque' && given.shapeOf && !given.shapeOf.shape && targets.every(({ kind }) => kind === 'name')) {
    // Taking the shape apart says how many dims there are, and what they are called.
    const names = targets.map((target, i) => (target.kind === 'name' && target.name !== '_' ? target.name : i === 0 ? 'N' : `d${i + 1}`));
    given.shapeOf.shape = { dims: names.map((name) => Sym.symbol(name)) };
    targets.forEach((target, i) => assign(m, target, number(given.shapeOf!.shape!.dims[i]!), scope));
    return;
  }
  const items = given.t === 'tensor' ? undefined : m.items(given);
  const star = targets.findIndex(({ kind }) => kind === 'spread');
  targets.forEach((target, i) => {
    if (target.kind === 'spread') {
      const rest = items?.slice(i, items.length - (targets.length - 1 - i));
      assign(m, target.value, rest ? m.newList([...rest]) : opaque(), scope);
    } else {
      const at = items && (star >= 0 && i > star ? items.length - targets.length + i : i);
      const item = at === undefined ? undefined : items![at];
      assign(m, target, item ?? (given.t === 'tensor' && given.shape && !given.shape.lead ? tensor({ dims: given.shape.dims.slice(1) }, [given]) : given.t === 'tensor' ? tensor(undefined, [given]) : opaque()), scope);
    }
  });
}
