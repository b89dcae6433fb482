/** Python's syntax tree → the small language of program.ts. */
import type { SyntaxNode } from '../parser';
import type { Arg, Clause, Entry, Expr, FunctionCode, Param, Stmt } from './program';

export function pythonProgram(root: SyntaxNode): Stmt[] {
  return root.children.flatMap(statement);
}

const range = ({ start, end }: SyntaxNode): { start: number; end: number } => ({ start, end });
const body = (node: SyntaxNode | undefined): Stmt[] => (node ? node.children.flatMap(statement) : []);

function statement(node: SyntaxNode): Stmt[] {
  const at = range(node);
  switch (node.type) {
    case 'import_statement': return node.all('name').flatMap((name) => imported(name, undefined, at));
    case 'import_from_statement': {
      const from = node.child('module_name');
      if (!from) return [];
      const path = from.text.replace(/\s/g, '');
      if (node.children.some(({ type }) => type === 'wildcard_import')) return [{ ...at, kind: 'import', path, name: '*' }];
      return node.all('name').flatMap((name) => imported(name, path, at));
    }
    case 'expression_statement': return node.children.map((child) => ({ ...range(child), kind: 'expression', value: expression(child) }));
    case 'if_statement': return [conditional(node, node.all('alternative'))];
    case 'for_statement': return [{ ...at, kind: 'each', target: expr(node.child('left')), iterable: expr(node.child('right')), body: body(node.child('body')) }, ...body(node.child('alternative')?.child('body'))];
    case 'while_statement': return [{ ...at, kind: 'while', test: expr(node.child('condition')), body: body(node.child('body')) }];
    case 'function_definition': return [{ ...at, kind: 'function', code: functionCode(node), wrapped: false }];
    case 'class_definition': {
      const bases = (node.child('superclasses')?.children ?? []).filter(({ type }) => type !== 'keyword_argument').map(expression);
      return [{ ...at, kind: 'class', code: { name: node.child('name')?.text ?? '', bases, body: body(node.child('body')), range: at } }];
    }
    case 'decorated_definition': {
      const names = node.children.filter(({ type }) => type === 'decorator').map(({ text }) => text.slice(1).trim());
      return node.children.filter(({ field }) => field === 'definition').flatMap(statement).map((inner) => {
        if (inner.kind !== 'function') return inner;
        const transparent = names.every((name) => /^(property|staticmethod|classmethod|tf\.function|torch\.no_grad|torch\.inference_mode|torch\.jit|override|functools|lru_cache|cached_property|abstractmethod)/.test(name));
        return { ...inner, wrapped: !transparent, code: { ...inner.code, property: names.some((name) => /^(cached_)?property$/.test(name)), isStatic: names.includes('staticmethod') } };
      });
    }
    case 'return_statement': return [{ ...at, kind: 'return', value: node.children[0] && expression(node.children[0]) }];
    case 'break_statement': return [{ ...at, kind: 'break' }];
    case 'continue_statement': return [{ ...at, kind: 'continue' }];
    case 'raise_statement': return [{ ...at, kind: 'raise' }];
    case 'with_statement': {
      const items = node.children.find(({ type }) => type === 'with_clause')?.children ?? [];
      const opened = items.flatMap((item): Stmt[] => {
        const value = item.child('value');
        if (!value) return [];
        if (value.type !== 'as_pattern') return [{ ...at, kind: 'expression', value: expression(value) }];
        const target = value.child('alias')?.children[0];
        return target ? [{ ...at, kind: 'expression', value: { ...at, kind: 'assignment', target: expression(target), value: { ...at, kind: 'other', parts: value.children[0] ? [expression(value.children[0])] : [] } } }] : [];
      });
      return [...opened, ...body(node.child('body'))];
    }
    case 'try_statement': return [...body(node.child('body')), ...node.children.filter(({ type }) => type === 'finally_clause').flatMap((clause) => body(clause.children[0]))];
    case 'match_statement': return [{ ...at, kind: 'block', body: [] }];
    case 'ERROR': return node.children.flatMap((child) => (/_(statement|definition)$/.test(child.type) ? statement(child) : isExpression(child) ? [{ ...range(child), kind: 'expression', value: expression(child) }] : []));
    default: return [];
  }
}

const isExpression = ({ type }: SyntaxNode): boolean => ['call', 'assignment', 'list', 'tuple', 'argument_list', 'binary_operator', 'keyword_argument'].includes(type);

