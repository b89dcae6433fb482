/** The numbered weights of Keras' newer files: groups by class name, variables under 'vars'. */
import type { Initializer } from '../../graph/graph';
import type { Hdf5Group } from './hdf5/file';
import type { LayerVariable } from './layer';
import type { VariableTree } from './weights';

const maxDepth = 64;

/** Reads the tree of a model.weights.h5. */
export function readTree(group: Hdf5Group, content: (group: Hdf5Group, name: string) => Initializer | undefined, path = '', depth = 0): VariableTree {
  const groups = new Map<string, VariableTree>();
  const variables: LayerVariable[] = [];
  if (depth > maxDepth) return { variables, groups };
  for (const name of group.names) {
    const inner = group.group(name);
    if (name === 'vars') {
      // '0', '1', … '10': by number, not by name.
      for (const item of (inner?.names ?? []).sort((a, b) => Number(a) - Number(b) || (a < b ? -1 : 1))) {
        const init = content(inner!, item);
        if (init) variables.push({ name: `${path}${item}`, init });
      }
    } else if (inner) groups.set(name, readTree(inner, content, `${path}${name}/`, depth + 1));
  }
  return { variables, groups };
}
