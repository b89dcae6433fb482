/** Puts the nodes of model functions and of decided If branches where they are called, under names of their own. */
import type { Attribute, Graph, GraphFunction, Initializer, ModelFile, Node } from '../graph/graph';
import { attrGraph } from '../graph/graph';
import { bindAttributes } from '../graph/inference/functions';
import { nodeLabel, ruleKey } from './context';

const maxDepth = 16;
/** Functions that call functions can double at every level. */
const maxNodes = 500_000;

/**
 * Replaces calls of model functions by their bodies.
 * @param keep tells of node types that are left alone because there is a rule for them as they are.
 * @throws Error when the bodies nest too deep or become too many nodes.
 */
export function inlineFunctions(model: ModelFile, keep: (key: string) => boolean): ModelFile {
  if (model.functions.length === 0) return model;
  const opset = model.opsets.get('');
  const functions = new Map<string, GraphFunction>();
  for (const body of model.functions) {
    const own = body.opsets.get('');
    if (own === undefined || own === opset) functions.set(ruleKey({ opType: body.name, domain: body.domain }), body);
  }
  const nodes: Node[] = [];
  let calls = 0;
  const place = (node: Node, depth: number): void => {
    const key = ruleKey(node), body = functions.get(key);
    if (!body || keep(key)) {
      if (nodes.push(node) > maxNodes) throw new Error(`the model's functions expand to more than ${maxNodes} nodes`);
      return;
    }
    if (depth >= maxDepth) throw new Error(`the model's functions call each other more than ${maxDepth} levels deep (at '${key}')`);
    const prefix = `${nodeLabel(node)}/${calls++}/`;
    const names = new Map<string, string>();
    body.inputs.forEach((name, index) => names.set(name, node.inputs[index] ?? ''));
    body.outputs.forEach((name, index) => { if (node.outputs[index] && !names.has(name)) names.set(name, node.outputs[index]!); });
    for (const inner of body.nodes) place(renamed(bindAttributes(inner, node, body), names, prefix), depth + 1);
    body.outputs.forEach((name, index) => { // an output that is an input handed through, or returned twice
      const output = node.outputs[index], source = names.get(name);
      if (output && source !== undefined && source !== output) nodes.push(identity(source, output));
    });
  };
  for (const node of model.graph.nodes) place(node, 0);
  return { ...model, functions: model.functions, graph: { ...model.graph, nodes } };
}

/**
 * Replaces If nodes by what they compute, under names of their own; undefined when there are none that can be.
 * @param condition the condition's value where it is known: that branch is taken.
 * @param settled whether an If whose condition is known only at run time gives the same dims either way: both branches
 *   are computed then, and its outputs chosen between. It costs the other branch, and needs no gradient of its own.
 */
export function inlineBranches(graph: Graph, condition: (value: string) => boolean | undefined, settled: (node: Node) => boolean = () => false): Graph | undefined {
  const nodes: Node[] = [], initializers = new Map<string, Initializer>(graph.initializers);
  let found = 0;
  for (const node of graph.nodes) {
    if (node.domain !== '' || node.opType !== 'If') { nodes.push(node); continue; }
    const taken = condition(node.inputs[0] ?? ''), [onTrue, onFalse] = [attrGraph(node, 'then_branch'), attrGraph(node, 'else_branch')];
    const branch = taken === undefined ? undefined : taken ? onTrue : onFalse;
    const prefix = (name: string): string => `${nodeLabel(node)}/${name}${found}/`;
    if (branch) {
      place(branch, node.outputs, prefix(taken ? 'then' : 'else'), nodes, initializers);
      found++;
    } else if (taken === undefined && onTrue && onFalse && settled(node)) {
      const sides = [onTrue, onFalse].map((side, index) => {
        const own = prefix(index === 0 ? 'then' : 'else'), outputs = node.outputs.map((output) => (output === '' ? '' : own + output));
        place(side, outputs, own, nodes, initializers);
        return outputs;
      });
      node.outputs.forEach((output, index) => {
        if (output !== '') nodes.push({ name: `${output}/chosen`, opType: 'Where', domain: '', inputs: [node.inputs[0]!, sides[0]![index]!, sides[1]![index]!], outputs: [output], attributes: new Map() });
      });
      found++;
    } else nodes.push(node);
  }
  return found === 0 ? undefined : { ...graph, nodes, initializers };
}

