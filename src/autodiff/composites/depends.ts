/** Which values change with the inputs; all others are constants, computed or stored. */
import type { Node } from '../../graph/graph';
import { valuesRead } from '../flow';

export function inputDependent(nodes: readonly Node[], inputs: Iterable<string>): Set<string> {
  const found = new Set(inputs);
  for (const node of nodes) if (valuesRead(node).some((name) => found.has(name))) for (const output of node.outputs) if (output !== '') found.add(output);
  return found;
}
