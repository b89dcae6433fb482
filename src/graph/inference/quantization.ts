/** Quantisation and back. Convolutions and products of quantised tensors are with their families. */
import type { DType } from '../../tensor/dtype';
import type { InferRule, InferTable } from './context';
import { tensor } from './context';
import { elementType } from './elementTypes';

/** The output's dtype: zero point, else the output_dtype attribute, else uint8. */
const quantize: InferRule = (c) => {
  const attribute = elementType(c.int('output_dtype', 0));
  const fallback: DType = attribute === 'undefined' ? 'uint8' : attribute;
  return [tensor(c.has(2) && c.dtype(2) !== 'undefined' ? c.dtype(2) : fallback, c.dims(0))];
};

/** The output's dtype: the output_dtype attribute, else the scale's. */
const dequantize: InferRule = (c) => {
  const attribute = elementType(c.int('output_dtype', 0));
  const scale = c.dtype(1) === 'undefined' ? 'float32' : c.dtype(1);
  return [tensor(attribute === 'undefined' ? scale : attribute, c.dims(0))];
};

const dynamicQuantize: InferRule = (c) => [tensor('uint8', c.dims(0)), tensor('float32', []), tensor('uint8', [])];

export const quantizationRules: InferTable = {
  QuantizeLinear: quantize, DequantizeLinear: dequantize, DynamicQuantizeLinear: dynamicQuantize,
};
