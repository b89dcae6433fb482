/** ai.onnx.ml: classical machine learning. Rows are samples: [N, features]. */
import type { DType } from '../../tensor/dtype';
import type { Attribute, Dim } from '../graph';
import { initializerType } from '../graph';
import type { InferRule, InferTable, OpContext } from './context';
import { sameRule, tensor } from './context';
import { add } from './dims';

/** Length of a list attribute. */
function listLength(c: OpContext, ...names: readonly string[]): number | undefined {
  for (const name of names) {
    const attr: Attribute | undefined = c.node.attributes.get(name);
    if (attr?.kind === 'ints' || attr?.kind === 'floats' || attr?.kind === 'strings') return attr.value.length;
    if (attr?.kind === 'tensor') return initializerType(attr.value).dims[0] ?? 1;
  }
  return undefined;
}

/** Samples: the first axis; a vector is one sample per element or one sample, which runtimes decide. */
function samples(c: OpContext): Dim {
  const x = c.dims(0);
  return x === undefined ? null : x.length === 0 ? 1 : x.length === 1 ? null : x[0]!;
}

function hasStringLabels(c: OpContext): boolean {
  return (listLength(c, 'classlabels_strings', 'classlabels_string') ?? 0) > 0;
}

/** Labels [N] and scores [N, classes]; a binary classifier with one score writes two. */
function classifier(classes: (c: OpContext) => number | undefined): InferRule {
  return (c) => {
    const label: DType = hasStringLabels(c) ? 'string' : 'int64';
    return [tensor(label, [samples(c)]), tensor('float32', [samples(c), classes(c) ?? null])];
  };
}

const labels = (c: OpContext): number | undefined =>
  listLength(c, 'classlabels_strings', 'classlabels_int64s', 'classlabels_ints');

function regressor(targets: (c: OpContext) => number): InferRule {
  return (c) => [tensor('float32', [samples(c), targets(c)])];
}

/** Linear classifiers write one score per class label; with one row of coefficients they write both of two. */
const linearClassifier: InferRule = (c) => {
  const classes = labels(c);
  return [tensor(hasStringLabels(c) ? 'string' : 'int64', [samples(c)]), tensor('float32', [samples(c), classes ?? listLength(c, 'intercepts') ?? null])];
};

/** Without probabilities an SVM writes a score per pair of classes. */
const svmClassifier: InferRule = (c) => {
  const classes = labels(c) ?? listLength(c, 'vectors_per_class');
  const probabilities = (listLength(c, 'prob_a') ?? 0) > 0;
  const linear = (listLength(c, 'vectors_per_class') ?? 0) === 0;
  const scores: Dim = classes === undefined ? null : probabilities || linear || classes <= 2 ? classes : null;
  return [tensor(hasStringLabels(c) ? 'string' : 'int64', [samples(c)]), tensor('float32', [samples(c), scores])];
};

/** Scores [N, classes] → a sequence of maps from label to score. */
const zipMap: InferRule = (c) => [{
  type: {
    kind: 'sequence',
    element: {
      kind: 'map',
      key: (listLength(c, 'classlabels_strings') ?? 0) > 0 ? 'string' : 'int64',
      value: { kind: 'tensor', dtype: 'float32', dims: [] },
    },
  },
}];

const oneHot: InferRule = (c) => {
  const x = c.dims(0);
  return [tensor('float32', x && [...x, listLength(c, 'cats_int64s', 'cats_strings') ?? null])];
};

/** The values' type: values_* attribute lists, or a tensor since version 4; in version 1 the other kind of label. */
const labelEncoder: InferRule = (c) => {
  const attributes = c.node.attributes;
  const values = attributes.get('values_tensor');
  const dtype: DType = values?.kind === 'tensor' ? initializerType(values.value).dtype
    : attributes.has('values_strings') ? 'string' : attributes.has('values_int64s') ? 'int64' : attributes.has('values_floats') ? 'float32'
    : c.dtype(0) === 'string' ? 'int64' : 'string';
  return [tensor(dtype, c.dims(0))];
};

/** X [..., features], Y indices [k] → [..., k]; a vector becomes one row. */
const arrayFeatureExtractor: InferRule = (c) => {
  const x = c.dims(0), y = c.dims(1);
  if (x === undefined || y === undefined) return [tensor(c.dtype(0))];
  const count = y.reduce<Dim>((total, dim) => typeof total === 'number' && typeof dim === 'number' ? total * dim : null, 1);
  return [tensor(c.dtype(0), x.length <= 1 ? [1, count] : [...x.slice(0, -1), count])];
};

/** Columns of all inputs side by side. */
const featureVectorizer: InferRule = (c) => {
  const given = c.ints('inputdimensions');
  const width = c.node.inputs.reduce<Dim>((sum, _, index) => {
    const dims = c.dims(index);
    const declared = given?.[index];
    return add(sum, declared ?? (dims === undefined ? null : dims.length === 1 ? 1 : dims[1] ?? null));
  }, 0);
  const first = c.dims(0);
  return [tensor('float32', [first?.length === 2 ? first[0]! : null, width])];
};

const like: InferRule = (c) => [tensor(c.dtype(0), c.dims(0))];
const asFloat: InferRule = (c) => [tensor('float32', c.dims(0))];

export const mlRules: InferTable = {
  TreeEnsembleClassifier: classifier((c) => labels(c)),
  TreeEnsembleRegressor: regressor((c) => c.int('n_targets', 1)),
  TreeEnsemble: (c) => [tensor(c.dtype(0), [samples(c), c.int('n_targets', 1)])],
  LinearClassifier: linearClassifier,
  LinearRegressor: regressor((c) => c.int('targets', 1)),
  SVMClassifier: svmClassifier,
  SVMRegressor: regressor(() => 1),
  ZipMap: zipMap,
  ...sameRule(asFloat, 'Scaler', 'Normalizer'),
  ...sameRule(like, 'Imputer', 'Binarizer'),
  OneHotEncoder: oneHot,
  LabelEncoder: labelEncoder,
  CategoryMapper: (c) => [tensor(c.dtype(0) === 'string' ? 'int64' : 'string', c.dims(0))],
  ArrayFeatureExtractor: arrayFeatureExtractor,
  FeatureVectorizer: featureVectorizer,
  DictVectorizer: (c) => {
    const type = c.value(0)?.type;
    const value = type?.kind === 'map' && type.value.kind === 'tensor' ? type.value.dtype : 'undefined';
    return [tensor(value, [1, listLength(c, 'string_vocabulary', 'int64_vocabulary') ?? null])];
  },
  CastMap: (c) => [tensor({ TO_FLOAT: 'float32', TO_STRING: 'string', TO_INT64: 'int64' }[c.string('cast_to', 'TO_FLOAT')] as DType ?? 'undefined', [1, null])],
};
