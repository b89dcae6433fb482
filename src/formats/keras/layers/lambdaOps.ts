/**
 * TensorFlow and keras.ops functions that stand among the layers of a functional model: TFOpLambda and SlicingOpLambda
 * of tf.keras, TensorFlowOpLayer of TensorFlow 1.14 to 2.3, and the operations of Keras 3.
 */
import { shown } from '../../badModelFile';
import { field, isObject } from '../config';
import { NotTranslatable, type KerasTensor, type LayerContext, type LayerTable, type LayerTranslator } from '../layer';
import { snakeCase } from '../weights';
import { emitTf, OpCall } from './lambdaOpsCall';
import { elementwiseRow, type OpRow } from './lambdaOpsElementwise';
import { readNodeDef } from './lambdaOpsNodeDef';
import { reduceRows } from './lambdaOpsReduce';
import { shapeRows } from './lambdaOpsShape';

/** Their functions share names with ordinary ones, but work on other things. */
const otherWorlds = /(^|\.)(strings|ragged|sparse|signal|random|bitwise|debugging|data|io|raw_ops|sets|audio)\./;

function rowOf(name: string): OpRow | undefined {
  if (otherWorlds.test(name)) return undefined;
  const last = name.slice(name.lastIndexOf('.') + 1).replace(/_v2$/, '');
  if (Object.hasOwn(shapeRows, last)) return shapeRows[last];
  if (Object.hasOwn(reduceRows, last)) return reduceRows[last];
  return elementwiseRow(last);
}

function emitRow(row: OpRow, call: OpCall): readonly KerasTensor[] {
  const made = row(call);
  return Array.isArray(made) ? made : [made as KerasTensor];
}

function opLambda(layer: LayerContext): readonly KerasTensor[] {
  const name = layer.config.string('function', '');
  const row = rowOf(name);
  if (!row) throw new NotTranslatable(`calls tf.${shown(name)}, which has no translation to ONNX here`);
  return emitRow(row, new OpCall(layer, name, false));
}

/** A node of TensorFlow's own; its constant inputs are in the config by their place. */
function opLayer(layer: LayerContext): readonly KerasTensor[] {
  const { op, attributes } = readNodeDef(layer.config.raw('node_def'));
  const constants = layer.config.raw('constants');
  const call = new OpCall(layer, op, false);
  const inputs: KerasTensor[] = [...layer.inputs];
  const places = Object.entries(isObject(constants) ? constants : {}).map(([place, value]) => ({ place: Number(place), value }));
  for (const { place, value } of places.sort((a, b) => a.place - b.place)) {
    const type = field(field(attributes, 'T'), 'type');
    const isFloat = type === 'DT_FLOAT' || type === 1 || type === 'DT_DOUBLE' || type === 'DT_HALF';
    const isWhole = [value].flat(8).every((item) => typeof item === 'number' && Number.isInteger(item));
    // Axes, shapes and permutations are whole numbers; operands have the node's type.
    const dtype = isFloat && (operandsOnly.has(op) || !isWhole) ? 'float32' : undefined;
    inputs.splice(place, 0, call.asFlow(value, dtype));
  }
  return emitTf(layer, op, inputs, attributes);
}

/** Ops all of whose inputs have the node's type T. */
const operandsOnly: ReadonlySet<string> = new Set([
  'Add', 'AddV2', 'Sub', 'Mul', 'Div', 'RealDiv', 'DivNoNan', 'MulNoNan', 'FloorDiv', 'FloorMod', 'Mod', 'Pow', 'Maximum', 'Minimum', 'SquaredDifference', 'Atan2',
  'Equal', 'NotEqual', 'Greater', 'GreaterEqual', 'Less', 'LessEqual', 'BiasAdd', 'MatMul', 'BatchMatMul', 'BatchMatMulV2', 'AddN', 'ClipByValue', 'Pack', 'Einsum', 'Select', 'SelectV2',
]);

export const lambdaOpLayers: LayerTable = { TFOpLambda: opLambda, SlicingOpLambda: opLambda, TensorFlowOpLayer: opLayer };

/**
 * The translator of a Keras 3 operation: a layer object whose module is 'keras.src.ops.…' (or 'keras.ops').
 * Its class is the function's name in capitals: 'ExpandDims'.
 */
export function operationTranslator(type: string): LayerTranslator | undefined {
  const name = snakeCase(type);
  const row = rowOf(name);
  return row && ((layer) => emitRow(row, new OpCall(layer, `keras.ops.${name}`, true)));
}

/** Whether a serialised layer is an operation of keras.ops. */
export function isOperation(module: unknown): boolean {
  return typeof module === 'string' && /^keras\.(src\.)?ops(\.|$)/.test(module);
}
