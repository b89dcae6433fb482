/** JavaScript's and TypeScript's syntax tree → the small language of program.ts. Types are passed over. */
import type { SyntaxNode } from '../parser';
import type { Arg, Entry, Expr, FunctionCode, Param, Stmt } from './program';

export function scriptProgram(root: SyntaxNode): Stmt[] {
  return root.children.flatMap(statement);
}

const range = ({ start, end }: SyntaxNode): { start: number; end: number } => ({ start, end });
const expr = (node: SyntaxNode | undefined): Expr => (node ? expression(node) : { start: 0, end: 0, kind: 'other', parts: [] });
const body = (node: SyntaxNode | undefined): Stmt[] => (!node ? [] : node.type === 'statement_block' || node.type === 'else_clause' ? node.children.flatMap(statement) : statement(node));
const evaluated = (value: Expr): Stmt => ({ start: value.start, end: value.end, kind: 'expression', value });

function statement(node: SyntaxNode): Stmt[] {
  const at = range(node);
  switch (node.type) {
    case 'import_statement': return imports(node);
    case 'export_statement': {
      const value = node.child('value');
      return [...node.all('declaration').flatMap(statement), ...(value ? [evaluated(expression(value))] : [])];
    }
    case 'lexical_declaration': case 'variable_declaration':
      return node.children.filter(({ type }) => type === 'variable_declarator').flatMap((declared) => {
        const value = declared.child('value');
        return value ? [evaluated({ ...range(declared), kind: 'assignment', target: expr(declared.child('name')), value: expression(value) })] : [];
      });
    case 'expression_statement': return node.children.map((child) => evaluated(expression(child)));
    case 'function_declaration': case 'generator_function_declaration': return [{ ...at, kind: 'function', code: functionCode(node), wrapped: false }];
    case 'class_declaration': case 'abstract_class_declaration': return [classOf(node)];
    case 'if_statement': return [{ ...at, kind: 'if', test: expr(node.child('condition')), then: body(node.child('consequence')), otherwise: body(node.child('alternative')) }];
    case 'for_statement': {
      const test = node.all('condition').find(({ type }) => type !== ';' && type !== 'empty_statement');
      const step = node.child('increment');
      return [...body(node.child('initializer')), { ...at, kind: 'while', test: test ? expr(test) : { ...at, kind: 'boolean', value: true }, body: body(node.child('body')), step: step && expression(step) }];
    }
    case 'for_in_statement': {
      const iterable = expr(node.child('right'));
      const keys = node.child('operator')?.text === 'in';
      return [{ ...at, kind: 'each', target: expr(node.child('left')), iterable: keys ? { ...at, kind: 'other', parts: [iterable] } : iterable, body: body(node.child('body')) }];
    }
    case 'while_statement': return [{ ...at, kind: 'while', test: expr(node.child('condition')), body: body(node.child('body')) }];
    case 'do_statement': return [...body(node.child('body')), { ...at, kind: 'while', test: expr(node.child('condition')), body: body(node.child('body')) }];
    case 'return_statement': return [{ ...at, kind: 'return', value: node.children[0] && expression(node.children[0]) }];
    case 'break_statement': return [{ ...at, kind: 'break' }];
    case 'continue_statement': return [{ ...at, kind: 'continue' }];
    case 'throw_statement': return [{ ...at, kind: 'raise' }];
    case 'try_statement': return [...body(node.child('body')), ...body(node.child('finalizer')?.child('body'))];
    case 'statement_block': return [{ ...at, kind: 'block', body: node.children.flatMap(statement) }];
    case 'labeled_statement': return body(node.child('body'));
    case 'switch_statement': return cases(node);
    case 'ERROR': return node.children.flatMap((child) => (/_(statement|declaration)$/.test(child.type) ? statement(child) : /^(call_expression|assignment_expression|arguments|array|object)$/.test(child.type) ? [evaluated(expression(child))] : []));
    default: return [];
  }
}

