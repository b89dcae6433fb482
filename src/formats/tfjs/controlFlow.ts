/** Ops that run other graphs, and the handles (lists, tables) they pass on. */
import type { ValueInfo } from '../../graph/graph';
import { reference, type TfFunction } from './graphDef';
import { lists } from './lists';
import { lookup } from './lookup';
import { isFlow, type TfFlows, type TfOp, type TfValue } from './op';
import { isTable, tableName } from './tables';
import type { Translator } from './translator';
import { loop } from './loop';

/** Outputs of a control-flow op; undefined for ops that are none. */
export function controlFlow(translator: Translator, op: TfOp, depth: number): TfFlows | undefined {
  const { node } = op;
  if (isTable(node)) return { table: tableName(node) };
  const list = lists[node.op];
  if (list) return list(op);
  switch (node.op) {
    case 'PartitionedCall': case 'StatefulPartitionedCall': return call(translator, op, op.attributes.functionName('f'), depth);
    case 'If': case 'StatelessIf': return branch(translator, op, depth);
    case 'While': case 'StatelessWhile': return loop(translator, op, depth);
    // Both sides are computed, and the merge chooses: they have no side effects.
    case 'Switch': case 'RefSwitch': return [op.flow(0), op.flow(0)];
    case 'LookupTableFind': case 'LookupTableFindV2': case 'LookupTableSize': case 'LookupTableSizeV2': return lookup(translator, op);
    default: return translator.function(node.op) ? call(translator, op, node.op, depth) : undefined;
  }
}

function call(translator: Translator, op: TfOp, name: string | undefined, depth: number): TfFlows {
  return translator.call(functionOf(translator, op, name), op.inputs as readonly TfValue[], depth + 1);
}

export function functionOf(translator: Translator, op: TfOp, name: string | undefined): TfFunction {
  return translator.function(name) ?? op.fail(`the function '${name ?? ''}' it calls is not in the library`);
}

function branch(translator: Translator, op: TfOp, depth: number): TfValue[] {
  const { e } = op;
  const args = op.inputs.slice(1) as TfValue[];
  const condition = op.dtype(0) === 'bool' ? op.natural(0) : e.cast(op.natural(0), 'bool');
  const graphs = (['then_branch', 'else_branch'] as const).map((attribute) => {
    const body = functionOf(translator, op, op.attributes.functionName(attribute));
    return [attribute, translator.inside(() => e.subgraph(e.fresh(attribute), [], () => translator.call(body, args, depth + 1).map((value) => tensorName(op, value))))] as const;
  });
  const outputs = graphs[0]![1].outputs.map((_: ValueInfo, index) => e.fresh(`If:${index}`));
  e.add({ name: e.fresh('If'), opType: 'If', domain: '', inputs: [condition], outputs, attributes: new Map(graphs.map(([name, value]) => [name, { kind: 'graph', value }])) });
  return outputs.map((value) => op.of(value));
}

/** A value that leaves a subgraph; only tensors do. */
export function tensorName(op: TfOp, value: TfValue): string {
  if (isFlow(value)) return op.e.natural(value);
  if ('list' in value) return op.e.natural(value.list);
  return op.fail('opaque' in value ? 'something inside it could not be translated' : 'a handle leaves it, where only tensors can');
}

/**
 * Merge of the old control flow: of its inputs the one that was computed. Which that is, the Switch in front of each
 * side says: both took the same condition, on different outputs.
 */
export function sides(nodes: Parameters<typeof reference>[1], merge: string): { readonly condition: string; readonly whenTrue: number; readonly whenFalse: number } | undefined {
  const found = (nodes.get(merge)?.inputs ?? []).map((input) => switchesBefore(nodes, input));
  if (found.length !== 2) return undefined;
  for (const [condition, side] of found[0]!) {
    const other = found[1]!.get(condition);
    if (other === undefined || other === side || side === 'both' || other === 'both') continue;
    return { condition, whenTrue: side === 1 ? 0 : 1, whenFalse: side === 1 ? 1 : 0 };
  }
  return undefined;
}

function switchesBefore(nodes: Parameters<typeof reference>[1], start: string): Map<string, number | 'both'> {
  const found = new Map<string, number | 'both'>();
  const seen = new Set<string>();
  const queue = [start];
  for (let text = queue.pop(); text !== undefined; text = queue.pop()) {
    const { node: name, output } = reference(text, nodes);
    const node = nodes.get(name);
    if (!node) continue;
    if (node.op === 'Switch' || node.op === 'RefSwitch') {
      const condition = reference(node.inputs[1] ?? '', nodes).node;
      const before = found.get(condition);
      found.set(condition, before === undefined || before === output ? output : 'both');
    }
    if (seen.has(name)) continue;
    seen.add(name);
    queue.push(...node.inputs);
  }
  return found;
}
