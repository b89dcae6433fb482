/** Weights of a model as files keep them: a list of named variables, a list for each layer, or a tree of numbered ones. */
import type { LayerVariable, LayerWeights } from './layer';

/** Keras names end in ':0' (TensorFlow's output number). */
export function variableName(name: string): string {
  return name.replace(/:\d+$/, '');
}

/** 'lstm/lstm_cell/kernel' → 'kernel'; Keras 1's 'dense_1_W' has no path and is matched by its end. */
function isCalled(variable: LayerVariable, name: string): boolean {
  const last = variable.name.slice(variable.name.lastIndexOf('/') + 1);
  return last === name || (!variable.name.includes('/') && last.endsWith(`_${name}`));
}

/** Which variables of a list have been taken; shared by all views of the list. */
type Taken = Set<LayerVariable>;

/** A flat list of named variables ('conv2d/kernel'), as .h5 files have for each layer and TensorFlow.js for a model. */
export class NamedWeights implements LayerWeights {
  constructor(readonly all: readonly LayerVariable[], private readonly taken: Taken = new Set(), readonly pooled = false) {}

  take(names: readonly string[], fits: (variable: LayerVariable) => boolean = () => true): LayerVariable | undefined {
    const open = this.all.filter((variable) => !this.taken.has(variable));
    const named = open.filter((variable) => names.some((name) => isCalled(variable, name)));
    const next = named.find(fits) ?? named[0] ?? open.find(fits) ?? open[0];
    if (next) this.taken.add(next);
    return next;
  }

  get left(): boolean {
    return this.all.some((variable) => !this.taken.has(variable));
  }

  child(names: readonly string[]): LayerWeights {
    const mine = this.all.filter((variable) => variable.name.split('/').slice(0, -1).some((part) => names.includes(part)));
    return mine.length > 0 ? new NamedWeights(mine, this.taken) : this;
  }

  layersOf(layers: readonly { readonly name: string }[]): readonly LayerWeights[] {
    const lists = new Map(layers.map(({ name }) => [name, [] as LayerVariable[]]));
    const rest: LayerVariable[] = [];
    for (const variable of this.all) {
      const owner = variable.name.split('/').slice(0, -1).find((part) => lists.has(part))
        ?? longestPrefix(variable.name, lists.keys());
      (owner === undefined ? rest : lists.get(owner)!).push(variable);
    }
    // Variables whose names tell no layer are left to whoever asks next.
    return layers.map(({ name }) => {
      const own = lists.get(name)!;
      return own.length > 0 || rest.length === 0 ? new NamedWeights(own, this.taken) : new NamedWeights(rest, this.taken, true);
    });
  }
}

/** Keras 1: 'dense_1_W' belongs to 'dense_1', not to 'dense'. */
function longestPrefix(variable: string, layers: Iterable<string>): string | undefined {
  let best: string | undefined;
  for (const layer of layers) {
    if (variable.startsWith(`${layer}_`) && layer.length > (best?.length ?? 0)) best = layer;
  }
  return best;
}

/** A list for each layer by name: 'model_weights' of .h5 files. */
export class LayerLists implements LayerWeights {
  readonly all: readonly LayerVariable[];
  private readonly whole: NamedWeights;

  constructor(private readonly lists: ReadonlyMap<string, readonly LayerVariable[]>) {
    this.all = [...lists.values()].flat();
    this.whole = new NamedWeights(this.all);
  }

  take(names: readonly string[], fits?: (variable: LayerVariable) => boolean): LayerVariable | undefined {
    return this.whole.take(names, fits);
  }

  get left(): boolean {
    return this.whole.left;
  }

  child(names: readonly string[]): LayerWeights {
    const name = names.find((item) => this.lists.has(item));
    return new NamedWeights(name === undefined ? [] : this.lists.get(name)!);
  }

  layersOf(layers: readonly { readonly name: string }[]): readonly LayerWeights[] {
    return layers.map(({ name }) => this.child([name]));
  }
}

/** A group of a .keras archive's weights file: numbered variables and inner groups. */
export interface VariableTree {
  readonly variables: readonly LayerVariable[];
  readonly groups: ReadonlyMap<string, VariableTree>;
}

const emptyTree: VariableTree = { variables: [], groups: new Map() };

/** Weights by class name and position: 'layers/conv2d_1/vars/0' is the first variable of the second Conv2D. */
export class TreeWeights implements LayerWeights {
  readonly all: readonly LayerVariable[];

  constructor(private readonly tree: VariableTree, private readonly taken: Taken = new Set()) {
    this.all = flatten(tree);
  }

  take(names: readonly string[], fits?: (variable: LayerVariable) => boolean): LayerVariable | undefined {
    // Own variables have numbers for names, so they come in order; inner ones only if there are no own.
    const own = this.tree.variables.length > 0 ? this.tree.variables : this.all;
    return new NamedWeights(own, this.taken).take(names, fits);
  }

  get left(): boolean {
    return this.all.some((variable) => !this.taken.has(variable));
  }

  child(names: readonly string[]): LayerWeights {
    const name = names.find((item) => this.tree.groups.has(item));
    return name === undefined ? this : new TreeWeights(this.tree.groups.get(name)!, this.taken);
  }

  layersOf(layers: readonly { readonly name: string; readonly type: string }[]): readonly LayerWeights[] {
    const { groups } = this.tree;
    const container = groups.get('layers') ?? groups.get('_layer_checkpoint_dependencies') ?? this.tree;
    const counts = new Map<string, number>();
    return layers.map(({ name, type }) => {
      const key = snakeCase(type), count = counts.get(key) ?? 0;
      counts.set(key, count + 1);
      const group = container.groups.get(count === 0 ? key : `${key}_${count}`) ?? container.groups.get(name);
      return new TreeWeights(group ?? emptyTree, this.taken);
    });
  }
}

function flatten(tree: VariableTree): LayerVariable[] {
  return [...tree.variables, ...[...tree.groups.values()].flatMap(flatten)];
}

/** Keras' own rule: 'Conv2DTranspose' → 'conv2d_transpose', 'LSTM' → 'lstm'. */
export function snakeCase(name: string): string {
  return name
    .replace(/\W+/g, '')
    .replace(/(.)([A-Z][a-z]+)/g, '$1_$2')
    .replace(/([a-z])([A-Z])/g, '$1_$2')
    .toLowerCase();
}
