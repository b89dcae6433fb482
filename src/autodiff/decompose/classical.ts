/** ai.onnx.ml operators that are smooth: scaling, linear models, normalisers and support vector regression. */
import type { Node } from '../../graph/graph';
import { attrFloats, attrInt, attrInts, attrString } from '../../graph/graph';
import type { GraphBuilder } from '../../graph/builder';
import type { Around, Decomposition, DecompositionTable } from './decomposition';

/** Inputs of any numeric type are computed with in float32, as the operators do. */
function real(node: Node, { b, dtype }: Around): string {
  const x = node.inputs[0]!;
  return dtype(x) === 'float32' ? x : b.cast(x, 'float32');
}

/** (x − offset)·scale; one number for all columns, or one for each. */
const scaler: Decomposition = (node, around) => {
  const { b } = around, scale = attrFloats(node, 'scale', []), offset = attrFloats(node, 'offset', []);
  return [b.op('Mul', [b.op('Sub', [real(node, around), b.constant([...offset], 'float32')]), b.constant([...scale], 'float32')])];
};

function postTransform(b: GraphBuilder, scores: string, name: string): string | undefined {
  switch (name) {
    case 'NONE': return scores;
    case 'LOGISTIC': return b.op('Sigmoid', [scores]);
    case 'SOFTMAX': return b.op('Softmax', [scores], { axis: -1 });
    default: return undefined;
  }
}

/** x [N, F]·coefficients [targets, F]ᵀ + intercepts */
function linearScores(node: Node, around: Around, targets: number): string | undefined {
  const { b, dims } = around, shape = dims(node.inputs[0]!), coefficients = attrFloats(node, 'coefficients', []), intercepts = attrFloats(node, 'intercepts', []);
  if (shape?.length !== 2 || coefficients.length !== targets * shape[1]!) return undefined;
  const product = b.op('MatMul', [real(node, around), b.transpose(b.constant([...coefficients], 'float32', [targets, shape[1]!]), [1, 0])]);
  return intercepts.length === targets ? b.op('Add', [product, b.constant([...intercepts], 'float32')]) : intercepts.length === 0 ? product : undefined;
}

const linearRegressor: Decomposition = (node, around) => {
  const scores = linearScores(node, around, attrInt(node, 'targets', 1));
  const y = scores === undefined ? undefined : postTransform(around.b, scores, attrString(node, 'post_transform', 'NONE'));
  return y === undefined ? undefined : [y];
};

/** The scores; labels are left to the operator. One row of coefficients for two classes is not written out. */
const linearClassifier: Decomposition = (node, around) => {
  const strings = node.attributes.get('classlabels_strings'), classes = strings?.kind === 'strings' && strings.value.length > 0 ? strings.value.length : attrInts(node, 'classlabels_ints', []).length;
  const scores = classes > 0 ? linearScores(node, around, classes) : undefined;
  const y = scores === undefined ? undefined : postTransform(around.b, scores, attrString(node, 'post_transform', 'NONE'));
  return y === undefined ? undefined : ['', y];
};

/** Rows divided by their largest value, the sum of their magnitudes, or their length. */
const normalizer: Decomposition = (node, around) => {
  const { b } = around, x = real(node, around), kind = attrString(node, 'norm', 'MAX');
  const norm = kind === 'MAX' ? b.reduce('ReduceMax', x, [1]) : kind === 'L1' ? b.reduce('ReduceSum', b.op('Abs', [x]), [1]) : kind === 'L2' ? b.reduce('ReduceL2', x, [1]) : undefined;
  return norm === undefined ? undefined : [b.op('Div', [x, norm])];
};

/** Values that say 'missing' are replaced; NaN is the usual one. */
const imputer: Decomposition = (node, around) => {
  const { b } = around, x = real(node, around), values = attrFloats(node, 'imputed_value_floats', []), replaced = node.attributes.get('replaced_value_float');
  if (values.length === 0) return undefined;
  const missing = replaced?.kind !== 'float' || Number.isNaN(replaced.value) ? b.op('IsNaN', [x]) : b.op('Equal', [x, b.constant(replaced.value, 'float32')]);
  return [b.op('Where', [missing, b.constant([...values], 'float32'), x])];
};

/** Columns side by side, in float32. */
const featureVectorizer: Decomposition = (node, { b, dtype }) => [b.concat(node.inputs.map((input) => (dtype(input) === 'float32' ? input : b.cast(input, 'float32'))), 1)];

/** Columns by their numbers. */
const arrayFeatureExtractor: Decomposition = (node, { b, dims }) => {
  const shape = dims(node.inputs[0]!);
  return shape && shape.length > 1 ? [b.op('Gather', [node.inputs[0]!, b.reshape(node.inputs[1]!, [-1])], { axis: shape.length - 1 })] : undefined;
};

/** Σ coefficient·kernel(x, support vector) + rho */
const svmRegressor: Decomposition = (node, around) => {
  const { b, dims } = around, shape = dims(node.inputs[0]!), [gamma = 0, coef0 = 0, degree = 3] = attrFloats(node, 'kernel_params', []);
  const coefficients = attrFloats(node, 'coefficients', []), vectors = attrFloats(node, 'support_vectors', []), count = attrInt(node, 'n_supports', 0), rho = attrFloats(node, 'rho', [0])[0]!;
  if (shape?.length !== 2 || attrInt(node, 'one_class', 0) !== 0 || attrString(node, 'post_transform', 'NONE') !== 'NONE') return undefined;
  const features = shape[1]!, x = real(node, around), number = (value: number): string => b.constant(value, 'float32');
  const kind = count > 0 ? attrString(node, 'kernel_type', 'LINEAR') : 'LINEAR', rows = count > 0 ? count : 1;
  const table = count > 0 ? vectors : coefficients;
  if (table.length !== rows * features || (count > 0 && coefficients.length !== count)) return undefined;
  const product = b.op('MatMul', [x, b.transpose(b.constant([...table], 'float32', [rows, features]), [1, 0])]);
  let kernel: string;
  switch (kind) {
    case 'LINEAR': kernel = product; break;
    case 'POLY': kernel = b.op('Pow', [b.op('Add', [b.op('Mul', [product, number(gamma)]), number(coef0)]), number(degree)]); break;
    case 'SIGMOID': kernel = b.op('Tanh', [b.op('Add', [b.op('Mul', [product, number(gamma)]), number(coef0)])]); break;
    case 'RBF': {
      // exp(−γ·|x − v|²), from differences: the expanded square loses digits where x is near v.
      const apart = b.op('Sub', [b.unsqueeze(x, [1]), b.constant([...table], 'float32', [1, rows, features])]);
      kernel = b.op('Exp', [b.op('Mul', [b.reduce('ReduceSum', b.op('Mul', [apart, apart]), [2], false), number(-gamma)])]);
      break;
    }
    default: return undefined;
  }
  const sum = count > 0 ? b.op('MatMul', [kernel, b.constant([...coefficients], 'float32', [count, 1])]) : kernel;
  return [b.op('Add', [sum, number(rho)])];
};

export const classicalDecompositions: DecompositionTable = {
  'ai.onnx.ml:Scaler': scaler, 'ai.onnx.ml:LinearRegressor': linearRegressor, 'ai.onnx.ml:LinearClassifier': linearClassifier,
  'ai.onnx.ml:Normalizer': normalizer, 'ai.onnx.ml:Imputer': imputer, 'ai.onnx.ml:FeatureVectorizer': featureVectorizer,
  'ai.onnx.ml:ArrayFeatureExtractor': arrayFeatureExtractor, 'ai.onnx.ml:SVMRegressor': svmRegressor,
};
