/** Quantised twins of a float model, as quantising tools write them, for what the pack has none of. */
import type { Attribute, Initializer, ModelFile, Node } from '../../../src/graph/graph';
import { readInitializer } from '../../../src/formats/readTensor';
import { toFloat32 } from '../../../src/tensor/convert';
import { inline } from './nodeModel';

export type Form = 'QLinear' | 'dynamic' | 'QDQ';

/** Convolutions and products in integers, weights by output channel; activations that a range cuts off are left out of the QLinear form. */
export async function quantisedTwin(model: ModelFile, form: Form): Promise<ModelFile> {
  const { graph } = model;
  const initializers = new Map<string, Initializer>(graph.initializers);
  const nodes: Node[] = [];
  const add = (opType: string, name: string, inputs: readonly string[], outputs: readonly string[], attributes: ReadonlyMap<string, Attribute> = new Map(), domain = ''): void => {
    nodes.push({ name, opType, domain, inputs, outputs, attributes });
  };
  const renamed = new Map<string, string>();
  const read = (name: string): string => renamed.get(name) ?? name;
  const constant = (name: string, init: Initializer): string => { initializers.set(name, init); return name; };
  constant('scale', inline('float32', [], [0.05]));
  constant('zero', inline('uint8', [], [0]));

  for (const node of graph.nodes) {
    const { opType, name } = node;
    if (opType === 'Conv' || opType === 'Gemm') {
      const [x, w, b] = [read(node.inputs[0]!), node.inputs[1]!, node.inputs[2]!];
      const weight = await readInitializer(graph.initializers.get(w)!), values = toFloat32(weight);
      const axis = opType === 'Conv' ? 0 : 1;
      const { quantised, scales } = byChannel(values, weight.dims, axis);
      constant(`${w}_quantized`, inline('int8', weight.dims, quantised));
      const channels = weight.dims[axis]!;
      constant(`${w}_scale`, inline('float32', [channels], scales));
      constant(`${w}_zero_point`, inline('int8', [channels], new Array<number>(channels).fill(0)));
      const y = node.outputs[0]!;
      if (form === 'QDQ') {
        add('QuantizeLinear', `${x}_QuantizeLinear`, [x, 'scale', 'zero'], [`${x}_${name}_q`]);
        add('DequantizeLinear', `${x}_DequantizeLinear`, [`${x}_${name}_q`, 'scale', 'zero'], [`${x}_${name}_dq`]);
        add('DequantizeLinear', `${w}_DequantizeLinear`, [`${w}_quantized`, `${w}_scale`, `${w}_zero_point`], [`${w}_dq`], new Map([['axis', { kind: 'int', value: BigInt(axis) }]]));
        add(opType, name, [`${x}_${name}_dq`, `${w}_dq`, b], [y], node.attributes);
      } else if (form === 'dynamic') {
        add('DynamicQuantizeLinear', `${name}_dynamic`, [x], [`${name}_q`, `${name}_scale`, `${name}_zp`]);
        add(opType === 'Conv' ? 'ConvInteger' : 'MatMulInteger', `${name}_quant`, [`${name}_q`, `${w}_quantized`, `${name}_zp`, ''], [`${y}_int`], opType === 'Conv' ? node.attributes : new Map());
        add('Cast', `${name}_cast`, [`${y}_int`], [`${y}_float`], new Map([['to', { kind: 'int', value: 1n }]]));
        add('Mul', `${name}_scales_mul`, [`${name}_scale`, `${w}_scale`], [`${name}_scales`]);
        add('Mul', `${name}_scaled`, [`${y}_float`, `${name}_scales`], [`${y}_scaled`]);
        // Convolutions add their bias along the channels.
        const bias = toFloat32(await readInitializer(graph.initializers.get(b)!));
        constant(`${b}_reshaped`, inline('float32', opType === 'Conv' ? [1, channels, 1, 1] : [channels], [...bias]));
        add('Add', `${name}_bias_add`, [`${y}_scaled`, `${b}_reshaped`], [y]);
      } else if (opType === 'Conv') {
        const from = quantisedValue(x);
        const bias = toFloat32(await readInitializer(graph.initializers.get(b)!));
        constant(`${b}_quantized`, inline('int32', [channels], [...bias].map((value, c) => Math.round(value / (0.05 * scales[c]!)))));
        add('QLinearConv', `${name}_quant`, [from, 'scale', 'zero', `${w}_quantized`, `${w}_scale`, `${w}_zero_point`, 'scale', 'zero', `${b}_quantized`], [`${y}_quantized`], node.attributes);
        renamed.set(y, `${y}_quantized`);
      } else {
        const from = quantisedValue(x);
        add('QGemm', `${name}_quant`, [from, 'scale', 'zero', `${w}_quantized`, `${w}_scale`, `${w}_zero_point`, '', '', ''], [y], node.attributes, 'com.microsoft');
      }
      continue;
    }
    if (form === 'QLinear' && opType === 'Relu') {
      renamed.set(node.outputs[0]!, read(node.inputs[0]!));
      continue;
    }
    if (form === 'QLinear' && opType === 'GlobalAveragePool') {
      const y = node.outputs[0]!;
      add('QLinearGlobalAveragePool', `${name}_quant`, [read(node.inputs[0]!), 'scale', 'zero', 'scale', 'zero'], [`${y}_quantized`], new Map(), 'com.microsoft');
      renamed.set(y, `${y}_quantized`);
      continue;
    }
    const outputs = form === 'QLinear' && node.inputs.some((input) => renamed.has(input)) && opType !== 'Softmax' ? node.outputs.map((output) => { renamed.set(output, `${output}_quantized`); return `${output}_quantized`; }) : node.outputs;
    nodes.push({ ...node, inputs: node.inputs.map(read), outputs });
  }
  return { ...model, graph: { ...graph, nodes, initializers, valueInfo: new Map() } };

  function quantisedValue(x: string): string {
    if (x.endsWith('_quantized')) return x;
    const q = `${x}_quantized`;
    add('QuantizeLinear', `${x}_QuantizeLinear`, [x, 'scale', 'zero'], [q]);
    return q;
  }
}

/** 127 steps to the largest weight of each channel. */
function byChannel(values: Float32Array, dims: readonly number[], axis: number): { quantised: number[]; scales: number[] } {
  const channels = dims[axis]!, inner = dims.slice(axis + 1).reduce((product, dim) => product * dim, 1);
  const channel = (at: number): number => Math.floor(at / inner) % channels;
  const scales = new Array<number>(channels).fill(1e-6);
  values.forEach((value, at) => { scales[channel(at)] = Math.max(scales[channel(at)]!, Math.fround(Math.abs(value) / 127)); });
  return { scales, quantised: [...values].map((value, at) => Math.max(-127, Math.min(127, Math.round(value / scales[channel(at)]!)))) };
}
