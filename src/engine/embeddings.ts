/** Where numbers that stand for words (or other items) become vectors, which is where gradients of such inputs end. */
import { attrInt, type Graph, type ValueType } from '../graph/graph';
import { isFloat } from '../tensor/dtype';

/** Ops that leave identifiers what they are: conversions, layout, and bounds kept. */
const keeping = new Set(['Cast', 'Identity', 'Reshape', 'Squeeze', 'Unsqueeze', 'Flatten', 'Clip', 'Max', 'Min', 'Where', 'Floor', 'Round', 'Slice', 'Add', 'Sub', 'Mul', 'Mod', 'Expand', 'Tile', 'Dropout']);

/**
 * The first value behind `input` whose rows were looked up in a table of weights by the input's numbers (a Gather), or
 * that marks them (OneHot, or a comparison with 0, 1, 2, …): for every number of the input one vector, in order. Undefined where there is none.
 * @param types of all values for one sample.
 */
export function findEmbedding(graph: Graph, types: ReadonlyMap<string, ValueType>, input: string): string | undefined {
  const numbers = new Set([input]), marks = new Set<string>(), computed = new Set(graph.inputs.map(({ name }) => name));
  for (const node of graph.nodes) {
    const depends = node.inputs.some((name) => computed.has(name));
    const [first, second] = node.inputs, output = node.outputs[0];
    if (output && node.opType === 'Gather' && node.domain === '' && first && second && numbers.has(second) && !computed.has(first) && attrInt(node, 'axis', 0) === 0 && holdsVectors(types, output, input)) return output;
    if (output && node.opType === 'OneHot' && first && numbers.has(first) && holdsVectors(types, output, input)) return output;
    if (node.opType === 'EmbedLayerNormalization' && first && numbers.has(first) && output && holdsVectors(types, output, input)) return output;
    // One-hot vectors written out: (numbers == 0, 1, 2, …) as floats.
    if (node.opType === 'Equal' && node.domain === '' && node.inputs.some((name) => numbers.has(name)) && output) marks.add(output);
    if (output && node.opType === 'Cast' && first && marks.has(first) && holdsVectors(types, output, input)) return output;
    if (depends) for (const name of node.outputs) computed.add(name);
    if (keeping.has(node.opType) && node.domain === '' && node.inputs.some((name) => numbers.has(name))) for (const name of node.outputs) numbers.add(name);
  }
  return undefined;
}

/** Float, and a whole number of elements for each of the input's. */
function holdsVectors(types: ReadonlyMap<string, ValueType>, value: string, input: string): boolean {
  const [a, b] = [types.get(value), types.get(input)];
  if (a?.kind !== 'tensor' || b?.kind !== 'tensor' || !isFloat(a.dtype)) return false;
  const [size, count] = [a, b].map(({ dims }) => dims?.reduce<number | undefined>((product, dim) => (typeof dim === 'number' && product !== undefined ? product * dim : undefined), 1));
  return size !== undefined && count !== undefined && count > 0 && size > count && size % count === 0;
}