/** Appends the nodes of a branch so that they make `outputs`; what the branch does not make itself is captured from outside and stays. */
function place(branch: Graph, outputs: readonly string[], prefix: string, nodes: Node[], initializers: Map<string, Initializer>): void {
  const names = new Map<string, string>();
  for (const [name, init] of branch.initializers) {
    names.set(name, prefix + name);
    initializers.set(prefix + name, init);
  }
  const made = new Set(branch.nodes.flatMap((inner) => inner.outputs));
  branch.outputs.forEach((output, index) => { if (outputs[index] && made.has(output.name) && !names.has(output.name)) names.set(output.name, outputs[index]!); });
  for (const name of made) if (name !== '' && !names.has(name)) names.set(name, prefix + name);
  for (const inner of branch.nodes) nodes.push(renamed(inner, names, prefix, true));
  branch.outputs.forEach((output, index) => {
    const target = outputs[index], source = names.get(output.name) ?? output.name;
    if (target && source !== target) nodes.push(identity(source, target));
  });
}

export function identity(source: string, output: string): Node {
  return { name: `${output}/identity`, opType: 'Identity', domain: '', inputs: [source], outputs: [output], attributes: new Map() };
}

/** A node with its values renamed by `names`; others get `prefix`, or stay when they may be captured. */
export function renamed(node: Node, names: Map<string, string>, prefix: string, captures = false): Node {
  const rename = (name: string): string => {
    if (name === '') return name;
    const known = names.get(name);
    if (known !== undefined) return known;
    if (captures) return name;
    names.set(name, prefix + name);
    return prefix + name;
  };
  return { ...node, name: prefix + node.name, inputs: node.inputs.map(rename), outputs: node.outputs.map(rename), attributes: renamedAttributes(node, names, prefix) };
}

/** A graph with values, inputs, outputs and weights renamed. @param names new names by old ones; the new ones must be free. */
export function renameValues(graph: Graph, names: ReadonlyMap<string, string>): Graph {
  const map = new Map(names), own = (name: string): string => names.get(name) ?? name;
  return {
    ...graph,
    inputs: graph.inputs.map((info) => ({ ...info, name: own(info.name) })),
    outputs: graph.outputs.map((info) => ({ ...info, name: own(info.name) })),
    nodes: graph.nodes.map((node) => renamed(node, map, '', true)),
    initializers: new Map([...graph.initializers].map(([name, init]) => [own(name), init])),
    valueInfo: new Map([...graph.valueInfo].map(([name, info]) => [own(name), { ...info, name: own(name) }])),
  };
}

/** Subgraphs keep their own names; what they capture is renamed. */
function renamedAttributes(node: Node, names: Map<string, string>, prefix: string): ReadonlyMap<string, Attribute> {
  let changed = false;
  const attributes = new Map<string, Attribute>();
  for (const [key, attribute] of node.attributes) {
    if (attribute.kind !== 'graph') { attributes.set(key, attribute); continue; }
    changed = true;
    const graph = attribute.value;
    const inner = new Map(names);
    for (const name of [...graph.inputs.map((input) => input.name), ...graph.initializers.keys(), ...graph.nodes.flatMap((item) => item.outputs)]) inner.delete(name);
    attributes.set(key, {
      kind: 'graph',
      value: {
        ...graph,
        nodes: graph.nodes.map((item) => ({ ...item, inputs: item.inputs.map((name) => inner.get(name) ?? name), attributes: renamedAttributes(item, inner, prefix) })),
        outputs: graph.outputs.map((output) => ({ ...output, name: inner.get(output.name) ?? output.name })),
      },
    });
  }
  return changed ? attributes : node.attributes;
}
