/**
 * The model run a second time, on a baseline, in the same graph: every value that changes with the explained inputs
 * gets a twin. Unlike a doubled batch this leaves dims alone, so models with a fixed batch work too.
 */
import type { Node, ValueInfo } from '../../graph/graph';
import type { CompositeContext } from './composite';

export interface SecondPass {
  /** All nodes, twins behind their originals. */
  readonly nodes: readonly Node[];
  readonly inputs: readonly ValueInfo[];
  /** Name of the baseline's input, by the name of the input it stands for. */
  readonly referenceInputs: Readonly<Record<string, string>>;
  /** The value in the run on the baseline: its twin, or itself where it does not change. */
  reference(value: string): string;
}

/** @param explained values that have a baseline: inputs of the graph, or inner values. */
export function secondPass({ nodes, inputs, builder, primals, types }: CompositeContext, explained: readonly string[]): SecondPass {
  const twins = new Map<string, string>(), added: ValueInfo[] = [], referenceInputs: Record<string, string> = {};
  const twin = (value: string): string => {
    const name = builder.fresh('reference'), type = primals.type(value);
    twins.set(value, name);
    if (type?.dims) types.set(name, { dtype: type.dtype, dims: type.dims });
    return name;
  };
  for (const name of explained) {
    const input = inputs.find((other) => other.name === name), type = primals.type(name);
    referenceInputs[name] = twin(name);
    // An inner value's baseline is an input of the graph as well.
    added.push({ name: referenceInputs[name], type: input?.type ?? { kind: 'tensor', dtype: type?.dtype ?? 'float32', ...(type?.dims && { dims: type.dims }) } });
  }
  const all: Node[] = [];
  for (const node of nodes) {
    all.push(node);
    if (!node.inputs.some((input) => twins.has(input))) continue;
    all.push({ ...node, name: builder.fresh(node.name || node.opType), inputs: node.inputs.map((input) => twins.get(input) ?? input), outputs: node.outputs.map((output) => (output === '' ? '' : twin(output))) });
  }
  return { nodes: all, inputs: added, referenceInputs, reference: (value) => twins.get(value) ?? value };
}