function imported(name: SyntaxNode, from: string | undefined, at: { start: number; end: number }): Stmt[] {
  const aliased = name.type === 'aliased_import';
  const path = ((aliased ? name.child('name')?.text : name.text) ?? '').replace(/\s/g, '');
  const alias = aliased ? name.child('alias')?.text ?? '' : undefined;
  if (from !== undefined) return [{ ...at, kind: 'import', path: `${from}.${path}`, name: alias ?? path }];
  // `import a.b` binds `a`; `import a.b as c` binds `c` to a.b.
  return [{ ...at, kind: 'import', path: alias ? path : path.split('.')[0]!, name: alias ?? path.split('.')[0]! }];
}

function conditional(node: SyntaxNode, alternatives: readonly SyntaxNode[]): Stmt {
  const [next, ...more] = alternatives;
  const otherwise = !next ? [] : next.type === 'elif_clause' ? [conditional(next, more)] : body(next.child('body'));
  return { ...range(node), kind: 'if', test: expr(node.child('condition')), then: body(node.child('consequence')), otherwise };
}

function functionCode(node: SyntaxNode): FunctionCode {
  return { name: node.child('name')?.text ?? '', params: (node.child('parameters')?.children ?? []).flatMap(parameter), body: body(node.child('body')), range: range(node) };
}

function parameter(node: SyntaxNode): Param[] {
  const annotation = node.child('type')?.text;
  switch (node.type) {
    case 'identifier': return [{ name: node.text }];
    case 'default_parameter': case 'typed_default_parameter': return [{ name: node.child('name')?.text ?? '', fallback: expr(node.child('value')), annotation }];
    case 'typed_parameter': return node.children[0] ? parameter(node.children[0]).map((inner) => ({ ...inner, annotation })) : [];
    case 'list_splat_pattern': return [{ name: node.children[0]?.text ?? '', rest: 'list' }];
    case 'dictionary_splat_pattern': return [{ name: node.children[0]?.text ?? '', rest: 'dict' }];
    default: return [];
  }
}

const expr = (node: SyntaxNode | undefined): Expr => (node ? expression(node) : { start: 0, end: 0, kind: 'other', parts: [] });

function expression(node: SyntaxNode): Expr {
  const at = range(node);
  const field = (name: string): Expr => expr(node.child(name));
  switch (node.type) {
    case 'integer': return integer(node);
    case 'float': return { ...at, kind: 'number', value: Number(node.text.replaceAll('_', '')), integer: false };
    case 'true': case 'false': return { ...at, kind: 'boolean', value: node.type === 'true' };
    case 'none': return { ...at, kind: 'none' };
    case 'ellipsis': return { ...at, kind: 'ellipsis' };
    case 'identifier': return { ...at, kind: 'name', name: node.text };
    case 'attribute': return { ...at, kind: 'attribute', object: field('object'), name: node.child('attribute')?.text ?? '' };
    case 'subscript': return { ...at, kind: 'index', object: field('value'), items: node.all('subscript').map(expression) };
    case 'slice': return slice(node);
    case 'string': case 'concatenated_string': return string(node);
    case 'list': case 'set': case 'list_pattern': return { ...at, kind: 'list', items: node.children.map(expression) };
    case 'tuple': case 'expression_list': case 'pattern_list': case 'tuple_pattern': return { ...at, kind: 'tuple', items: node.children.map(expression) };
    case 'list_splat': case 'list_splat_pattern': return { ...at, kind: 'spread', value: expr(node.children[0]) };
    case 'parenthesized_expression': case 'await': case 'type': case 'as_pattern_target': return node.children[0] ? expression(node.children[0]) : expr(undefined);
    case 'dictionary': return { ...at, kind: 'dict', entries: node.children.flatMap((child): Entry[] => (child.type === 'pair' ? [{ key: expr(child.child('key')), value: expr(child.child('value')) }] : child.type === 'dictionary_splat' ? [{ key: null, value: expr(child.children[0]) }] : [])) };
    case 'call': {
      const list = node.child('arguments');
      return { ...at, kind: 'call', callee: field('function'), args: !list ? [] : list.type === 'argument_list' ? list.children.map(argument) : [{ value: expression(list) }] };
    }
    case 'binary_operator': return { ...at, kind: 'binary', operator: node.child('operator')?.text ?? '', left: field('left'), right: field('right') };
    case 'unary_operator': return { ...at, kind: 'unary', operator: node.child('operator')?.text ?? '', value: field('argument') };
    case 'not_operator': return { ...at, kind: 'unary', operator: 'not', value: field('argument') };
    case 'boolean_operator': return { ...at, kind: 'logic', operator: node.child('operator')?.text === 'and' ? 'and' : 'or', left: field('left'), right: field('right') };
    case 'comparison_operator': return comparison(node);
    case 'conditional_expression': {
      const [then, test, otherwise] = node.children;
      return { ...at, kind: 'choice', test: expr(test), then: expr(then), otherwise: expr(otherwise) };
    }
    case 'lambda': {
      const value = field('body');
      return { ...at, kind: 'function', code: { name: 'lambda', params: (node.child('parameters')?.children ?? []).flatMap(parameter), body: [{ ...at, kind: 'return', value }], range: at } };
    }
    case 'list_comprehension': case 'generator_expression': case 'set_comprehension': case 'dictionary_comprehension': return comprehension(node);
    case 'named_expression': return { ...at, kind: 'assignment', target: field('name'), value: field('value') };
    case 'assignment': return node.child('right') ? { ...at, kind: 'assignment', target: field('left'), value: field('right') } : { ...at, kind: 'other', parts: [] };
    case 'augmented_assignment': return { ...at, kind: 'assignment', target: field('left'), operator: (node.child('operator')?.text ?? '').slice(0, -1), value: field('right') };
    default: return { ...at, kind: 'other', parts: node.children.map(expression) };
  }
}

