/** Which declared layers make and read each value. A layer that passes its input on (Dropout) stands behind its source. */
import type { ModelFile } from '../../graph/graph';
import type { NodeReference } from '../../protocol/details';
import { portReference } from './operator';

interface LayerReference extends NodeReference {
  /** Place in the list of layers; a model's inputs stand before them, its outputs behind. */
  readonly place: number;
}

const known = new WeakMap<ModelFile, LayerLinks>();

export function layerLinks(file: ModelFile): LayerLinks {
  let links = known.get(file);
  if (!links) known.set(file, links = new LayerLinks(file));
  return links;
}

class LayerLinks {
  private readonly makers = new Map<string, LayerReference[]>();
  private readonly readers = new Map<string, LayerReference[]>();

  constructor({ graph, layers = [] }: ModelFile) {
    const nodes = new Map(graph.nodes.map((node) => [node.name, node]));
    const owned = new Set<string>();
    for (const { name } of graph.inputs) add(this.makers, name, { ...portReference({ prefix: '' }, 'input', name), place: -1 });
    // A model inside the model stands beside its own layers, which say it all; an InputLayer is the input itself.
    const containers = new Set(layers.map(({ name }) => name.slice(0, Math.max(0, name.lastIndexOf('/')))));
    layers.forEach((layer, place) => {
      if (containers.has(layer.name) || layer.type === 'InputLayer') return;
      const self = { key: `layer:${place}`, name: layer.name, type: layer.type, place };
      for (const name of layer.nodes) {
        owned.add(name);
        for (const value of nodes.get(name)?.outputs ?? []) add(this.makers, value, self);
        for (const value of nodes.get(name)?.inputs ?? []) add(this.readers, value, self);
      }
      for (const value of layer.outputs) add(this.makers, value, self);
      for (const value of layer.inputs) add(this.readers, value, self);
    });
    const sources = new Map(graph.nodes.filter(({ name }) => !owned.has(name)).flatMap((node) => node.outputs.map((output) => [output, node.inputs[0]] as const)));
    for (const { name } of graph.outputs) {
      const port = { ...portReference({ prefix: '' }, 'output', name), place: layers.length };
      // A model's output is a copy, perhaps turned, of what its last layer makes.
      const passed = new Set<string>();
      for (let at: string | undefined = name; at !== undefined && !passed.has(at); at = sources.get(at)) {
        passed.add(at);
        add(this.readers, at, port);
        if (at !== name && !this.makers.has(name)) for (const maker of this.makers.get(at) ?? []) add(this.makers, name, maker);
      }
    }
  }

  /** The layer (or input) that a reader at `place` gets a value from. */
  makerOf(value: string, place: number): LayerReference | undefined {
    const makers = this.makers.get(value) ?? [];
    return makers.findLast((maker) => maker.place < place) ?? makers.find((maker) => maker.place !== place);
  }

  /** The layers and outputs that get a value from the maker at `place`. */
  readersOf(value: string, place: number): LayerReference[] {
    return (this.readers.get(value) ?? []).filter((reader) => reader.place !== place && this.makerOf(value, reader.place)?.place === place);
  }
}

function add(map: Map<string, LayerReference[]>, name: string, node: LayerReference): void {
  if (name === '') return;
  const list = map.get(name);
  if (!list) map.set(name, [node]);
  else if (!list.some(({ key }) => key === node.key)) list.push(node);
}

/** Without the place, which is nobody else's business. */
export function plain({ key, name, type }: LayerReference): NodeReference {
  return { key, name, type };
}