/** Each case as a branch of its own: `break` ends it. */
function cases(node: SyntaxNode): Stmt[] {
  const subject = expr(node.child('value'));
  let otherwise: Stmt[] = [];
  for (const branch of [...(node.child('body')?.children ?? [])].reverse()) {
    const inside = branch.all('body').filter(({ type }) => type !== 'break_statement').flatMap(statement);
    if (branch.type === 'switch_default') otherwise = inside;
    else otherwise = [{ ...range(branch), kind: 'if', test: { ...range(branch), kind: 'binary', operator: '==', left: subject, right: expr(branch.child('value')) }, then: inside, otherwise }];
  }
  return otherwise;
}

/** The module's name is the path; names out of it are `module:name`, written as `module.name`. */
function imports(node: SyntaxNode): Stmt[] {
  const source = node.child('source');
  const clause = node.children.find(({ type }) => type === 'import_clause');
  if (!source || !clause) return [];
  const path = text(source);
  return clause.children.flatMap((child): Stmt[] => {
    const at = range(child);
    if (child.type === 'identifier') return [{ ...at, kind: 'import', path, name: child.text }];
    if (child.type === 'namespace_import') return child.children[0] ? [{ ...at, kind: 'import', path, name: child.children[0].text }] : [];
    return child.children.filter(({ type }) => type === 'import_specifier').map((item) => {
      const name = item.child('name')?.text ?? '';
      return { ...at, kind: 'import', path: name === 'default' ? path : `${path}.${name}`, name: item.child('alias')?.text ?? name };
    });
  });
}

function classOf(node: SyntaxNode): Stmt {
  const heritage = node.children.find(({ type }) => type === 'class_heritage');
  const bases = (heritage?.children ?? []).flatMap((clause) => (clause.type === 'extends_clause' ? clause.all('value') : clause.type === 'implements_clause' ? [] : [clause])).map(expression);
  const members = (node.child('body')?.children ?? []).flatMap((member): Stmt[] => {
    if (member.type === 'method_definition') {
      const code = functionCode(member);
      return [{ ...range(member), kind: 'function', wrapped: false, code: { ...code, name: code.name === 'constructor' ? '__init__' : code.name, params: [{ name: 'this' }, ...code.params] } }];
    }
    const value = member.type === 'public_field_definition' || member.type === 'field_definition' ? member.child('value') : undefined;
    const name = member.child('name') ?? member.child('property');
    return value && name ? [evaluated({ ...range(member), kind: 'assignment', target: { ...range(name), kind: 'name', name: name.text }, value: expression(value) })] : [];
  });
  return { ...range(node), kind: 'class', code: { name: node.child('name')?.text ?? '', bases, body: members, range: range(node) } };
}

function functionCode(node: SyntaxNode): FunctionCode {
  const list = node.child('parameters');
  const single = node.child('parameter');
  const params = single ? [{ name: single.text }] : (list?.children ?? []).flatMap(parameter);
  const inside = node.child('body');
  const statements: Stmt[] = !inside ? [] : inside.type === 'statement_block' ? body(inside) : [{ ...range(inside), kind: 'return', value: expression(inside) }];
  return { name: node.child('name')?.text ?? 'function', params, body: statements, range: range(node) };
}

function parameter(node: SyntaxNode): Param[] {
  const pattern = node.child('pattern') ?? (node.type === 'identifier' ? node : undefined);
  if (!pattern) return [];
  if (pattern.type === 'rest_pattern') return [{ name: pattern.children[0]?.text ?? '', rest: 'list' }];
  const value = node.child('value');
  const annotation = node.child('type')?.children[0]?.text;
  return [{ name: pattern.type === 'identifier' ? pattern.text : '', pattern: pattern.type === 'identifier' ? undefined : expression(pattern), fallback: value && expression(value), annotation }];
}

