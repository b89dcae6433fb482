/**
 * One row per op of ai.onnx whose form changed between opset 1 and 21 (onnx/docs/Changelog.md). Ops without a row
 * only lose `consumed_inputs`.
 */
import { attrFloat, attrInt, attrInts, attrString } from '../graph';
import { elementNumber, elementTypeByName } from '../inference/elementTypes';
import type { UpgradeContext, UpgradeRule } from './context';
import { float, int, ints, text } from './context';
import { legacyRules } from './legacy';
import { batchNormalization, dropout, resize10, scan8, softmaxLike, upsample } from './rewrites';

/** Before opset 7 the second operand was aligned to the first's axes from `axis` on. */
const binary: UpgradeRule = (c) => {
  const { node } = c;
  if (c.from >= 7) { c.keep(); return; }
  const dropped = { broadcast: undefined, axis: undefined };
  const axis = attrInt(node, 'axis', undefined);
  if (attrInt(node, 'broadcast', 0) === 0 || axis === undefined) { c.keep({ attributes: dropped }); return; }
  const a = c.rank(0), b = c.rank(1);
  if (a === undefined || b === undefined) return c.fail('it broadcasts along an axis, and the ranks of its inputs are not known');
  const trailing = a - (axis < 0 ? axis + a : axis) - b;
  if (trailing <= 0) { c.keep({ attributes: dropped }); return; }
  const widened = c.emit('Unsqueeze', [c.input(1), c.int64s(Array.from({ length: trailing }, (_, at) => b + at))]);
  c.keep({ inputs: [c.input(0), widened], attributes: dropped });
};

/** An int-list attribute becomes the input at `position`. */
function attributeToInput(name: string, position: number, since: number): UpgradeRule {
  return (c) => {
    const values = attrInts(c.node, name, undefined);
    if (c.to < since || c.from >= since || values === undefined) { c.keep(); return; }
    const inputs = [...c.node.inputs.slice(0, position)];
    while (inputs.length < position) inputs.push('');
    c.keep({ inputs: [...inputs, c.int64s(values), ...c.node.inputs.slice(position + 1)], attributes: { [name]: undefined } });
  };
}

/** Slope [C] belonged to axis 1; since opset 7 it is aligned to the last axes. */
const prelu: UpgradeRule = (c) => {
  const rank = c.rank(0), slope = c.dims(1);
  if (c.from >= 7 || slope?.length !== 1 || slope[0] === 1) { c.keep(); return; }
  if (rank === undefined) return c.fail('the rank of its input is not known');
  if (rank <= 2) { c.keep(); return; }
  const widened = c.emit('Unsqueeze', [c.input(1), c.int64s(Array.from({ length: rank - 2 }, (_, at) => at + 1))]);
  c.keep({ inputs: [c.input(0), widened] });
};

const cast: UpgradeRule = (c) => {
  const name = attrString(c.node, 'to', undefined);
  c.keep(name === undefined ? {} : { attributes: { to: int(elementNumber(elementTypeByName(name))) } });
};

const clip: UpgradeRule = (c) => {
  if (c.from >= 11) { c.keep(); return; }
  const bound = (name: string): string => {
    const value = attrFloat(c.node, name, undefined);
    return value === undefined ? '' : c.tensor([value], c.dtype(0), []);
  };
  const low = bound('min'), high = bound('max');
  c.keep({ inputs: high !== '' ? [c.input(0), low, high] : low !== '' ? [c.input(0), low] : [c.input(0)], attributes: { min: undefined, max: undefined } });
};

const pad: UpgradeRule = (c) => {
  if (c.from >= 11) { c.keep(); return; }
  const pads = attrInts(c.node, 'pads', undefined) ?? attrInts(c.node, 'paddings', undefined);
  if (pads === undefined) return c.fail('it has no pads');
  const value = attrFloat(c.node, 'value', 0);
  const inputs = [c.input(0), c.int64s(pads)];
  if (value !== 0) inputs.push(c.tensor([value], c.dtype(0), []));
  c.keep({ inputs, attributes: { pads: undefined, paddings: undefined, value: undefined } });
};

