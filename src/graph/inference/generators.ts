/** Ops that make tensors out of attributes or sizes. */
import type { Dims } from '../graph';
import { initializerType } from '../graph';
import type { InferRule, InferTable, OpContext } from './context';
import { tensor, unknownDims } from './context';
import { makeData, maxItems } from './data';
import { allNumbers } from './dims';
import { elementType } from './elementTypes';
import { toDim } from './movement';
import { elementCount } from '../../tensor/tensor';

const constant: InferRule = (c) => {
  for (const [name, attr] of c.node.attributes) {
    switch (attr.kind) {
      case 'tensor': {
        const { dtype, dims } = initializerType(attr.value);
        return [{ type: { kind: name === 'sparse_value' ? 'sparse' : 'tensor', dtype, dims }, data: c.content(attr.value) }];
      }
      case 'int': return [tensor('int64', [], makeData('int64', [], [Number(attr.value)]))];
      case 'ints': return [tensor('int64', [attr.value.length], makeData('int64', [attr.value.length], attr.value.map(Number)))];
      case 'float': return [tensor('float32', [], makeData('float32', [], [attr.value]))];
      case 'floats': return [tensor('float32', [attr.value.length], makeData('float32', [attr.value.length], attr.value))];
      case 'string': return [tensor('string', [])];
      case 'strings': return [tensor('string', [attr.value.length])];
      default:
    }
  }
  return [];
};

/** Dims a 1-D shape input spells out. */
function dimsFrom(c: OpContext, index: number): Dims | undefined {
  const items = c.data(index)?.items;
  if (items !== undefined) return items.map(toDim);
  const rank = c.dims(index)?.[0];
  return typeof rank === 'number' && rank <= 64 ? unknownDims(rank) : undefined;
}

const constantOfShape: InferRule = (c) => {
  const attr = c.node.attributes.get('value');
  const init = attr?.kind === 'tensor' ? attr.value : undefined;
  const dtype = init === undefined ? 'float32' : initializerType(init).dtype;
  const dims = dimsFrom(c, 0);
  const fill = init === undefined ? 0 : c.content(init)?.items[0];
  const data = allNumbers(dims) && fill !== undefined && elementCount(dims) <= maxItems
    ? makeData(dtype, dims, new Array<typeof fill>(elementCount(dims)).fill(fill)) : undefined;
  return [tensor(dtype, dims, data)];
};

const random: InferRule = (c) => [tensor(elementType(c.int('dtype', 1)), c.ints('shape'))];

/** [batch, classes] → [batch, sample_size]. */
const multinomial: InferRule = (c) => [tensor(elementType(c.int('dtype', 6)), [c.dims(0)?.[0] ?? null, c.int('sample_size', 1)])];

const window: InferRule = (c) => [tensor(elementType(c.int('output_datatype', 1)), [c.data(0)?.items[0] ?? null])];

const melWeights: InferRule = (c) => {
  const bins = c.data(0)?.items[0] ?? null, length = c.data(1)?.items[0] ?? null;
  return [tensor(elementType(c.int('output_datatype', 1)), [typeof length === 'number' ? Math.floor(length / 2) + 1 : null, bins])];
};

/** ai.onnx 1's experimental fills. */
const fill: InferRule = (c) => [tensor(elementType(c.int('dtype', 1)), c.ints('shape') ?? (c.int('input_as_shape', 0) === 1 ? dimsFrom(c, 0) : c.dims(0)))];

export const generatorRules: InferTable = {
  Constant: constant, ConstantOfShape: constantOfShape,
  RandomNormal: random, RandomUniform: random, Multinomial: multinomial,
  HannWindow: window, HammingWindow: window, BlackmanWindow: window, MelWeightMatrix: melWeights,
  ConstantFill: fill, GivenTensorFill: fill,
  ImageDecoder: (c) => [tensor('uint8', [null, null, c.string('pixel_format', 'RGB') === 'Grayscale' ? 1 : 3])],
};
