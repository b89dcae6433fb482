/** Syntax trees of Python, JavaScript and TypeScript as expressions. */
import { unescape } from './escapes';
import type { CallArgument, DictEntry, Expr, StringExpr } from './expression';
import type { SourceTree, SyntaxNode } from './parser';
import type { SourceRange } from './types';

export function expressionsOf(tree: SourceTree): Expr {
  return convert(tree.root);
}

const range = ({ start, end }: SyntaxNode): SourceRange => ({ start, end });
const convertAll = (nodes: readonly SyntaxNode[]): Expr[] => nodes.map(convert);
const block = (node: SyntaxNode, children: readonly SyntaxNode[] = node.children): Expr => ({ kind: 'block', range: range(node), children: convertAll(children) });
/** Wrappers that change nothing here: brackets, `await x`, `x as T`, `x!`. */
const inner = (node: SyntaxNode): Expr => node.children[0] ? convert(node.children[0]) : block(node);

type Converter = (node: SyntaxNode) => Expr;

const converters: Readonly<Record<string, Converter>> = {
  // both languages
  parenthesized_expression: inner,
  identifier: (node) => ({ kind: 'name', range: range(node), name: node.text }),

  // Python
  string: (node) => node.children.some(({ type }) => type === 'string_start') ? pythonString(node) : quoted(node),
  concatenated_string: (node) => ({ kind: 'template', range: range(node), parts: convertAll(node.children) }),
  integer: number, float: number,
  unary_operator: negative,
  await: inner,
  attribute: (node) => member(node, node.child('object'), node.child('attribute')),
  call: (node) => call(node, node.child('function'), node.child('arguments')),
  subscript: (node) => index(node, node.child('value'), node.all('subscript')),
  list, tuple: list, set: list, expression_list: list,
  dictionary: (node) => dict(node),
  binary_operator: binary, boolean_operator: binary,
  assignment: (node) => assign(node, node.child('left'), node.child('right')),
  augmented_assignment: (node) => reassign(node),
  named_expression: (node) => assign(node, node.child('name'), node.child('value')),
  as_pattern: (node) => assign(node, node.child('alias'), node.children[0]),
  for_statement: loop, for_in_clause: loop, for_in_statement: loop,
  parameters: (node) => ({ kind: 'block', range: range(node), children: node.children.map(parameter) }),
  lambda_parameters: (node) => ({ kind: 'block', range: range(node), children: node.children.map(parameter) }),
  type: nothing,

  // JavaScript and TypeScript
  template_string: template,
  number,
  unary_expression: negative,
  this: (node) => ({ kind: 'name', range: range(node), name: 'this' }),
  meta_property: (node) => ({ kind: 'name', range: range(node), name: node.text }),
  await_expression: inner, as_expression: inner, satisfies_expression: inner, non_null_expression: inner,
  member_expression: (node) => member(node, node.child('object'), node.child('property')),
  call_expression: (node) => call(node, node.child('function'), node.child('arguments')),
  new_expression: (node) => call(node, node.child('constructor'), node.child('arguments')),
  subscript_expression: (node) => index(node, node.child('object'), node.all('index')),
  array: list,
  object: (node) => dict(node),
  binary_expression: binary,
  variable_declarator: (node) => assign(node, node.child('name'), node.child('value')),
  assignment_expression: (node) => assign(node, node.child('left'), node.child('right')),
  augmented_assignment_expression: (node) => reassign(node),
  public_field_definition: (node) => assign(node, node.child('name'), node.child('value')),
  formal_parameters: (node) => ({ kind: 'block', range: range(node), children: node.children.map(parameter) }),
  import_statement: nothing, export_clause: nothing,
  type_annotation: nothing, type_arguments: nothing, type_alias_declaration: nothing, interface_declaration: nothing,
};

function convert(node: SyntaxNode): Expr {
  return Object.hasOwn(converters, node.type) ? converters[node.type]!(node) : block(node);
}

function nothing(node: SyntaxNode): Expr {
  return { kind: 'block', range: range(node), children: [] };
}

// --- strings -------------------------------------------------------------------------------------------------------

