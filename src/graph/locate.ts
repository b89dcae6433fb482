/**
 * From an ArchitectureNode's key back to what it names: a port, an operator (of a subgraph too) or a declared layer; and
 * who makes and who reads a value, by key.
 */
import type { DeclaredLayer, Graph, Initializer, ModelFile, Node } from './graph';
import { readsOf } from './indexes';
import type { Inference } from './inference/infer';

/** A graph of the model, seen from inside: subgraphs see the values of the graphs around them. */
export interface GraphScope {
  readonly graph: Graph;
  /** What keys of its nodes begin with: '' for the main graph, else 'node:12/then_branch/'. */
  readonly prefix: string;
  readonly outer?: GraphScope;
  readonly types: Inference['types'];
}

export type Located =
  | { readonly kind: 'input' | 'output'; readonly name: string; readonly scope: GraphScope }
  | { readonly kind: 'node'; readonly node: Node; readonly key: string; readonly scope: GraphScope }
  | { readonly kind: 'layer'; readonly layer: DeclaredLayer; readonly index: number };

export function mainScope(model: ModelFile, inference: Inference): GraphScope {
  return { graph: model.graph, prefix: '', types: inference.types };
}

/** What a key names; undefined when the model has no such thing. */
export function locate(model: ModelFile, inference: Inference, key: string): Located | undefined {
  let scope = mainScope(model, inference), rest = key;
  const layer = /^layer:(\d{1,9})$/.exec(key);
  if (layer) {
    const index = Number(layer[1]), found = model.layers?.[index];
    return found && { kind: 'layer', layer: found, index };
  }
  for (;;) {
    const port = /^(input|output):([^]*)$/.exec(rest);
    if (port) {
      const [, kind, name] = port as unknown as [string, 'input' | 'output', string];
      const ports = kind === 'input' ? scope.graph.inputs : scope.graph.outputs;
      if (ports.some((each) => each.name === name)) return { kind, name, scope };
      // What a subgraph takes from the graphs around it is drawn as an input too.
      return kind === 'input' && scope.outer && linksOf(scope.graph).readers.has(name) && definitionOf(scope.outer, name) ? { kind, name, scope } : undefined;
    }
    const step = (scope.prefix === '' ? /^node:(\d{1,9})(?:\/([^/]+)\/)?/ : /^(?:node:)?(\d{1,9})(?:\/([^/]+)\/)?/).exec(rest);
    const node = step ? scope.graph.nodes[Number(step[1])] : undefined;
    if (!step || !node) return undefined;
    const own = key.slice(0, key.length - rest.length) + step[0];
    if (step[2] === undefined) return step[0] === rest ? { kind: 'node', node, key: own, scope } : undefined;
    const inner = subgraphOf(node, step[2]);
    if (!inner) return undefined;
    scope = { graph: inner, prefix: own, outer: scope, types: inference.subgraphs.get(inner)?.types ?? new Map() };
    rest = rest.slice(step[0].length);
  }
}

/** A graph attribute by its name; one of a list as 'branches[1]'. */
function subgraphOf(node: Node, name: string): Graph | undefined {
  const direct = node.attributes.get(name);
  if (direct?.kind === 'graph') return direct.value;
  const item = /^([^]*)\[(\d{1,6})\]$/.exec(name);
  const list = item ? node.attributes.get(item[1]!) : undefined;
  return list?.kind === 'graphs' ? list.value[Number(item![2])] : undefined;
}

/** Key of a node at a position of a scope's graph. */
export function nodeKey(scope: GraphScope, position: number): string {
  return scope.prefix === '' ? `node:${position}` : `${scope.prefix}${position}`;
}

interface Links {
  readonly makers: ReadonlyMap<string, number>;
  readonly readers: ReadonlyMap<string, readonly number[]>;
}

const known = new WeakMap<Graph, Links>();

/** Positions of the nodes that make and read each value of a graph; computed once. */
export function linksOf(graph: Graph): Links {
  let links = known.get(graph);
  if (!links) {
    const makers = new Map<string, number>(), readers = new Map<string, number[]>();
    graph.nodes.forEach((node, position) => {
      for (const name of node.outputs) if (name !== '') makers.set(name, position);
      for (const name of readsOf(node)) {
        const list = readers.get(name);
        if (list) list.push(position);
        else readers.set(name, [position]);
      }
    });
    known.set(graph, links = { makers, readers });
  }
  return links;
}

/** The scope that a value belongs to, and how it comes about there; undefined for a name nothing defines. */
export function definitionOf(scope: GraphScope, name: string): { readonly scope: GraphScope; readonly init?: Initializer; readonly maker?: number; readonly input?: boolean } | undefined {
  for (let at: GraphScope | undefined = scope; at; at = at.outer) {
    const init = at.graph.initializers.get(name);
    if (init) return { scope: at, init };
    const maker = linksOf(at.graph).makers.get(name);
    if (maker !== undefined) return { scope: at, maker };
    if (at.graph.inputs.some((input) => input.name === name)) return { scope: at, input: true };
  }
  return undefined;
}
