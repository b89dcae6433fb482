/** Finds the attention blocks of a graph: a product of two activations, a softmax over its last axis, a second product. */
import { attrInt, type Graph, type Node, type ValueType } from '../graph/graph';
import type { AttentionBlock } from '../methods/model';
import { neededNodes, valuesRead } from './forwardModel';

const products = new Set(['MatMul', 'Gemm', 'Einsum', 'FusedMatMul', 'TransposeMatMul']);
/** What lies between query·key and the softmax: scales, masks, relative positions, soft caps, layout. */
const before = new Set([
  'Mul', 'Div', 'Add', 'Sub', 'Where', 'Cast', 'Identity', 'Reshape', 'Transpose', 'Squeeze', 'Unsqueeze', 'Clip', 'Max', 'Min', 'Tanh', 'Expand', 'Sum', 'Concat', 'Slice', 'Gather',
]);
/** What lies between the softmax and the product with the values. */
const after = new Set(['Cast', 'Identity', 'Dropout', 'Reshape', 'Transpose', 'Squeeze', 'Unsqueeze', 'Mul', 'Div', 'Where', 'Expand', 'Slice', 'Add']);
/** Steps followed on either side: masks and layouts take a few nodes, not more. */
const reach = 12;

/**
 * Self- and cross-attentions between inputs and `outputs`, in topological order.
 * @param types of all values, with the dims of one sample.
 */
export function findAttention(graph: Graph, types: ReadonlyMap<string, ValueType>, outputs: readonly string[]): AttentionBlock[] {
  const dynamic = new Set(graph.inputs.map((input) => input.name));
  const made = new Map<string, Node>(), readers = new Map<string, Node[]>();
  const { nodes } = neededNodes(graph, outputs);
  for (const node of nodes) {
    const reads = valuesRead(node);
    for (const name of reads) readers.set(name, [...(readers.get(name) ?? []), node]);
    for (const name of node.outputs) made.set(name, node);
    if (reads.some((name) => dynamic.has(name))) for (const name of node.outputs) dynamic.add(name);
  }
  const isProduct = (node: Node): boolean => products.has(node.opType) && node.inputs.filter((name) => dynamic.has(name)).length >= 2;

  return nodes.flatMap((node): AttentionBlock[] => {
    const value = node.outputs[0];
    if (node.opType !== 'Softmax' || value === undefined || !dynamic.has(value)) return [];
    const dims = staticDims(types.get(value));
    if (!dims || dims.length < 3 || !isLastAxis(node, dims.length)) return [];
    const scored = walk(node.inputs.slice(0, 1), before, isProduct, (name) => { const maker = made.get(name); return maker ? [maker] : []; }, (next) => next.inputs);
    const applied = scored && walk([value], after, isProduct, (name) => readers.get(name) ?? [], (next) => next.outputs);
    if (!applied) return [];
    const [queries, keys] = dims.slice(-2) as [number, number];
    const leading = dims.slice(0, -2), heads = leading.at(-1) ?? 1;
    return [{ value, node: node.name || value, opType: node.opType, windows: leading.slice(0, -1).reduce((a, b) => a * b, 1), heads, queries, keys }];
  });
}

/** Whether a product is reached from `start` over nodes of the given ops. */
function walk(start: readonly string[], over: ReadonlySet<string>, goal: (node: Node) => boolean, nodesAt: (value: string) => readonly Node[], onwards: (node: Node) => readonly string[]): boolean {
  const seen = new Set<string>(start);
  let open = [...start];
  for (let step = 0; step < reach && open.length > 0; step++) {
    const next: string[] = [];
    for (const value of open) {
      for (const node of nodesAt(value)) {
        if (goal(node)) return true;
        if (!over.has(node.opType)) continue;
        for (const name of onwards(node)) if (name !== '' && !seen.has(name)) { seen.add(name); next.push(name); }
      }
    }
    open = next;
  }
  return false;
}

function isLastAxis(node: Node, rank: number): boolean {
  const axis = attrInt(node, 'axis', -1);
  return axis === -1 || axis === rank - 1;
}

function staticDims(type: ValueType | undefined): readonly number[] | undefined {
  if (type?.kind !== 'tensor' || !type.dims?.every((dim) => typeof dim === 'number')) return undefined;
  return type.dims as readonly number[];
}
