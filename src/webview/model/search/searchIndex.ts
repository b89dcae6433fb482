/** A model's nodes and layers made ready for searching, once per model; a search then takes milliseconds. */
import { compactDims } from '../../common/format';
import type { Connections } from '../connections';
import type { GraphNode, Layer } from '../types';
import type { Word } from './query';

/** What can be found: a node of the graph, or a layer that has no node of its own (a Keras model inside another). */
export interface Entry {
  /** Key of the node; 'layer:5' for a layer without one, as in the table. */
  readonly key: string;
  readonly type: string;
  readonly lowerType: string;
  /** Name and type, in lower case. */
  readonly text: string;
  /** How it is set up, in lower case: '3×3 / 2, 64, depthwise'. */
  readonly setting: string;
  /** Input and output dims, each as '×1×64×56×56×'. */
  readonly dims: string;
  /** Window of a convolution or pool: '×3×3×'. */
  readonly window?: string;
}

export class SearchIndex {
  /** The connections' nodes first, at the same positions. */
  readonly entries: readonly Entry[];
  private readonly types: ReadonlySet<string>;
  private readonly lowerTypes: ReadonlySet<string>;

  constructor(readonly connections: Connections, layers: readonly Layer[]) {
    const drawn = new Set<number>();
    const entries = connections.nodes.map((node, position): Entry => {
      if (node.layer !== null) drawn.add(node.layer);
      return nodeEntry(connections, node, position);
    });
    layers.forEach((layer, index) => { if (!drawn.has(index)) entries.push(layerEntry(layer, index)); });
    this.entries = entries;
    this.types = new Set(entries.map(({ type }) => type));
    this.lowerTypes = new Set(entries.map(({ lowerType }) => lowerType));
  }

  /** Which entries have all of the words, by position. In a sequence a word that is a type means just that type. */
  matching(words: readonly Word[], inSequence: boolean): Uint8Array {
    const tests = words.map((word) => this.test(word, inSequence));
    const found = new Uint8Array(this.entries.length);
    this.entries.forEach((entry, position) => { if (tests.every((test) => test(entry))) found[position] = 1; });
    return found;
  }

  private test(word: Word, inSequence: boolean): (entry: Entry) => boolean {
    // Somebody who types 'Conv' as it is spelt means that type; 'conv' is looked for everywhere.
    if (this.types.has(word.typed)) return ({ type }) => type === word.typed;
    if (inSequence && this.lowerTypes.has(word.text)) return ({ lowerType }) => lowerType === word.text;
    const telling = /[a-z]/.test(word.text);
    const inDims = dimsTest(word);
    return (entry) => entry.text.includes(word.text) || (telling && entry.setting.includes(word.text)) || inDims(entry);
  }
}

/** Windows have small sides: '3x3' with a convolution is one, '56x56' is not. */
const largestWindow = 15;

function dimsTest({ dims }: Word): (entry: Entry) => boolean {
  if (!dims) return () => false;
  const isWindow = dims.length > 1 && dims.every((part) => part === '?' || Number(part) <= largestWindow);
  const has = contains(dims);
  return (entry) => isWindow && entry.window !== undefined && !dims.includes('?') ? entry.window === `×${dims.join('×')}×` : has(entry.dims);
}

function contains(parts: readonly string[]): (text: string) => boolean {
  if (!parts.includes('?')) {
    const wanted = `×${parts.join('×')}×`;
    return (text) => text.includes(wanted);
  }
  const pattern = new RegExp(`×${parts.map((part) => (part === '?' ? '[^× ]+' : part.replace(/[.*+?^${}()|[\]\\-]/g, '\\$&'))).join('×')}×`);
  return (text) => pattern.test(text);
}

function nodeEntry(connections: Connections, node: GraphNode, position: number): Entry {
  const dims = node.outputDims.map(padded);
  for (const edge of connections.entering(position)) dims.push(padded(connections.edges[edge]!.dims));
  const window = node.family === 'conv' || node.family === 'pool' ? /^(\d+(?:×\d+)*)(?: \/|,|$)/.exec(node.detail)?.[1] : undefined;
  return {
    key: node.key, ...texts(node.name, node.opType), setting: node.detail.toLowerCase(), dims: dims.join(' '),
    ...(window !== undefined && { window: `×${window}×` }),
  };
}

function layerEntry(layer: Layer, index: number): Entry {
  return { key: `layer:${index}`, ...texts(layer.name, layer.type), setting: '', dims: [...layer.inputDims, ...layer.outputDims].map(padded).join(' ') };
}

function texts(name: string, type: string): Pick<Entry, 'type' | 'lowerType' | 'text'> {
  return { type, lowerType: type.toLowerCase(), text: `${name}\n${type}`.toLowerCase() };
}

function padded(dims: Parameters<typeof compactDims>[0]): string {
  return dims === null || dims.length === 0 ? '' : `×${compactDims(dims).toLowerCase()}×`;
}
