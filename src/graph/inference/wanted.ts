/** Which small tensors inference would like to read before it starts, for callers whose files are asynchronous. */
import { toFloat64 } from '../../tensor/convert';
import type { Tensor } from '../../tensor/tensor';
import type { Graph, Initializer, ModelFile, Node } from '../graph';
import { isWanted } from './data';
import type { ConstantReader } from './infer';

/** Every small tensor of the model whose bytes lie in a file: initializers and Constant nodes, of subgraphs and functions too. */
export function wantedInitializers(model: ModelFile): Initializer[] {
  const found: Initializer[] = [];
  const visitNodes = (nodes: readonly Node[]): void => {
    for (const node of nodes) {
      for (const attr of node.attributes.values()) {
        if (attr.kind === 'tensor') take(attr.value);
        else if (attr.kind === 'graph') visit(attr.value);
        else if (attr.kind === 'graphs') attr.value.forEach(visit);
      }
    }
  };
  const take = (init: Initializer): void => { if (init.kind === 'ref' && isWanted(init)) found.push(init); };
  const visit = (graph: Graph): void => { graph.initializers.forEach(take); visitNodes(graph.nodes); };
  visit(model.graph);
  model.functions.forEach((item) => { visitNodes(item.nodes); });
  return found;
}

/** Names of the main graph's values among `wantedInitializers`: initializers, and outputs of Constant nodes. */
export function wantedConstants(model: ModelFile): string[] {
  const wanted = (init: Initializer | undefined): boolean => init?.kind === 'ref' && isWanted(init);
  const names = [...model.graph.initializers].filter(([, init]) => wanted(init)).map(([name]) => name);
  for (const node of model.graph.nodes) {
    const attr = node.opType === 'Constant' ? node.attributes.get('value') : undefined;
    if (attr?.kind === 'tensor' && wanted(attr.value)) names.push(node.outputs[0]!);
  }
  return names;
}

/**
 * Reads what inference wants and returns the reader for `inferShapes`. Tensors that cannot be read are left out: their
 * consumers' shapes are then unknown.
 *
 * @param read reads one tensor (formats' readInitializer).
 */
export async function prefetchConstants(model: ModelFile, read: (init: Initializer) => Promise<Tensor>): Promise<ConstantReader> {
  const contents = new Map<Initializer, readonly number[]>();
  for (const init of wantedInitializers(model)) {
    try {
      contents.set(init, Array.from(toFloat64(await read(init))));
    } catch {
      // An unreadable tensor is reported when somebody asks for its content; here it only means "unknown".
    }
  }
  return (init) => contents.get(init);
}
