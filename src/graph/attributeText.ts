/** Attributes as people read them: texts decoded, long lists cut, tensors and graphs in a few words. */
import { tensorFromBytes, toFloat64 } from '../tensor/convert';
import { elementCount } from '../tensor/tensor';
import { dimsText } from './families';
import { elementType } from './inference/elementTypes';
import type { Attribute, Graph, Initializer } from './graph';
import { initializerType } from './graph';
import { typeText } from './summarise';

const maximumItems = 16, maximumText = 400;
/** Tensors of so many elements are written out. */
const maximumElements = 8;

/** Attributes whose numbers stand for element types. */
const typed = new Set(['to', 'dtype', 'output_dtype', 'stash_type', 'output_datatype', 'softmax_precision']);

/** @param name of the attribute: some numbers stand for element types. */
export function attributeText(name: string, attribute: Attribute): string {
  switch (attribute.kind) {
    case 'int': return typed.has(name) ? elementTypeText(String(attribute.value)) : String(attribute.value);
    case 'float': return numberText(attribute.value);
    case 'string': return shortText(decoded(attribute.value));
    case 'tensor': return tensorText(attribute.value);
    case 'graph': return graphText(attribute.value);
    case 'type': return typeText(attribute.value);
    case 'ints': return listText(attribute.value, String);
    case 'floats': return listText(attribute.value, numberText);
    case 'strings': return listText(attribute.value, (item) => shortText(decoded(item)));
    case 'tensors': return listText(attribute.value, tensorText);
    case 'graphs': return listText(attribute.value, graphText);
    case 'types': return listText(attribute.value, typeText);
    case 'reference': return `the caller's '${shortText(attribute.value)}'`;
  }
}

/** '1 (float32)'; a number without a type stays alone. */
export function elementTypeText(number: string): string {
  const type = elementType(Number(number));
  return type === 'undefined' ? number : `${number} (${type})`;
}

/** A float32 as short as it is exact enough: 0.1, not 0.10000000149. */
export function numberText(value: number): string {
  return String(Number(value.toPrecision(7)));
}

/** The first items, and how many there are. */
export function listText<T>(items: readonly T[], text: (item: T) => string): string {
  const shown = shortText(items.slice(0, maximumItems).map(text).join(', '));
  return items.length > maximumItems ? `${shown}, … (${items.length} in all)` : `[${shown}]`;
}

/** One line of bounded length without control characters. */
export function shortText(text: string): string {
  const line = text.slice(0, 2 * maximumText).replace(/[\u0000-\u001f\u007f-\u009f\u2028\u2029\u200e\u200f\u202a-\u202e\u2066-\u2069]+/g, ' ').trim();
  return line.length > maximumText || text.length > 2 * maximumText ? `${line.slice(0, maximumText - 1)}… (${text.length} characters)` : line;
}

function decoded(bytes: Uint8Array): string {
  return new TextDecoder().decode(bytes);
}

function tensorText(init: Initializer): string {
  const { dtype, dims } = initializerType(init), count = elementCount(dims);
  const type = `${dtype} ${dims.length === 0 ? 'scalar' : dimsText(dims)}`;
  if (init.kind === 'strings' && count <= maximumElements) return `${type}: ${shortText(init.strings.join(', '))}`;
  if (init.kind !== 'inline' || count > maximumElements || count === 0 || dtype.startsWith('complex')) return type;
  return `${type}: ${Array.from(toFloat64(tensorFromBytes(dtype, dims, init.bytes)), numberText).join(', ')}`;
}

function graphText(graph: Graph): string {
  return `a graph of ${graph.nodes.length} ${graph.nodes.length === 1 ? 'node' : 'nodes'}`;
}
