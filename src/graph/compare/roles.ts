/** Which constants of a node are its weights, what each is for, and how it is laid out and quantised. */
import { attrInt, type Node } from '../graph';
import type { WeightFrame } from '../weights';

export interface WeightInput {
  /** 'weight', 'bias', 'scale', 'mean', 'variance', 'input 3'. */
  readonly role: string;
  /** Name of the constant. */
  readonly value: string;
  readonly dims: readonly number[];
  /** Axes in the order of the form all operators of the class are compared in; absent: as stored. */
  readonly perm?: readonly number[];
  /** Constants whose product (value − zero) is multiplied by. */
  readonly scales?: readonly string[];
  readonly zero?: string;
  /** Axis that scale and zero run along, in the stored order. */
  readonly axis?: number;
  /** Stored in a way that is not read here (packed blocks). */
  readonly packed?: boolean;
}

/** Inputs by role: position, and for quantised ones where scale and zero point are. */
interface Place { readonly role: string; readonly at: number; readonly scales?: readonly number[]; readonly zero?: number; readonly axis?: number; readonly packed?: boolean }

const affine: readonly Place[] = [{ role: 'scale', at: 1 }, { role: 'bias', at: 2 }];
const conv: readonly Place[] = [{ role: 'weight', at: 1 }, { role: 'bias', at: 2 }];
const recurrent: readonly Place[] = [{ role: 'weight', at: 1 }, { role: 'recurrent weight', at: 2 }, { role: 'bias', at: 3 }];

const places: Readonly<Record<string, readonly Place[]>> = {
  Conv: conv, FusedConv: conv, NhwcConv: conv, NhwcFusedConv: conv, ConvTranspose: conv, Gemm: conv, FusedGemm: conv,
  QLinearConv: [{ role: 'weight', at: 3, scales: [4], zero: 5, axis: 0 }, { role: 'bias', at: 8, scales: [1, 4], axis: 0 }],
  ConvInteger: [{ role: 'weight', at: 1, zero: 3, axis: 0 }],
  QLinearMatMul: [{ role: 'weight', at: 3, scales: [4], zero: 5, axis: -1 }],
  MatMulInteger: [{ role: 'weight', at: 1, zero: 3, axis: -1 }],
  DynamicQuantizeMatMul: [{ role: 'weight', at: 1, scales: [2], zero: 3, axis: -1 }, { role: 'bias', at: 4 }],
  MatMulIntegerToFloat: [{ role: 'weight', at: 1, scales: [3], zero: 5, axis: -1 }, { role: 'bias', at: 6 }],
  QGemm: [{ role: 'weight', at: 3, scales: [4], zero: 5, axis: -1 }, { role: 'bias', at: 6, scales: [1, 4], axis: 0 }],
  MatMulNBits: [{ role: 'weight', at: 1, packed: true }, { role: 'bias', at: 5 }],
  MatMulBnb4: [{ role: 'weight', at: 1, packed: true }],
  BatchNormalization: [...affine, { role: 'mean', at: 3 }, { role: 'variance', at: 4 }],
  LayerNormalization: affine, InstanceNormalization: affine, GroupNormalization: affine, RMSNormalization: affine, SimplifiedLayerNormalization: affine,
  LSTM: [...recurrent, { role: 'peephole weight', at: 7 }], GRU: recurrent, RNN: recurrent,
  Attention: conv, PRelu: [{ role: 'slope', at: 1 }],
  Gather: [{ role: 'table', at: 0 }],
};

/** The weights a node reads, in the order of its inputs. */
export function weightsOf(node: Node, frame: WeightFrame): WeightInput[] {
  const known = places[node.opType];
  if (known) return known.flatMap((place) => weightAt(node, frame, place));
  if (node.opType === 'MatMul' || node.opType === 'FusedMatMul') return weightAt(node, frame, { role: 'weight', at: frame.isConstant(node.inputs[0] ?? '') ? 0 : 1 });
  return node.inputs.flatMap((name, at) => name !== '' && frame.isWeight(node, at) ? weightAt(node, frame, { role: arithmetic.has(node.opType) ? 'operand' : `input ${at}`, at }) : []);
}

const arithmetic = new Set(['Add', 'Sub', 'Mul', 'Div', 'Sum', 'Pow', 'Max', 'Min']);

function weightAt(node: Node, frame: WeightFrame, { role, at, scales, zero, axis, packed }: Place): WeightInput[] {
  const value = node.inputs[at] ?? '';
  const dims = value === '' || !frame.isConstant(value) ? undefined : frame.dims(value);
  if (!dims) return [];
  const transposed = role === 'weight' && dims.length === 2 && attrInt(node, 'transB', 0) === 1;
  const named = (input: number | undefined): string | undefined => input !== undefined && node.inputs[input] ? node.inputs[input] : undefined;
  return [{
    role, value, dims, ...(transposed && { perm: [1, 0] }), ...(packed && { packed }),
    ...(scales && { scales: scales.map(named).filter((name) => name !== undefined) }), ...(named(zero) !== undefined && { zero: named(zero) }),
    ...(axis !== undefined && { axis: transposed ? 0 : axis }),
  }];
}