function pythonString(node: SyntaxNode): Expr {
  const start = node.children.find(({ type }) => type === 'string_start')!;
  const end = node.children.findLast(({ type }) => type === 'string_end');
  const prefix = start.text.toLowerCase();
  const raw = prefix.includes('r'), formatted = prefix.includes('f');
  const text = (from: string): string => {
    const plain = formatted ? from.replace(/\{\{|\}\}/g, (brace) => brace[0]!) : from;
    return raw ? plain : unescape(plain, true);
  };
  const content = { start: start.end, end: Math.max(start.end, end?.start ?? node.end) };
  const holes = node.children.filter(({ type }) => type === 'interpolation');
  if (!holes.length) return { kind: 'string', range: range(node), content, value: text(node.tree.text.slice(content.start, content.end)) };
  // What a format makes of a value ({n:03d}) is not worked out.
  const plain = (hole: SyntaxNode): boolean => hole.children.length === 1;
  return parted(node, content, holes, text, (hole) => plain(hole) ? convert(hole.children[0]!) : block(hole));
}

function template(node: SyntaxNode): Expr {
  const content = { start: node.start + 1, end: Math.max(node.start + 1, node.end - 1) };
  const holes = node.children.filter(({ type }) => type === 'template_substitution');
  if (!holes.length) return { kind: 'string', range: range(node), content, value: unescape(node.tree.text.slice(content.start, content.end)) };
  return parted(node, content, holes, unescape, inner);
}

function parted(node: SyntaxNode, content: SourceRange, holes: readonly SyntaxNode[], text: (from: string) => string, hole: Converter): Expr {
  const parts: (string | Expr)[] = [];
  let at = content.start;
  for (const next of holes) {
    if (next.start > at) parts.push(text(node.tree.text.slice(at, next.start)));
    parts.push(hole(next));
    at = next.end;
  }
  if (content.end > at) parts.push(text(node.tree.text.slice(at, content.end)));
  return { kind: 'template', range: range(node), parts };
}

function quoted(node: SyntaxNode): StringExpr {
  const closed = node.end - node.start >= 2 && node.tree.text[node.end - 1] === node.tree.text[node.start];
  const content = { start: Math.min(node.start + 1, node.end), end: closed ? node.end - 1 : node.end };
  return { kind: 'string', range: range(node), content, value: unescape(node.tree.text.slice(content.start, content.end)) };
}

/** A bare word as a string: a property's name. */
function word(node: SyntaxNode): StringExpr {
  return { kind: 'string', range: range(node), content: range(node), value: node.text };
}

// --- values --------------------------------------------------------------------------------------------------------

function number(node: SyntaxNode): Expr {
  return { kind: 'number', range: range(node), value: Number(node.text.replaceAll('_', '')) };
}

function negative(node: SyntaxNode): Expr {
  const argument = node.child('argument');
  const value = argument && convert(argument);
  if (node.child('operator')?.text === '-' && value?.kind === 'number') return { ...value, range: range(node), value: -value.value };
  return block(node);
}

function member(node: SyntaxNode, object: SyntaxNode | undefined, property: SyntaxNode | undefined): Expr {
  if (!object || !property) return block(node);
  const on = convert(object);
  return on.kind === 'name' ? { kind: 'name', range: range(node), name: `${on.name}.${property.text}` } : { kind: 'member', range: range(node), object: on, name: property.text };
}

function call(node: SyntaxNode, callee: SyntaxNode | undefined, args: SyntaxNode | undefined): Expr {
  if (!callee) return block(node);
  return { kind: 'call', range: range(node), callee: convert(callee), args: (args?.children ?? []).map(argument) };
}

function argument(node: SyntaxNode): CallArgument {
  const value = node.type === 'keyword_argument' ? node.child('value') : undefined;
  if (!value) return { value: convert(node) };
  return { name: node.child('name')?.text, value: convert(value) };
}

function index(node: SyntaxNode, object: SyntaxNode | undefined, indices: readonly SyntaxNode[]): Expr {
  return object ? { kind: 'index', range: range(node), object: convert(object), indices: convertAll(indices) } : block(node);
}

function list(node: SyntaxNode): Expr {
  return { kind: 'list', range: range(node), items: convertAll(node.children) };
}

function dict(node: SyntaxNode): Expr {
  return { kind: 'dict', range: range(node), entries: node.children.map(entry) };
}