function expression(node: SyntaxNode): Expr {
  const at = range(node);
  const field = (name: string): Expr => expr(node.child(name));
  switch (node.type) {
    case 'number': {
      const value = Number(node.text.replaceAll('_', ''));
      return Number.isFinite(value) ? { ...at, kind: 'number', value, integer: Number.isSafeInteger(value) } : { ...at, kind: 'other', parts: [] };
    }
    case 'true': case 'false': return { ...at, kind: 'boolean', value: node.type === 'true' };
    case 'null': case 'undefined': return { ...at, kind: 'none' };
    case 'identifier': case 'shorthand_property_identifier': case 'shorthand_property_identifier_pattern': return { ...at, kind: 'name', name: node.text };
    case 'this': return { ...at, kind: 'name', name: 'this' };
    case 'super': return { ...at, kind: 'name', name: 'super' };
    case 'string': return { ...at, kind: 'string', value: text(node) };
    case 'template_string': return node.children.some(({ type }) => type === 'template_substitution') ? { ...at, kind: 'other', parts: [] } : { ...at, kind: 'string', value: text(node) };
    case 'member_expression': return { ...at, kind: 'attribute', object: field('object'), name: node.child('property')?.text ?? '' };
    case 'subscript_expression': return { ...at, kind: 'index', object: field('object'), items: [field('index')] };
    case 'array': case 'array_pattern': return { ...at, kind: 'list', items: node.children.map(expression) };
    case 'spread_element': case 'rest_pattern': return { ...at, kind: 'spread', value: expr(node.children[0]) };
    case 'object': case 'object_pattern': return { ...at, kind: 'dict', entries: node.children.flatMap(entry) };
    case 'parenthesized_expression': case 'await_expression': case 'as_expression': case 'satisfies_expression': case 'non_null_expression': return expr(node.children[0]);
    case 'call_expression': return { ...at, kind: 'call', callee: field('function'), args: (node.child('arguments')?.children ?? []).map(argument) };
    case 'new_expression': return { ...at, kind: 'call', callee: field('constructor'), args: (node.child('arguments')?.children ?? []).map(argument) };
    case 'binary_expression': return binary(node);
    case 'unary_expression': {
      const operator = node.child('operator')?.text ?? '';
      return { ...at, kind: 'unary', operator: operator === '!' ? 'not' : operator, value: field('argument') };
    }
    case 'ternary_expression': return { ...at, kind: 'choice', test: field('condition'), then: field('consequence'), otherwise: field('alternative') };
    case 'arrow_function': case 'function_expression': case 'generator_function': return { ...at, kind: 'function', code: functionCode(node) };
    case 'assignment_expression': return { ...at, kind: 'assignment', target: field('left'), value: field('right') };
    case 'augmented_assignment_expression': return { ...at, kind: 'assignment', target: field('left'), operator: (node.child('operator')?.text ?? '').slice(0, -1), value: field('right') };
    case 'update_expression': return { ...at, kind: 'assignment', target: field('argument'), operator: node.child('operator')?.text === '--' ? '-' : '+', value: { ...at, kind: 'number', value: 1, integer: true } };
    default: return { ...at, kind: 'other', parts: node.children.filter(({ type }) => type !== 'statement_block').map(expression) };
  }
}

function binary(node: SyntaxNode): Expr {
  const written = node.child('operator')?.text ?? '';
  const left = expr(node.child('left'));
  const right = expr(node.child('right'));
  const logic = ({ '&&': 'and', '||': 'or', '??': 'else' } as const)[written as '&&' | '||' | '??'];
  if (logic) return { ...range(node), kind: 'logic', operator: logic, left, right };
  return { ...range(node), kind: 'binary', operator: written === '===' ? '==' : written === '!==' ? '!=' : written, left, right };
}

const argument = (node: SyntaxNode): Arg => (node.type === 'spread_element' ? { spread: 'list', value: expr(node.children[0]) } : { value: expression(node) });

function entry(node: SyntaxNode): Entry[] {
  const at = range(node);
  const named = (name: string): Expr => ({ ...at, kind: 'string', value: name });
  switch (node.type) {
    case 'pair': case 'pair_pattern': {
      const key = node.child('key');
      if (!key) return [];
      return [{ key: key.type === 'computed_property_name' ? expr(key.children[0]) : named(key.type === 'string' ? text(key) : key.text), value: expr(node.child('value')) }];
    }
    case 'shorthand_property_identifier': case 'shorthand_property_identifier_pattern': return [{ key: named(node.text), value: expression(node) }];
    case 'object_assignment_pattern': {
      const name = node.child('left');
      return name ? [{ key: named(name.text), value: { ...at, kind: 'assignment', target: expression(name), value: expr(node.child('right')) } }] : [];
    }
    case 'spread_element': return [{ key: null, value: expr(node.children[0]) }];
    default: return [];
  }
}

const text = (node: SyntaxNode): string => node.children.filter(({ type }) => type === 'string_fragment').map((part) => part.text).join('');
