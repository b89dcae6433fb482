/**
 * Writes fused and rarely used operators out in elementary ones, so that ordinary rules differentiate them: the rule
 * tables stay short, and every form of a layer shares one derivative.
 */
import type { Graph, Initializer, Node } from '../../graph/graph';
import { GraphBuilder } from '../../graph/builder';
import type { Inference } from '../../graph/inference/infer';
import { dtypeOf, staticDims } from '../../graph/inference/infer';
import { ruleKey } from '../context';
import { valueNames } from '../flow';
import { identity } from '../inline';
import { classicalDecompositions } from './classical';
import type { Around, DecompositionTable } from './decomposition';
import { fusedDecompositions } from './fused';
import { rotaryDecompositions } from './rotary';
import { samplingDecompositions } from './sampling';
import { transformerDecompositions } from './transformers';

export const decompositions: DecompositionTable = {
  ...fusedDecompositions, ...transformerDecompositions, ...rotaryDecompositions, ...samplingDecompositions, ...classicalDecompositions,
};

/**
 * The graph with such nodes written out; undefined when there are none that can be. What stays, the missing rule names.
 * @param keep node types (as rule tables name them) that are left as they are.
 */
export function decompose(graph: Graph, inference: Inference, opset: number, keep: (key: string) => boolean): Graph | undefined {
  const table = (node: Node) => (keep(ruleKey(node)) ? undefined : decompositions[ruleKey(node)]);
  if (!graph.nodes.some((node) => table(node))) return undefined;
  const b = new GraphBuilder(opset, 'parts/', valueNames(graph));
  const around: Around = { b, dims: (value) => staticDims(inference, value), dtype: (value) => dtypeOf(inference, value), constant: (value) => inference.constants.get(value) };
  const nodes: Node[] = [];
  let found = 0;
  for (const node of graph.nodes) {
    const outputs = table(node)?.(node, around), made = b.nodes.splice(0);
    if (!outputs) { nodes.push(node); continue; }
    found++;
    nodes.push(...made);
    // Outputs that were not written out (labels, indices) still come from the operator itself.
    const left = node.outputs.map((output, index) => (output !== '' && !outputs[index] ? output : b.fresh('unused')));
    if (node.outputs.some((output, index) => output !== '' && !outputs[index])) nodes.push({ ...node, outputs: left });
    node.outputs.forEach((output, index) => { if (output !== '' && outputs[index]) nodes.push(identity(outputs[index]!, output)); });
  }
  if (found === 0) return undefined;
  return { ...graph, nodes, initializers: new Map<string, Initializer>([...graph.initializers, ...b.initializers]) };
}