function entry(node: SyntaxNode): DictEntry {
  const key = node.child('key'), value = node.child('value');
  if (key && value) return { key: key.type === 'property_identifier' ? word(key) : convert(key), value: convert(value) };
  if (node.type === 'shorthand_property_identifier') return { key: word(node), value: { kind: 'name', range: range(node), name: node.text } };
  return { key: nothing(node), value: block(node) };
}

function binary(node: SyntaxNode): Expr {
  const left = node.child('left'), right = node.child('right');
  if (!left || !right) return block(node);
  return { kind: 'binary', range: range(node), operator: node.child('operator')?.text ?? '', left: convert(left), right: convert(right) };
}

// --- names that get values -------------------------------------------------------------------------------------------

function assign(node: SyntaxNode, left: SyntaxNode | undefined, right: SyntaxNode | undefined): Expr {
  if (!left) return block(node);
  const keys = left.type === 'object_pattern' ? destructured(left) : undefined;
  const targets = keys ? names(left) : left.children.length && isList(left) ? [] : names(left);
  const value = right && convert(right);
  // a, b = x, y
  if (isList(left) && value?.kind === 'list' && value.items.length === left.children.length) {
    return { kind: 'block', range: range(node), children: left.children.map((target, at): Expr => ({ kind: 'assign', range: range(node), targets: names(target), value: value.items[at]! })) };
  }
  if (isList(left)) return { kind: 'block', range: range(node), children: [{ kind: 'assign', range: range(left), targets: names(left) }, ...(value ? [value] : [])] };
  return { kind: 'assign', range: range(node), targets, ...(value && { value }), ...(keys && { keys }) };
}

const isList = ({ type }: SyntaxNode): boolean => /^(pattern_list|tuple_pattern|list_pattern|array_pattern|tuple|list)$/.test(type);

/** `x += y`, `x ??= y`: the latter gives a value that is known. */
function reassign(node: SyntaxNode): Expr {
  const operator = node.child('operator')?.text ?? '';
  const left = node.child('left'), right = node.child('right');
  if (/^(\?\?|\|\|)=$/.test(operator)) return assign(node, left, right);
  return { kind: 'block', range: range(node), children: [{ kind: 'assign', range: range(node), targets: left ? names(left) : [] }, ...(right ? [convert(right)] : [])] };
}

function loop(node: SyntaxNode): Expr {
  const left = node.child('left');
  const rest = node.children.filter((child) => child !== left);
  return { kind: 'block', range: range(node), children: [{ kind: 'assign', range: left ? range(left) : range(node), targets: left ? names(left) : [] }, ...convertAll(rest)] };
}

function parameter(node: SyntaxNode): Expr {
  const name = node.child('name') ?? node.child('pattern') ?? (node.type === 'assignment_pattern' ? node.child('left') : undefined) ?? node;
  const value = node.child('value') ?? (node.type === 'assignment_pattern' ? node.child('right') : undefined);
  return { kind: 'assign', range: range(node), targets: names(name), ...(value && { value: convert(value) }) };
}

/** Names a pattern binds; a dotted one is one name. */
function names(node: SyntaxNode): string[] {
  if (/^(identifier|shorthand_property_identifier_pattern|property_identifier|private_property_identifier)$/.test(node.type)) return [node.text];
  if (node.type === 'attribute' || node.type === 'member_expression') {
    const expr = convert(node);
    return expr.kind === 'name' ? [expr.name] : [];
  }
  if (/^(subscript|subscript_expression|type|type_annotation|type_identifier)$/.test(node.type)) return [];
  const bound = node.type === 'pair_pattern' ? node.child('value') : /_assignment_pattern$/.test(node.type) ? node.child('left') : undefined;
  return bound ? names(bound) : node.children.flatMap(names);
}

function destructured(pattern: SyntaxNode): StringExpr[] {
  return pattern.children.flatMap((node) => {
    const key = node.type === 'pair_pattern' ? node.child('key') : node.type === 'object_assignment_pattern' ? node.child('left') : node;
    if (!key || key.type === 'rest_pattern') return [];
    return key.type === 'string' ? [quoted(key)] : /identifier/.test(key.type) ? [word(key)] : [];
  });
}
