/**
 * Dilated convolutions that TensorFlow wrote as SpaceToBatchND → convolution → BatchToSpaceND become one convolution
 * with dilations and explicit padding again.
 */
import { TfAttributes, reference, type TfGraph, type TfNode } from './graphDef';

const convolutions = new Set(['Conv2D', 'DepthwiseConv2dNative']);

/** @param constant the content of a constant node, if it is one and small. */
export function withDilations(graph: TfGraph, constant: (node: string) => readonly number[] | undefined): TfGraph {
  let nodes: Map<string, TfNode> | undefined;
  for (const end of graph.nodes.values()) {
    if (end.op !== 'BatchToSpaceND') continue;
    const producer = (node: TfNode | undefined, input: number): TfNode | undefined => graph.nodes.get(reference(node?.inputs[input] ?? '', graph.nodes).node);
    const middle = producer(end, 0);
    const start = middle && convolutions.has(middle.op) ? producer(middle, 0) : undefined;
    if (!middle || start?.op !== 'SpaceToBatchND') continue;
    const numbers = (node: TfNode, input: number): readonly number[] | undefined => constant(producer(node, input)?.name ?? '');
    const block = numbers(end, 1), crops = numbers(end, 2), paddings = numbers(start, 2), attributes = new TfAttributes(middle.attributes);
    if (block?.length !== 2 || crops?.length !== 4 || paddings?.length !== 4 || numbers(start, 1)?.join() !== block.join()) continue;
    if (attributes.text('padding') !== 'VALID' || attributes.text('data_format', 'NHWC') !== 'NHWC' || attributes.ints('strides')?.some((stride) => stride !== 1)) continue;
    // The cropped rows at the beginning are those that begin in the padding: less padding gives the rest.
    const pads = paddings.map((pad, index) => pad - crops[index]!);
    if (pads.some((pad) => pad < 0)) continue;
    nodes ??= new Map(graph.nodes);
    nodes.set(end.name, {
      name: end.name, op: middle.op, inputs: [start.inputs[0]!, ...middle.inputs.slice(1)],
      attributes: {
        ...middle.attributes, padding: { s: Buffer.from('EXPLICIT').toString('base64') },
        explicit_paddings: { list: { i: [0, 0, ...pads, 0, 0].map(String) } }, dilations: { list: { i: [1, ...block, 1].map(String) } },
      },
    });
  }
  return nodes ? { ...graph, nodes } : graph;
}
