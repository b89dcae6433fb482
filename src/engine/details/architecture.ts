/** The figures of every drawn node, by its key; counted once for each opened model. */
import { architectureView } from '../../graph/architecture';
import type { ArchitectureNode, ArchitectureView } from '../../graph/summary';
import type { OpenedModel } from '../models';

const counted = new WeakMap<OpenedModel, ReadonlyMap<string, ArchitectureNode>>();

export function drawnNodes(opened: OpenedModel): ReadonlyMap<string, ArchitectureNode> {
  let nodes = counted.get(opened);
  if (!nodes) {
    const all = new Map<string, ArchitectureNode>();
    const collect = (view: ArchitectureView): void => {
      for (const node of view.nodes) {
        all.set(node.key, node);
        for (const inner of node.subgraphs ?? []) collect(inner.view);
      }
    };
    collect(architectureView(opened.file, opened.inference));
    counted.set(opened, nodes = all);
  }
  return nodes;
}
