/** A model that starts in the middle: inner values are given instead of computed, and nothing before them runs. */
import type { ModelFile, Node, ValueInfo } from '../graph/graph';

/**
 * `model` with the inner values `given` as further inputs. Nodes whose every output is given are gone; of others the
 * given output is renamed, so that the name stands for what is fed. Inputs that nothing reads any more stay inputs.
 */
export function cutModel(model: ModelFile, given: readonly ValueInfo[]): ModelFile {
  if (given.length === 0) return model;
  const names = new Set(given.map(({ name }) => name));
  const { graph } = model;
  const nodes = graph.nodes.flatMap((node): Node[] => {
    if (!node.outputs.some((name) => names.has(name))) return [node];
    if (node.outputs.every((name) => name === '' || names.has(name))) return [];
    return [{ ...node, outputs: node.outputs.map((name) => (names.has(name) ? `${name}/${computed}` : name)) }];
  });
  return { ...model, graph: { ...graph, nodes, inputs: [...graph.inputs, ...given] } };
}

const computed = 'computed';