const slice: UpgradeRule = (c) => {
  const starts = attrInts(c.node, 'starts', undefined), ends = attrInts(c.node, 'ends', undefined);
  if (c.from >= 10 || starts === undefined || ends === undefined) { c.keep(); return; }
  const axes = attrInts(c.node, 'axes', undefined);
  const inputs = [c.input(0), c.int64s(starts), c.int64s(ends)];
  if (axes !== undefined) inputs.push(c.int64s(axes));
  c.keep({ inputs, attributes: { starts: undefined, ends: undefined, axes: undefined } });
};

const split: UpgradeRule = (c) => {
  const sizes = attrInts(c.node, 'split', undefined);
  if (c.from < 13 && sizes !== undefined) { c.keep({ inputs: [c.input(0), c.int64s(sizes)], attributes: { split: undefined } }); return; }
  const implicit = c.input(1) === '' && c.from < 18 && c.to >= 18;
  c.keep(implicit ? { attributes: { num_outputs: int(c.node.outputs.length) } } : {});
};

const topK: UpgradeRule = (c) => {
  const k = attrInt(c.node, 'k', undefined);
  c.keep(c.from >= 10 || k === undefined ? {} : { inputs: [c.input(0), c.int64s([k])], attributes: { k: undefined } });
};

/** Opset 1: how often, and along which axis, as two scalars. */
const tile: UpgradeRule = (c) => {
  if (c.from >= 6) { c.keep(); return; }
  const times = c.constant(1)?.[0], axis = c.constant(2)?.[0], rank = c.rank(0);
  if (times === undefined || axis === undefined || rank === undefined) return c.fail('its repeats are computed');
  c.keep({ inputs: [c.input(0), c.int64s(Array.from({ length: rank }, (_, at) => at === axis ? times : 1))] });
};

const reduceWithInputSince18 = attributeToInput('axes', 1, 18);
const unsqueezeLike = attributeToInput('axes', 1, 13);

/** Sets an attribute whose default changed at `since`. */
function oldDefault(name: string, value: ReturnType<typeof int>, since: number): UpgradeRule {
  return (c) => { c.keep(c.from < since && c.to >= since && !c.node.attributes.has(name) ? { attributes: { [name]: value } } : {}); };
}

/** p was a float. */
const lpPool: UpgradeRule = (c) => {
  const p = c.attribute('p');
  c.keep(p?.kind === 'float' ? { attributes: { p: int(Math.round(p.value)) } } : {});
};

const selu: UpgradeRule = (c) => {
  const fill = (name: string, value: number): ReturnType<typeof float> => c.attribute(name) as ReturnType<typeof float> | undefined ?? float(value);
  c.keep(c.from < 6 ? { attributes: { alpha: fill('alpha', 1.6732), gamma: fill('gamma', 1.0507) } } : {});
};

const gridSample: UpgradeRule = (c) => {
  const mode = attrString(c.node, 'mode', 'bilinear');
  const renamed = mode === 'bilinear' ? 'linear' : mode === 'bicubic' ? 'cubic' : undefined;
  c.keep(c.from < 20 && c.to >= 20 && renamed !== undefined ? { attributes: { mode: text(renamed) } } : {});
};

const dft: UpgradeRule = (c) => {
  if (c.from >= 20 || c.to < 20) { c.keep(); return; }
  c.keep({ inputs: [c.input(0), c.input(1), c.tensor([attrInt(c.node, 'axis', 1)], 'int64', [])], attributes: { axis: undefined } });
};

