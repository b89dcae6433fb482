/**
 * The tree people think in: `layer1 / layer1.0 / conv1` from names, and blocks that repeat ("12 × …"), with
 * parameters, multiply-accumulates and activation bytes summed for each group.
 */
import { findRepeats } from './repeats';
import type { LayerSummary } from './summary';

export interface HierarchyNode {
  /** 'repeat' holds `count` blocks of the same layers; 'group' what belongs together by name, or one such block. */
  readonly kind: 'model' | 'group' | 'repeat' | 'layer';
  /** What is shown: the part of the name that is the node's own. */
  readonly name: string;
  /** Layers: the operator or class. Groups: the distinct types of the layers below, most frequent first. */
  readonly type: string;
  /** Layers only: position in the summary's layers. */
  readonly layer?: number;
  /** Repeats only. */
  readonly count?: number;
  /** Layers at or below this node. */
  readonly layers: number;
  readonly parameters: number;
  /** Null where one of the layers' is unknown. */
  readonly macs: number | null;
  readonly activationBytes: number | null;
  readonly children: readonly HierarchyNode[];
}

/** Deeper nesting than this (a hostile name of slashes) stays in one name. */
const deepestName = 24;

/** The tree of a summary's layers. Layers keep their order; groups stand where their first layer stands. */
export function buildHierarchy(layers: readonly LayerSummary[]): HierarchyNode {
  const root = new Branch('');
  const paths = layers.map((layer) => pathOf(layer));
  const shared = sharedPrefix(paths.filter((path) => path.length > 1));
  layers.forEach((layer, index) => {
    const path = paths[index]!, own = path.length > 1 ? path.slice(shared) : path;
    let branch = root;
    for (const part of own.slice(0, -1)) branch = branch.enter(part);
    branch.children.push({ name: own.at(-1)!, index });
  });
  return new Assembler(layers).node(root, 'model');
}

interface Leaf { readonly name: string; readonly index: number }

class Branch {
  readonly children: (Branch | Leaf)[] = [];
  private readonly byName = new Map<string, Branch>();

  constructor(readonly name: string) {}

  enter(name: string): Branch {
    let branch = this.byName.get(name);
    if (!branch) {
      branch = new Branch(name);
      this.byName.set(name, branch);
      this.children.push(branch);
    }
    return branch;
  }
}

// --- names -----------------------------------------------------------------------------------------------------

/** Block names that are only joined by an underscore: 'block_3_expand', 'conv4_block1_1_conv', 'stage2_unit1_bn'. */
const blockPrefix = /^((?:[a-z]+\d*_)*?(?:block|stage|stack|unit|layer|encoder|decoder|cell|fire|res)_?\d+[a-z]?(?:_(?:block|unit|layer)_?\d+[a-z]?)*)_(.+)$/i;

/** A name as its parts, the last one being the layer's own. */
function pathOf({ name, type }: LayerSummary): string[] {
  const slashed = name.split('/').filter((part) => part !== '');
  if (slashed.length > 1) return slashed.length <= deepestName ? slashed : [...slashed.slice(0, deepestName - 1), slashed.slice(deepestName - 1).join('/')];
  const own = slashed[0] ?? name;
  // 'p2o.Conv.0' is an operator with a number, not a layer 0 in a group 'Conv'.
  const numbered = new RegExp(`(^|[.:])${escaped(type)}[._]?\\d*$`).exec(own);
  const dotted = (numbered ? own.slice(0, numbered.index) : own).split('.').filter((part) => part !== '');
  if (numbered && dotted.length) return [...dotted, own];
  if (dotted.length > 1 && dotted.length <= deepestName) return dotted;
  const block = blockPrefix.exec(own);
  return block ? [block[1]!, block[2]!] : [own];
}

function escaped(text: string): string {
  return text.replace(/[.*+?^${}()|[\]\\]/g, '\\$&');
}

/** How many leading parts all paths have in common ('StatefulPartitionedCall', 'model'): they say nothing. */
function sharedPrefix(paths: readonly (readonly string[])[]): number {
  const first = paths[0];
  if (!first) return 0;
  let length = first.length - 1;
  for (const path of paths) {
    let same = 0;
    while (same < Math.min(length, path.length - 1) && path[same] === first[same]) same++;
    length = same;
  }
  return length;
}

// --- groups ----------------------------------------------------------------------------------------------------

