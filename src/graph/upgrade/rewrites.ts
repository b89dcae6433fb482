/** Upgrades that take more than moving an attribute. */
import type { Attribute, Dim, Graph } from '../graph';
import { attrFloat, attrGraph, attrInt, attrInts, attrString } from '../graph';
import { elementNumber } from '../inference/elementTypes';
import type { UpgradeRule } from './context';
import { int, ints, text } from './context';

/**
 * Before opset 13 the input was coerced to 2-D at `axis` (default 1), so that all axes from there on share one softmax.
 * One axis of size ≠ 1 among them is the new form's axis; otherwise Flatten, the op, Reshape.
 */
export const softmaxLike: UpgradeRule = (c) => {
  if (c.from >= 13) { c.keep(); return; }
  const dims = c.dims(0), axis = attrInt(c.node, 'axis', 1);
  if (dims !== undefined) {
    const from = axis < 0 ? axis + dims.length : axis;
    const wide = dims.map((dim, at) => at >= from && dim !== 1 ? at : -1).filter((at) => at >= 0);
    if (from === dims.length - 1 || wide.length <= 1) {
      // Counted from the end when it is the last axis: the form that everybody's fusions look for.
      const only = wide[0] ?? dims.length - 1;
      c.keep({ attributes: { axis: int(only === dims.length - 1 ? -1 : only) } });
      return;
    }
  }
  const flat = c.emit('Flatten', [c.input(0)], { axis: int(axis) });
  const result = c.emit(c.node.opType, [flat], { axis: int(-1) });
  const shape = reshapeTarget(dims);
  c.emit('Reshape', [result, shape === undefined ? c.emit('Shape', [c.input(0)]) : c.int64s(shape)], {}, c.node.outputs);
};

/** Dims for Reshape with at most one left open. */
function reshapeTarget(dims: readonly Dim[] | undefined): readonly number[] | undefined {
  if (dims === undefined || dims.filter((dim) => typeof dim !== 'number').length > 1 || dims.includes(0)) return undefined;
  return dims.map((dim) => typeof dim === 'number' ? dim : -1);
}

/**
 * is_test and spatial are gone. Per-activation statistics (spatial = 0) are written out:
 * y = (x - mean) / sqrt(var + ε) · scale + bias, with parameters of dims [C, ...] broadcast over N.
 */
export const batchNormalization: UpgradeRule = (c) => {
  const { node } = c;
  if (c.from >= 9 && !(c.from < 14 && c.to >= 14)) { c.keep(); return; }
  const inference = c.from < 7 && attrInt(node, 'is_test', 0) !== 0;
  const outputs = inference || node.outputs.slice(1).every((name) => name === '') ? node.outputs.slice(0, 1) : node.outputs;
  if (c.from < 9 && attrInt(node, 'spatial', 1) === 0 && (c.rank(0) ?? 4) > 2) {
    if (outputs.length > 1) return c.fail('per-activation statistics are wanted as outputs');
    const [x, scale, bias, mean, variance] = [0, 1, 2, 3, 4].map((index) => c.input(index)) as [string, string, string, string, string];
    const epsilon = c.tensor([attrFloat(node, 'epsilon', 1e-5)], c.dtype(0), []);
    const deviation = c.emit('Sqrt', [c.emit('Add', [variance, epsilon])]);
    const normal = c.emit('Div', [c.emit('Sub', [x, mean]), deviation]);
    c.emit('Add', [c.emit('Mul', [normal, scale]), bias], {}, outputs);
    return;
  }
  const training = c.to >= 14 && outputs.length > 1;
  if (training && outputs.slice(3).some((name) => name !== '')) return c.fail('its saved mean and variance are outputs no longer');
  c.keep({
    outputs: training ? outputs.slice(0, 3) : outputs,
    attributes: { is_test: undefined, spatial: undefined, ...(training ? { training_mode: int(1) } : {}) },
  });
};

/** Inference needs no ratio. The mask was a float tensor before opset 10, all ones outside training. */
export const dropout: UpgradeRule = (c) => {
  if (c.from >= 12) { c.keep(); return; }
  const [y = '', mask = ''] = c.node.outputs;
  const dropped = { ratio: undefined, is_test: undefined, seed: undefined };
  if (mask === '') { c.keep({ outputs: [y], attributes: dropped }); return; }
  if (c.from >= 10) { c.keep({ attributes: dropped }); return; }
  const flags = c.scope.fresh('mask');
  c.keep({ outputs: [y, flags], attributes: dropped });
  c.emit('Cast', [flags], { to: int(elementNumber(c.dtype(0))) }, [mask]);
};

