/** Cropping what a convolution makes, by making less of it. */
import { attrInts } from '../../graph/graph';
import { toAttribute, type GraphBuilder } from '../../graph/builder';

/**
 * `g` [N, C, …] without its first `begins` and last `ends` cells along every spatial axis, by other pads of the Conv or
 * ConvTranspose that made it; undefined where that is not possible. A Slice would leave ONNX Runtime's blocked layout.
 */
export function cropConv(b: GraphBuilder, g: string, begins: readonly number[], ends: readonly number[]): string | undefined {
  const node = [...b.nodes].reverse().find(({ outputs }) => outputs[0] === g);
  if (node?.domain !== '' || (node.opType !== 'Conv' && node.opType !== 'ConvTranspose')) return undefined;
  const old = attrInts(node, 'pads', undefined) ?? [...begins, ...ends].map(() => 0);
  const crops = [...begins, ...ends], sign = node.opType === 'Conv' ? -1 : 1;
  const pads = old.map((pad, index) => pad + sign * crops[index]!);
  if (pads.length !== crops.length || pads.some((pad) => pad < 0)) return undefined;
  if (node.opType === 'Conv' && (attrInts(node, 'strides', undefined) ?? []).some((stride) => stride !== 1)) return undefined;
  const name = b.fresh(node.opType);
  b.nodes.push({ ...node, name, outputs: [name], attributes: new Map([...node.attributes, ['pads', toAttribute(pads)]]) });
  return name;
}
