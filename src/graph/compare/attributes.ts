/** A node's settings as text, the same however a file writes them: defaults left out, attributes and constant inputs alike. */
import type { Attribute, Dims, ModelFile, Node } from '../graph';
import { attrInts, attrString, initializerType } from '../graph';
import type { Inference } from '../inference/infer';
import { dimsOf } from '../inference/infer';
import type { WeightFrame } from '../weights';
import { opClass } from './opClass';

interface Context {
  readonly model: Pick<ModelFile, 'opsets'>;
  readonly inference: Pick<Inference, 'types' | 'constants'>;
}

/** Names of the inputs that steer an op, where older opsets have attributes. */
const steering: Readonly<Record<string, readonly string[]>> = {
  Clip: ['', 'min', 'max'], Squeeze: ['', 'axes'], Unsqueeze: ['', 'axes'], Pad: ['', 'pads', 'value', 'axes'], Slice: ['', 'starts', 'ends', 'axes', 'steps'],
  Split: ['', 'split'], Tile: ['', 'repeats'], Dropout: ['', 'ratio'], Upsample: ['', 'scales'], Resize: ['', 'roi', 'scales', 'sizes'], Gather: ['', 'indices'],
  TopK: ['', 'k'], Reshape: ['', 'shape'], Expand: ['', 'shape'],
};

/** Settings that mean nothing to what comes out, or follow from dims that are compared anyway. */
const irrelevant = new Set(['momentum', 'training_mode', 'ratio', 'seed', 'consumed_inputs', 'is_test', 'spatial', 'roi', 'shape', 'allowzero', 'kernel_shape', 'auto_pad', 'legacy_optimization_attribute', 'cache_mode', 'to', 'saturate']);

const defaults: Readonly<Record<string, string>> = {
  group: '1', transA: '0', transB: '0', ceil_mode: '0', count_include_pad: '0', storage_order: '0', keepdims: '1', noop_with_empty_axes: '0', direction: 'forward', stash_type: '1',
  largest: '1', sorted: '1', exclusive: '0', reverse: '0', layout: '0', select_last_index: '0', approximate: 'none', mode: 'default',
};
const floatDefaults: Readonly<Record<string, Readonly<Record<string, string>>>> = {
  Gemm: { alpha: '1', beta: '1' }, BatchNormalization: { epsilon: '0.00001' }, LayerNormalization: { epsilon: '0.00001', axis: '-1' }, InstanceNormalization: { epsilon: '0.00001' },
  LeakyRelu: { alpha: '0.01' }, Elu: { alpha: '1' }, HardSigmoid: { alpha: '0.2', beta: '0.5' }, Flatten: { axis: '1' }, Gather: { axis: '0' }, LRN: { alpha: '0.0001', beta: '0.75', bias: '1' },
  Clip: { min: '-3.403e+38', max: '3.403e+38' }, Pad: { mode: 'constant', value: '0' }, Resize: { mode: 'nearest' }, Upsample: { mode: 'nearest' }, ArgMax: { axis: '0' }, Split: { axis: '0' }, Concat: { axis: '1' },
};
const windows = new Set(['Conv', 'ConvTranspose', 'MaxPool', 'AveragePool', 'LpPool']);

/** Settings by name, in words: 'strides' → '2', 'axis' → '1'. */
export function settingsOf(node: Node, { model, inference }: Context, frame: WeightFrame): Map<string, string> {
  const settings = new Map<string, string>();
  const dims = (at: number): Dims | undefined => dimsOf(inference as Inference, node.inputs[at] ?? '');
  for (const [name, attribute] of node.attributes) settings.set(name, attributeText(attribute));
  const names = steering[node.opType] ?? (node.opType.startsWith('Reduce') ? ['', 'axes'] : undefined);
  node.inputs.forEach((input, at) => {
    if (input === '' || !frame.isConstant(input) || frame.isWeight(node, at)) return;
    const numbers = inference.constants.get(input);
    if (!numbers || numbers.length > 32) return;
    if (names?.[at]) settings.set(names[at], listText(numbers));
    else if (scalars.has(node.opType)) settings.set('operand', listText(numbers));
  });
  const rank = dims(0)?.length;
  if (!settings.has('axis') && /^(Log)?Softmax$/.test(node.opType)) settings.set('axis', (model.opsets.get('') ?? 1) < 13 ? '1' : '-1');
  const axis = settings.get('axis');
  if (axis?.startsWith('-') && rank !== undefined) settings.set('axis', String(rank + Number(axis)));
  if (windows.has(opClass(node.opType, node.domain))) setWindow(settings, node, frame, dims(0), dims(node.opType === 'QLinearConv' ? 3 : 1));
  const normal = floatDefaults[node.opType];
  for (const [name, value] of [...settings]) if (irrelevant.has(name) || value === (normal?.[name] ?? defaults[name])) settings.delete(name);
  if (normal?.axis === '-1' && rank !== undefined && settings.get('axis') === String(rank - 1)) settings.delete('axis');
  return settings;
}

/** Ops in which a lone constant is a number of the formula. */
const scalars = new Set(['Add', 'Sub', 'Mul', 'Div', 'Pow', 'Max', 'Min', 'Mod', 'Equal', 'Less', 'Greater', 'Where']);