const merges = new Set(['Add', 'Sum', 'Concat', 'Concatenate', 'AddV2', 'ConcatV2', 'Average', 'SkipLayerNormalization']);
const activations = new Set(['Relu', 'ReLU', 'Clip', 'Activation', 'LeakyRelu', 'LeakyReLU', 'PRelu', 'PReLU', 'Relu6', 'HardSwish']);
const openers = new Set(['Conv', 'Conv1D', 'Conv2D', 'Conv3D', 'BatchNormalization', 'LayerNormalization', 'ReduceMean', 'MatMul', 'Gemm', 'Dense', 'SeparableConv2D', 'DepthwiseConv2D']);

/** A node on its way: with the identity of its shape (its own type, or its children's), regardless of names. */
interface Draft extends HierarchyNode {
  readonly shape: number;
}

class Assembler {
  private readonly shapes = new Map<string, number>();
  private readonly blocks = new Set<number>();

  constructor(private readonly layers: readonly LayerSummary[]) {}

  node(branch: Branch, kind: 'model' | 'group'): Draft {
    const children = branch.children.map((child) => child instanceof Branch ? this.node(child, 'group') : this.leaf(child));
    // A group of one is no group: 'conv1/Conv' is the layer 'conv1', 'a' with nothing but 'b' in it is 'a/b'.
    if (kind === 'group' && children.length === 1) {
      const only = children[0]!;
      return { ...only, name: only.kind === 'layer' ? branch.name : `${branch.name}/${only.name}` };
    }
    return this.group(kind, branch.name, this.repeated(children));
  }

  private leaf({ name, index }: Leaf): Draft {
    const { type, parameters, macs, activationBytes = null } = this.layers[index]!;
    return { kind: 'layer', name, type, layer: index, layers: 1, parameters, macs, activationBytes, children: [], shape: this.shape(type) };
  }

  private group(kind: 'model' | 'group' | 'repeat', name: string, children: readonly Draft[], count?: number): Draft {
    const shape = this.shape(`(${children.map((child) => child.shape).join(' ')})`);
    this.blocks.add(shape);
    return { kind, name, ...sumsOf(children), ...(count !== undefined && { count }), children, shape };
  }

  private shape(text: string): number {
    const known = this.shapes.get(text);
    if (known !== undefined) return known;
    this.shapes.set(text, this.shapes.size);
    return this.shapes.size - 1;
  }

  /** Children with every repeat put into a group of its own. */
  private repeated(children: readonly Draft[]): Draft[] {
    const type = (at: number): string => children[at]?.kind === 'layer' ? children[at].type : '';
    const repeats = findRepeats(Int32Array.from(children, (child) => child.shape), {
      isBlock: (shape) => this.blocks.has(shape),
      // A block ends where its branches meet (and the activation after that) or at a pool, and begins with weights.
      reading: (start, period) => {
        const last = type(start + period - 1), before = type(start + period - 2);
        const closed = /Pool/.test(last) || (merges.has(last) ? !activations.has(type(start + period)) : activations.has(last) && merges.has(before));
        return (closed ? 0.95 : 0.35) + (openers.has(type(start)) ? 0.05 : 0);
      },
    });
    const out: Draft[] = [];
    let at = 0;
    for (const { start, period, count } of repeats) {
      out.push(...children.slice(at, start));
      const blocks = Array.from({ length: count }, (_, block) => {
        const own = children.slice(start + block * period, start + (block + 1) * period);
        return period === 1 ? own[0]! : this.group('group', `block ${block + 1}`, this.repeated(own));
      });
      at = start + count * period;
      out.push(this.group('repeat', `${blocks[0]!.name} … ${blocks.at(-1)!.name}`, blocks, count));
    }
    out.push(...children.slice(at));
    return out;
  }
}

/** What a group says about itself: types of its layers, and their sums. */
export function sumsOf(children: readonly HierarchyNode[]): Pick<HierarchyNode, 'type' | 'layers' | 'parameters' | 'macs' | 'activationBytes'> {
  let layers = 0, parameters = 0, macs: number | null = 0, activationBytes: number | null = 0;
  for (const child of children) {
    layers += child.layers;
    parameters += child.parameters;
    macs = macs === null || child.macs === null ? null : macs + child.macs;
    activationBytes = activationBytes === null || child.activationBytes === null ? null : activationBytes + child.activationBytes;
  }
  return { type: typesOf(children), layers, parameters, macs, activationBytes };
}

/** At most four types of what lies below, most frequent first. */
function typesOf(children: readonly HierarchyNode[]): string {
  const counts = new Map<string, number>();
  for (const child of children) for (const type of child.kind === 'layer' ? [child.type] : child.type.split(', ')) counts.set(type, (counts.get(type) ?? 0) + child.layers);
  counts.delete('…');
  const sorted = [...counts].sort((a, b) => b[1] - a[1]).map(([type]) => type);
  return sorted.length > 4 ? [...sorted.slice(0, 4), '…'].join(', ') : sorted.join(', ');
}
