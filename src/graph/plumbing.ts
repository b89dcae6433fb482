/** Shape arithmetic: nodes that compute with dims, not with data. No layer, nothing to look at. */
import type { Graph, Node } from './graph';
import { constantValues } from './indexes';
import { isInteger } from './inference/elementTypes';
import type { Inference } from './inference/infer';
import { dtypeOf, staticDims } from './inference/infer';
import { elementCount } from '../tensor/tensor';

/** Sizes and scale factors on their way through float arithmetic are no longer than this. */
const maxFloatElements = 64;

/**
 * Values computed from Shape and Size nodes (and constants) alone: integers and flags of any size, and short float
 * vectors. An embedding looked up at computed positions is data again.
 */
export function plumbingValues(graph: Graph, inference: Pick<Inference, 'types'>, constants: ReadonlySet<string> = constantValues(graph)): ReadonlySet<string> {
  const plumbing = new Set<string>();
  for (const node of graph.nodes) {
    if (!isSource(node) && !(isDerived(node, plumbing, constants) && node.outputs.every((name) => name === '' || isShapeLike(name, inference)))) continue;
    for (const name of node.outputs) if (name !== '') plumbing.add(name);
  }
  return plumbing;
}

/** Whether all a node makes is plumbing. */
export function isPlumbing(node: Node, plumbing: ReadonlySet<string>): boolean {
  return node.outputs.length > 0 && node.outputs.every((name) => name === '' || plumbing.has(name));
}

const isSource = (node: Node): boolean => node.domain === '' && (node.opType === 'Shape' || node.opType === 'Size');

function isDerived(node: Node, plumbing: ReadonlySet<string>, constants: ReadonlySet<string>): boolean {
  if (node.opType === 'If' || node.opType === 'Loop' || node.opType === 'Scan') return false;
  let fromShape = false;
  for (const name of node.inputs) {
    if (name === '' || constants.has(name)) continue;
    if (!plumbing.has(name)) return false;
    fromShape = true;
  }
  return fromShape;
}

function isShapeLike(name: string, inference: Pick<Inference, 'types'>): boolean {
  if (isInteger(dtypeOf(inference, name))) return true;
  const dims = staticDims(inference, name);
  return dims !== undefined && elementCount(dims) <= maxFloatElements;
}