/** Scale and bias were per group before opset 21, and are per channel since. */
const groupNormalization: UpgradeRule = (c) => {
  if (c.from >= 21 || c.to < 21) { c.keep(); return; }
  const groups = attrInt(c.node, 'num_groups', 1), channels = c.dims(0)?.[1];
  if (typeof channels !== 'number') return c.fail('the number of channels is not known');
  const perChannel = (input: string): string => {
    const column = c.emit('Unsqueeze', [input, c.int64s([1])]);
    const tiled = c.emit('Expand', [column, c.int64s([groups, channels / groups])]);
    return c.emit('Reshape', [tiled, c.int64s([channels])]);
  };
  c.keep({ inputs: [c.input(0), perChannel(c.input(1)), perChannel(c.input(2))] });
};

/** PyTorch 0.2 wrote one pad for both ends, and gave 1-D windows the strides, dilations and pads of 2-D ones: the last entries count. */
const windows: UpgradeRule = (c) => {
  const rank = attrInts(c.node, 'kernel_shape', undefined)?.length ?? (c.rank(1) ?? 2) - 2;
  const pads = attrInts(c.node, 'pads', []), half = pads.length / 2;
  const trimmed: Record<string, ReturnType<typeof ints>> = {};
  for (const name of ['strides', 'dilations']) {
    const values = attrInts(c.node, name, []);
    if (rank > 0 && values.length > rank) trimmed[name] = ints(values.slice(-rank));
  }
  if (rank > 0 && pads.length === rank) trimmed.pads = ints([...pads, ...pads]);
  else if (rank > 0 && half > rank) trimmed.pads = ints([...pads.slice(half - rank, half), ...pads.slice(-rank)]);
  c.keep({ attributes: trimmed });
};

const keepWithout = (...names: readonly string[]): UpgradeRule => (c: UpgradeContext) => {
  c.keep({ attributes: Object.fromEntries(names.map((name) => [name, undefined])) });
};

const rename = (opType: string): UpgradeRule => (c) => { c.keep({ opType }); };

function each(rule: UpgradeRule, ...opTypes: readonly string[]): Readonly<Record<string, UpgradeRule>> {
  return Object.fromEntries(opTypes.map((opType) => [opType, rule]));
}

export const upgradeRules: ReadonlyMap<string, UpgradeRule> = new Map(Object.entries<UpgradeRule>({
  ...each(binary, 'Add', 'Sub', 'Mul', 'Div', 'Pow', 'And', 'Or', 'Xor', 'Equal', 'Greater', 'Less'),
  PRelu: prelu,
  Gemm: keepWithout('broadcast'),
  Cast: cast,
  Clip: clip,
  Selu: selu,
  Reshape: attributeToInput('shape', 1, 5),
  Concat: oldDefault('axis', int(1), 4),
  Pad: pad, Slice: slice, Split: split, TopK: topK, Tile: tile,
  Squeeze: unsqueezeLike, Unsqueeze: unsqueezeLike, ReduceSum: unsqueezeLike,
  ...each(reduceWithInputSince18, 'ReduceMean', 'ReduceMax', 'ReduceMin', 'ReduceProd', 'ReduceL1', 'ReduceL2', 'ReduceLogSum', 'ReduceLogSumExp', 'ReduceSumSquare'),
  ...each(windows, 'Conv', 'MaxPool', 'AveragePool'),
  ...each(softmaxLike, 'Softmax', 'LogSoftmax', 'Hardmax'),
  ...each(lpPool, 'LpPool', 'GlobalLpPool'),
  ...each(keepWithout('output_sequence'), 'LSTM', 'GRU', 'RNN'),
  BatchNormalization: batchNormalization, Dropout: dropout, Upsample: upsample, Resize: resize10,
  Scatter: rename('ScatterElements'),
  Scan: scan8,
  RoiAlign: oldDefault('coordinate_transformation_mode', text('output_half_pixel'), 16),
  GridSample: gridSample, DFT: dft, GroupNormalization: groupNormalization,
  ...legacyRules,
}));