/** Upsample is a Resize with asymmetric coordinates, the nearest pixel below. */
export const upsample: UpgradeRule = (c) => {
  const { node } = c;
  const listed = c.attribute('scales');
  const mode = attrString(node, 'mode', 'nearest') === 'nearest' ? 'nearest' : 'linear';
  const scales = c.from >= 9 ? c.input(1)
    : listed?.kind === 'floats' ? c.tensor(listed.value, 'float32', [listed.value.length])
    : c.tensor([1, 1, attrFloat(node, 'height_scale', 1), attrFloat(node, 'width_scale', 1)], 'float32', [4]);
  c.emit('Resize', [c.input(0), '', scales], resizeAttributes(mode, 'floor'), node.outputs);
};

function resizeAttributes(mode: string, nearest: 'floor' | 'ceil'): Readonly<Record<string, ReturnType<typeof text>>> {
  return {
    mode: text(mode), coordinate_transformation_mode: text('asymmetric'),
    ...(mode === 'nearest' ? { nearest_mode: text(nearest) } : {}),
  };
}

/**
 * Resize 10: asymmetric; nearest rounds down along axes that grow and up along axes that shrink (ONNX Runtime's
 * "simple" mode), so growing and shrinking axes at once take two nodes.
 */
export const resize10: UpgradeRule = (c) => {
  if (c.from >= 11) { c.keep(); return; }
  const mode = attrString(c.node, 'mode', 'nearest');
  const scales = c.constant(1);
  const shrinks = scales?.some((scale) => scale < 1) ?? false, grows = scales?.some((scale) => scale > 1) ?? false;
  if (mode !== 'nearest' || !shrinks || !grows) {
    c.emit('Resize', [c.input(0), '', c.input(1)], resizeAttributes(mode, shrinks ? 'ceil' : 'floor'), c.node.outputs);
    return;
  }
  const part = (wanted: (scale: number) => boolean): string => c.tensor(scales!.map((scale) => wanted(scale) ? scale : 1), 'float32', [scales!.length]);
  const small = c.emit('Resize', [c.input(0), '', part((scale) => scale < 1)], resizeAttributes(mode, 'ceil'));
  c.emit('Resize', [small, '', part((scale) => scale > 1)], resizeAttributes(mode, 'floor'), c.node.outputs);
};

/** Scan 8 ran over a batch: every batch item is scanned by itself, so it is a Scan within a Scan. */
export const scan8: UpgradeRule = (c) => {
  const { node } = c;
  if (c.from >= 9) { c.keep(); return; }
  const body = attrGraph(node, 'body');
  if (body === undefined) return c.fail('it has no body');
  if (c.input(0) !== '') return c.fail('sequence lengths are no longer an input');
  const inputs = node.inputs.slice(1), scanned = attrInt(node, 'num_scan_inputs', 0), states = inputs.length - scanned;
  const directions = attrInts(node, 'directions', undefined);
  const port = (name: string): Graph['inputs'][number] => ({ name, type: { kind: 'unknown' } });
  const typed = (name: string, index: number): Graph['inputs'][number] => {
    const type = body.inputs[index]?.type;
    // A scanned input has one more axis in the item than in the body.
    return { name, type: type?.kind === 'tensor' ? { kind: 'tensor', dtype: type.dtype, dims: index < states ? type.dims : type.dims && [null, ...type.dims] } : { kind: 'unknown' } };
  };
  const itemInputs = inputs.map((_, index) => typed(c.scope.fresh('item'), index));
  const itemOutputs = node.outputs.map(() => port(c.scope.fresh('item')));
  const inner = {
    name: c.scope.fresh('Scan'), opType: 'Scan', domain: '', inputs: itemInputs.map(({ name }) => name), outputs: itemOutputs.map(({ name }) => name),
    attributes: new Map<string, Attribute>([
      ['body', { kind: 'graph', value: body }], ['num_scan_inputs', int(scanned)],
      ...(directions === undefined ? [] : [['scan_input_directions', ints(directions)] as const]),
    ]),
  };
  const item: Graph = { name: c.scope.fresh('item'), inputs: itemInputs, outputs: itemOutputs, nodes: [inner], initializers: new Map(), valueInfo: new Map() };
  c.emit('Scan', inputs, { body: { kind: 'graph', value: item }, num_scan_inputs: int(inputs.length) }, node.outputs);
};

