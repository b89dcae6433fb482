/** Small models written by hand, one line a node. */
import { toAttribute, GraphBuilder, type AttributeInput } from '../../../src/graph/builder';
import type { Graph, Initializer, ModelFile, Node } from '../../../src/graph/graph';
import type { DType } from '../../../src/tensor/dtype';
import { makeModel, valueInfo } from './runGraph';
import type { Random } from './random';

export type NodeLine = readonly [opType: string, inputs: readonly string[], outputs: readonly string[], attributes?: Readonly<Record<string, AttributeInput | Graph>>];

export function node([opType, inputs, outputs, attributes = {}]: NodeLine): Node {
  const [domain, type] = opType.includes(':') ? opType.split(':') as [string, string] : ['', opType];
  return {
    name: `${type}_${outputs[0]}`, opType: type, domain, inputs, outputs,
    attributes: new Map(Object.entries(attributes).map(([key, value]) => [key, isGraph(value) ? { kind: 'graph' as const, value } : toAttribute(value)])),
  };
}

function isGraph(value: AttributeInput | Graph): value is Graph { return typeof value === 'object' && 'nodes' in value; }

/** An initializer; numbers are floats unless said otherwise. */
export function init(dims: readonly number[], values: readonly number[], dtype: DType = 'float32'): Initializer {
  const b = new GraphBuilder(17);
  return b.initializers.get(b.constant(values, dtype, dims))!;
}

export function randomInit(random: Random, dims: readonly number[], scale = 1): Initializer {
  return init(dims, Array.from({ length: dims.reduce((a, b) => a * b, 1) }, () => random.float(-scale, scale)));
}

export interface TinyModel {
  readonly inputs: Readonly<Record<string, readonly [DType, readonly number[]]>>;
  readonly outputs: Readonly<Record<string, DType>>;
  readonly initializers?: Readonly<Record<string, Initializer>>;
  readonly nodes: readonly NodeLine[];
  readonly opset?: number;
}

export function tiny({ inputs, outputs, initializers = {}, nodes, opset = 17 }: TinyModel): ModelFile {
  return makeModel({
    nodes: nodes.map(node),
    inputs: Object.entries(inputs).map(([name, [dtype, dims]]) => valueInfo(name, dtype, dims)),
    outputs: Object.entries(outputs).map(([name, dtype]) => valueInfo(name, dtype)),
    initializers: new Map(Object.entries(initializers)),
  }, opset);
}
