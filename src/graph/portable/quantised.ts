/**
 * Rounding to few steps in real numbers: a QuantizeLinear that only DequantizeLinears read, and those. Whole numbers of
 * eight bits are no GPU provider's element type, so that each pair would go to the CPU and back.
 */
import type { DType } from '../../tensor/dtype';
import type { GraphBuilder } from '../builder';
import { attrInt, initializerType, type Graph, type Node } from '../graph';
import { rounded } from './elementary';
import type { Known } from './rewriting';

const steps: Readonly<Partial<Record<DType, readonly [number, number]>>> = { uint8: [0, 255], int8: [-128, 127], uint16: [0, 65535], int16: [-32768, 32767] };

/** The quantised values of a graph that can be kept as real numbers. */
export function keptReal(graph: Graph, known: Known): ReadonlySet<string> {
  const readers = new Map<string, Node[]>(), kept = new Set<string>();
  for (const node of graph.nodes) for (const input of node.inputs) readers.set(input, [...readers.get(input) ?? [], node]);
  const shared = new Set(graph.outputs.map(({ name }) => name));
  for (const node of graph.nodes) {
    const value = node.outputs[0];
    if (node.opType !== 'QuantizeLinear' || node.domain !== '' || value === undefined || shared.has(value) || !plain(node, graph)) continue;
    if (known.dtype(node.inputs[0]!) !== 'float32' || !steps[typeOf(node, graph)]) continue;
    const users = readers.get(value) ?? [];
    if (users.length > 0 && users.every((user) => user.opType === 'DequantizeLinear' && user.domain === '' && user.inputs[0] === value && plain(user, graph))) kept.add(value);
  }
  return kept;
}

/** One step for the whole tensor, written into the file. */
function plain(node: Node, graph: Graph): boolean {
  const scalar = (name: string | undefined): boolean => {
    const stored = name === undefined || name === '' ? undefined : graph.initializers.get(name);
    return stored !== undefined && initializerType(stored).dims.every((dim) => dim === 1);
  };
  return scalar(node.inputs[1]) && (node.inputs[2] === undefined || node.inputs[2] === '' || scalar(node.inputs[2])) && attrInt(node, 'block_size', 0) === 0;
}

function typeOf(node: Node, graph: Graph): DType {
  const zero = node.inputs[2] ? graph.initializers.get(node.inputs[2]) : undefined;
  return zero ? initializerType(zero).dtype : 'uint8';
}

/** clip(round(x / s) + z) */
export function quantise(node: Node, b: GraphBuilder, graph: Graph): string {
  const [x, scale, zero] = node.inputs as [string, string, string?], [low, high] = steps[typeOf(node, graph)]!;
  const constant = (value: number): string => b.constant(value, 'float32');
  const step = rounded(b, b.op('Div', [x, b.reshape(scale, [])]), constant);
  return b.op('Clip', [zero ? b.op('Add', [step, b.reshape(b.cast(zero, 'float32'), [])]) : step, constant(low), constant(high)]);
}

/** (q − z) · s */
export function dequantise(node: Node, b: GraphBuilder): string {
  const [q, scale, zero] = node.inputs as [string, string, string?];
  return b.op('Mul', [zero ? b.op('Sub', [q, b.reshape(b.cast(zero, 'float32'), [])]) : q, b.reshape(scale, [])]);
}