function integer(node: SyntaxNode): Expr {
  const value = Number(node.text.replaceAll('_', ''));
  return Number.isSafeInteger(value) ? { ...range(node), kind: 'number', value, integer: true } : { ...range(node), kind: 'other', parts: [] };
}

function string(node: SyntaxNode): Expr {
  const parts = node.type === 'concatenated_string' ? node.children : [node];
  if (parts.some(({ children }) => children.some(({ type }) => type === 'interpolation'))) return { ...range(node), kind: 'other', parts: [] };
  return { ...range(node), kind: 'string', value: parts.flatMap(({ children }) => children.filter(({ type }) => type === 'string_content').map(({ text }) => text)).join('') };
}

function argument(node: SyntaxNode): Arg {
  if (node.type === 'keyword_argument') return { name: node.child('name')?.text ?? '', value: expr(node.child('value')) };
  if (node.type === 'list_splat') return { spread: 'list', value: expr(node.children[0]) };
  if (node.type === 'dictionary_splat') return { spread: 'dict', value: expr(node.children[0]) };
  return { value: expression(node) };
}

/** a < b < c: both comparisons. */
function comparison(node: SyntaxNode): Expr {
  const operators = node.all('operators').map(({ text }) => text.replace(/\s+/g, ' '));
  const operands = node.children.filter(({ field }) => field !== 'operators').map(expression);
  const pairs = operators.map((operator, i): Expr => ({ ...range(node), kind: 'binary', operator, left: operands[i] ?? expr(undefined), right: operands[i + 1] ?? expr(undefined) }));
  return pairs.length ? pairs.reduce((left, right): Expr => ({ ...range(node), kind: 'logic', operator: 'and', left, right })) : expr(undefined);
}

function comprehension(node: SyntaxNode): Expr {
  const clauses = node.children.flatMap((child): Clause[] => {
    if (child.type === 'for_in_clause') return [{ target: expr(child.child('left')), iterable: expr(child.child('right')) }];
    return child.type === 'if_clause' && child.children[0] ? [{ filter: expression(child.children[0]) }] : [];
  });
  const element = node.child('body');
  if (element?.type === 'pair') return { ...range(node), kind: 'comprehension', key: expr(element.child('key')), element: expr(element.child('value')), clauses };
  return { ...range(node), kind: 'comprehension', element: expr(element), clauses };
}

/** Which side of which colon each part of a slice stands on is told by the text between. */
function slice(node: SyntaxNode): Expr {
  const parts: (Expr | undefined)[] = [undefined, undefined, undefined];
  let slot = 0;
  let at = node.start;
  for (const child of node.children) {
    slot += node.tree.text.slice(at, child.start).split(':').length - 1;
    if (slot < 3) parts[slot] = expression(child);
    at = child.end;
  }
  return { ...range(node), kind: 'slice', from: parts[0], to: parts[1], step: parts[2] };
}
