/**
 * The wiring of a functional model: which layer is called on what. Keras wrote it in two forms: until 2.x nested lists
 * of [layer, node, tensor, kwargs], from Keras 3 on {args, kwargs} with '__keras_tensor__' objects.
 */
import { field, isObject } from './config';

/** Output `tensor` of call number `node` of a layer. */
export class TensorReference {
  /** @param shape dims with the batch first, where the file tells them (Keras 3). */
  constructor(readonly layer: string, readonly node: number, readonly tensor: number, readonly shape?: readonly unknown[]) {}
}

/** One call of a layer: JSON in which tensors are TensorReferences. */
export interface LayerCall {
  readonly args: readonly unknown[];
  readonly kwargs: ReadonlyMap<string, unknown>;
}

const maxDepth = 64;

/** The calls of a layer, from its `inbound_nodes`. */
export function readCalls(inboundNodes: unknown, layers: ReadonlySet<string>): LayerCall[] {
  if (!Array.isArray(inboundNodes)) return [];
  return inboundNodes.map((node: unknown) => (isObject(node) && Array.isArray(field(node, 'args')) ? newCall(node) : oldCall(node, layers)));
}

/** References in an `input_layers` or `output_layers` entry: one, a list, or an object of them, in order. */
export function readReferences(value: unknown): TensorReference[] {
  return referencesIn(oldValue(value, undefined, []));
}

/** All TensorReferences in a value, in order. */
export function referencesIn(value: unknown, depth = 0): TensorReference[] {
  if (value instanceof TensorReference) return [value];
  if (depth > maxDepth || typeof value !== 'object' || value === null) return [];
  return Object.values(value).flatMap((item) => referencesIn(item, depth + 1));
}

function newCall(node: unknown): LayerCall {
  const kwargs = field(node, 'kwargs');
  return {
    args: (field(node, 'args') as unknown[]).map((item) => newValue(item)),
    kwargs: new Map(Object.entries(isObject(kwargs) ? kwargs : {}).map(([name, value]) => [name, newValue(value)])),
  };
}

function newValue(value: unknown, depth = 0): unknown {
  if (depth > maxDepth) return undefined;
  if (Array.isArray(value)) return value.map((item) => newValue(item, depth + 1));
  if (!isObject(value)) return value;
  if (value['class_name'] === '__keras_tensor__') {
    const history = field(value['config'], 'keras_history');
    if (Array.isArray(history) && typeof history[0] === 'string') {
      const shape = field(value['config'], 'shape');
      return new TensorReference(history[0], Number(history[1]), Number(history[2]), Array.isArray(shape) ? shape as unknown[] : undefined);
    }
  }
  if (value['class_name'] === '__tuple__' && Array.isArray(value['items'])) return newValue(value['items'], depth + 1);
  return Object.fromEntries(Object.entries(value).map(([name, item]) => [name, newValue(item, depth + 1)]));
}

function oldCall(node: unknown, layers: ReadonlySet<string>): LayerCall {
  const found: Record<string, unknown>[] = [];
  const inputs = oldValue(node, layers, found);
  const kwargs = new Map<string, unknown>();
  for (const [name, value] of found.flatMap(Object.entries)) kwargs.set(name, oldKwarg(value, layers));
  return { args: Array.isArray(inputs) ? inputs : [inputs], kwargs };
}

/** ["layer", 0, 0] or ["layer", 0, 0, {kwargs}] is a tensor; ["_CONSTANT_VALUE", -1, value, {kwargs}] a plain value. */
function oldValue(value: unknown, layers: ReadonlySet<string> | undefined, kwargs: Record<string, unknown>[], depth = 0): unknown {
  if (depth > maxDepth) return undefined;
  if (Array.isArray(value)) {
    const [name, node, tensor, more] = value as unknown[];
    if (typeof name === 'string' && typeof node === 'number' && value.length >= 3 && value.length <= 4) {
      if (isObject(more)) kwargs.push(more);
      if (name === '_CONSTANT_VALUE') return tensor;
      if (typeof tensor === 'number' && layers?.has(name) !== false) return new TensorReference(name, node, tensor);
    }
    return value.map((item) => oldValue(item, layers, kwargs, depth + 1));
  }
  if (!isObject(value)) return value;
  return Object.fromEntries(Object.entries(value).map(([name, item]) => [name, oldValue(item, layers, kwargs, depth + 1)]));
}

/** Keyword arguments may hold tensors too: {"y": ["dense", 0, 0]}. */
function oldKwarg(value: unknown, layers: ReadonlySet<string>): unknown {
  return oldValue(value, layers, []);
}
