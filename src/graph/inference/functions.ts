/** Calls of model-local functions: attribute references in a body are replaced by what the calling node gives. */
import type { Attribute, GraphFunction, Node } from '../graph';

/** `inner` (a node of `body`) with its attribute references resolved for `caller`. */
export function bindAttributes(inner: Node, caller: Node, body: GraphFunction): Node {
  let refers = false;
  for (const attr of inner.attributes.values()) if (attr.kind === 'reference') refers = true;
  if (!refers) return inner;
  const attributes = new Map<string, Attribute>();
  for (const [name, attr] of inner.attributes) {
    const bound = attr.kind === 'reference' ? caller.attributes.get(attr.value) ?? body.defaults.get(attr.value) : attr;
    if (bound !== undefined) attributes.set(name, bound);
  }
  return { ...inner, attributes };
}
