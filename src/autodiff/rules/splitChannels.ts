/** Cutting a cotangent [N, C, …] into channel groups where it is made, rather than after it has been made. */
import type { Node } from '../../graph/graph';
import type { GraphBuilder } from '../../graph/builder';
import type { RuleContext } from '../rule';
import { cameThroughPool, splitPool, type ChannelParts } from './maxPool';

/**
 * The cotangents of the parts of a concatenated value, from its own. A Split would take them out of ONNX Runtime's blocked
 * layout, so a Conv that made the cotangent becomes one Conv a part with that part's kernels, a sum is split term by
 * term, and a max pool goes back part by part. Nodes this replaces are dropped with whatever nothing reads.
 */
export function splitChannels(context: RuleContext, g: string, value: ChannelParts): string[] {
  const { b } = context;
  if (context.dialect !== 'cpu' || !canSplit(b, g, value)) return b.split(g, 1, value.sizes);
  const producer = findProducer(b, g)!;
  if (producer.opType === 'Add') {
    const [left, right] = producer.inputs.map((input) => splitChannels(context, input, value)) as [string[], string[]];
    return left.map((part, index) => b.op('Add', [part, right[index]!]));
  }
  if (producer.opType === 'Conv') {
    let start = 0;
    return value.sizes.map((size) => {
      const kernel = b.slice(producer.inputs[1]!, [start], [start + size], [0]);
      start += size;
      return copyConv(b, producer, kernel);
    });
  }
  return splitPool(b, g, value, (pooled, of) => splitChannels(context, pooled, of));
}

/** Whether every term of the sum `g` can be cut where it is made; else one Split of the sum is less work. */
function canSplit(b: GraphBuilder, g: string, value: ChannelParts): boolean {
  if (cameThroughPool(b, g, value.whole)) return true;
  const producer = findProducer(b, g);
  if (producer?.opType === 'Add') return producer.inputs.every((input) => canSplit(b, input, value));
  return producer?.opType === 'Conv' && producer.inputs.length === 2 && isUngrouped(producer);
}

function findProducer(b: GraphBuilder, value: string): Node | undefined {
  for (let index = b.nodes.length - 1; index >= 0; index--) if (b.nodes[index]!.outputs.includes(value)) return b.nodes[index];
  return undefined;
}

function isUngrouped(conv: Node): boolean {
  const group = conv.attributes.get('group');
  return group === undefined || (group.kind === 'int' && group.value === 1n);
}

/** The same Conv with another kernel. */
function copyConv(b: GraphBuilder, conv: Node, kernel: string): string {
  const name = b.fresh('Conv');
  b.nodes.push({ ...conv, name, inputs: [conv.inputs[0]!, kernel], outputs: [name] });
  return name;
}
