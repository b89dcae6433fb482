/**
 * Old models in newer words: nodes of ai.onnx opset 1…12 rewritten into the forms of a newer operator set, semantics
 * kept. What reads a graph afterwards (gradient rules, rewrites) knows one form of each op.
 */
import type { DType } from '../tensor/dtype';
import type { Attribute, Dims, Graph, GraphFunction, Initializer, ModelFile, Node } from './graph';
import { namesOf } from './indexes';
import type { ConstantReader, Inference } from './inference/infer';
import { inferShapes } from './inference/infer';
import { dimsOf, dtypeOf } from './inference/infer';
import type { UpgradeScope } from './upgrade/context';
import { UpgradeContext } from './upgrade/context';
import { upgradeRules } from './upgrade/rules';

/** IR version that knows operator set 13. */
const irOfOpset13 = 7;

type Known = Pick<Inference, 'types' | 'constants'>;

/**
 * The same model written for at least operator set `minimum` (13 to 21) of ai.onnx; the model itself when it is
 * there already. Subgraphs and functions are rewritten too. New constants are inline initializers of the main graph.
 *
 * @param reader content of small 'ref' initializers, as for `inferShapes`.
 * @throws Error naming the node when an old form depends on a rank or value that is not known.
 */
export function upgradeOpset(model: ModelFile, minimum = 13, reader?: ConstantReader): ModelFile {
  if (!Number.isInteger(minimum) || minimum < 13 || minimum > 21) throw new Error(`models are upgraded to opset 13 to 21, not ${minimum}`);
  const from = model.opsets.get('') ?? (model.opsets.size === 0 ? 1 : minimum);
  const functionsBehind = model.functions.some((item) => (item.opsets.get('') ?? minimum) < minimum);
  if (from >= minimum && !functionsBehind) return model;
  return new Upgrader(model, minimum, inferShapes(model, {}, reader)).run(from);
}

class Upgrader {
  private readonly added = new Map<string, Initializer>();
  private readonly byContent = new Map<string, string>();
  private readonly taken: Set<string>;
  private counter = 0;

  constructor(private readonly model: ModelFile, private readonly to: number, private readonly inference: Inference) {
    this.taken = namesOf(model);
  }

  run(from: number): ModelFile {
    const { model, to } = this;
    const graph = from < to ? this.graph(model.graph, from, [this.inference]) : model.graph;
    const opsets = new Map([...model.opsets, ['', Math.max(from, to)]]);
    return {
      ...model, opsets, irVersion: Math.max(model.irVersion, irOfOpset13),
      graph: { ...graph, initializers: new Map([...graph.initializers, ...this.added]) },
      functions: model.functions.map((item) => this.function(item)),
    };
  }

  private readonly fresh = (hint: string): string => {
    let name: string;
    do { name = `upgraded/${hint}_${this.counter++}`; } while (this.taken.has(name));
    this.taken.add(name);
    return name;
  };

  private graph(graph: Graph, from: number, known: readonly Known[]): Graph {
    const scope = this.scope(known, (init) => this.share(init));
    return { ...graph, nodes: graph.nodes.flatMap((node) => this.node(node, from, scope, known)) };
  }

  private function(item: GraphFunction): GraphFunction {
    const from = item.opsets.get('') ?? this.to;
    if (from >= this.to) return item;
    // Functions have no initializers: their constants are nodes.
    const scope = this.scope([], (init, emitted) => {
      const name = this.fresh('constant');
      emitted.push({ name, opType: 'Constant', domain: '', inputs: [], outputs: [name], attributes: new Map<string, Attribute>([['value', { kind: 'tensor', value: init }]]) });
      return name;
    });
    return { ...item, nodes: item.nodes.flatMap((node) => this.node(node, from, scope, [])), opsets: new Map([...item.opsets, ['', this.to]]) };
  }

  private node(original: Node, from: number, scope: UpgradeScope, known: readonly Known[]): readonly Node[] {
    const node = this.withSubgraphs(original, from, known);
    if (node.domain !== '') return [node];
    const rule = upgradeRules.get(node.opType);
    if (rule === undefined && !node.attributes.has('consumed_inputs')) return [node];
    const context = new UpgradeContext(node, from, this.to, scope);
    if (rule === undefined) context.keep();
    else rule(context);
    return context.nodes;
  }

  private withSubgraphs(node: Node, from: number, known: readonly Known[]): Node {
    let attributes: Map<string, Attribute> | undefined;
    for (const [name, attr] of node.attributes) {
      if (attr.kind !== 'graph') continue;
      attributes ??= new Map(node.attributes);
      const inner = this.inference.subgraphs.get(attr.value);
      attributes.set(name, { kind: 'graph', value: this.graph(attr.value, from, inner === undefined ? known : [inner, ...known]) });
    }
    return attributes === undefined ? node : { ...node, attributes };
  }

  private scope(known: readonly Known[], addConstant: UpgradeScope['addConstant']): UpgradeScope {
    const find = (name: string): Known | undefined => known.find((item) => item.types.has(name));
    return {
      dims: (name): Dims | undefined => { const at = find(name); return at && dimsOf(at, name); },
      dtype: (name): DType => { const at = find(name); return at === undefined ? 'undefined' : dtypeOf(at, name); },
      constant: (name) => known.find((item) => item.constants.has(name))?.constants.get(name),
      fresh: this.fresh,
      addConstant,
    };
  }

  /** Equal constants are stored once, in the main graph, where subgraphs see them too. */
  private share(init: Initializer): string {
    if (init.kind !== 'inline') throw new Error('only inline constants are added');
    const key = `${init.dtype}|${init.dims.join()}|${init.bytes.join()}`;
    let name = this.byContent.get(key);
    if (name === undefined) {
      name = this.fresh('constant');
      this.byContent.set(key, name);
      this.added.set(name, init);
    }
    return name;
  }
}