export function settingsText(node: Node, context: Context, frame: WeightFrame): string {
  return [...settingsOf(node, context, frame)].map(([name, value]) => `${name}=${value}`).sort().join(' ');
}

/** Strides, dilations and the padding on each side, whichever way the file says it. */
function setWindow(settings: Map<string, string>, node: Node, frame: WeightFrame, input: Dims | undefined, weight: Dims | undefined): void {
  const isConv = opClass(node.opType, node.domain).startsWith('Conv');
  const kernel = attrInts(node, 'kernel_shape', undefined) ?? (isConv ? weight?.slice(2).map(Number) : undefined);
  const axes = kernel?.length ?? Math.max(0, (input?.length ?? 2) - 2);
  const ones = Array<number>(axes).fill(1);
  const strides = attrInts(node, 'strides', ones), dilations = attrInts(node, 'dilations', ones);
  const auto = attrString(node, 'auto_pad', 'NOTSET');
  let pads: (number | string)[] = attrInts(node, 'pads', Array<number>(2 * axes).fill(0));
  if (auto === 'VALID') pads = Array<number>(2 * axes).fill(0);
  else if (auto.startsWith('SAME') && kernel && node.opType !== 'ConvTranspose') {
    const both = kernel.map((size, axis) => {
      const length = input?.[axis + 2], step = strides[axis] ?? 1;
      return typeof length === 'number' ? Math.max(0, (Math.ceil(length / step) - 1) * step + (size - 1) * (dilations[axis] ?? 1) + 1 - length) : null;
    });
    const low = both.map((sum) => sum === null ? auto : auto === 'SAME_UPPER' ? Math.floor(sum / 2) : Math.ceil(sum / 2));
    pads = [...low, ...both.map((sum, axis) => sum === null ? auto : sum - (low[axis] as number))];
  }
  settings.delete('pads');
  if (pads.some((pad) => pad !== 0)) settings.set('pads', uniform(pads));
  settings.delete('strides');
  if (strides.some((stride) => stride !== 1)) settings.set('strides', uniform(strides));
  settings.delete('dilations');
  if (dilations.some((dilation) => dilation !== 1)) settings.set('dilations', uniform(dilations));
  if (kernel && !isConv) settings.set('window', kernel.join(' × '));
}

function attributeText(attribute: Attribute): string {
  switch (attribute.kind) {
    case 'int': return String(attribute.value);
    case 'float': return numberText(attribute.value);
    case 'string': return new TextDecoder().decode(attribute.value.subarray(0, 80));
    case 'ints': return listText(attribute.value.map(Number));
    case 'floats': return listText(attribute.value);
    case 'strings': return attribute.value.slice(0, 8).map((item) => new TextDecoder().decode(item.subarray(0, 40))).join(', ');
    case 'tensor': { const { dtype, dims } = initializerType(attribute.value); return `${dtype} ${dims.join(' × ')}`; }
    case 'graph': return graphText(attribute.value.nodes);
    case 'graphs': return attribute.value.map((graph) => graphText(graph.nodes)).join(', ');
    case 'reference': return attribute.value;
    default: return attribute.kind;
  }
}

/** Separates what people read of a setting from what tells two of them apart. */
export const inside = '\u0000';

/** A subgraph in few words, and a digest of its operators with their attributes. */
function graphText(nodes: readonly Node[]): string {
  const counts = new Map<string, number>();
  for (const { opType } of nodes) counts.set(opType, (counts.get(opType) ?? 0) + 1);
  return `${nodes.length} nodes${nodes.length ? ` (${[...counts].map(([type, count]) => count > 1 ? `${count} ${type}` : type).join(', ')})` : ''}${inside}${digestOf(nodes)}`;
}

/** A number that differs where operators, their order or their attributes do. */
export function digestOf(nodes: readonly Node[]): string {
  let hash = 0;
  const add = (text: string): void => { hash = hashOf(text, hash); };
  for (const { opType, domain, attributes } of nodes) {
    add(`${domain}.${opType}(`);
    for (const [name, attribute] of [...attributes].sort(([x], [y]) => (x < y ? -1 : 1))) add(`${name}=${attributeText(attribute)};`);
  }
  return hash.toString(16);
}

/** FNV-1a, begun where another one ended. */
function hashOf(text: string, before = 0): number {
  let hash = before ^ 0x811c9dc5;
  for (let at = 0; at < text.length; at++) hash = Math.imul(hash ^ text.charCodeAt(at), 0x01000193);
  return hash >>> 0;
}

function listText(numbers: readonly number[]): string {
  const shown = numbers.slice(0, 12).map(numberText).join(', ');
  // All of a long list counts (the thresholds of a tree ensemble), its beginning is shown.
  return numbers.length > 12 ? `${shown}, … (${numbers.length})${inside}${hashOf(numbers.join()).toString(16)}` : shown;
}

/** Four digits: what float32 and float16 files agree on. */
export function numberText(value: number): string {
  return Number.isInteger(value) && Math.abs(value) < 1e15 ? String(value) : Math.abs(value) >= 1e15 ? value.toExponential(3) : String(Number(value.toPrecision(4)));
}

function uniform(values: readonly (number | string)[]): string {
  return values.every((value) => value === values[0]) ? String(values[0]) : values.join(', ');
}
