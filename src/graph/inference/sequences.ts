/** Sequences, optionals and strings. */
import type { Dim, ValueType } from '../graph';
import { attrGraph } from '../graph';
import type { InferRule, InferTable, OpContext, Value } from './context';
import { tensor } from './context';
import { widenValue } from './control';
import { allNumbers, axisOf } from './dims';
import { elementType } from './elementTypes';

/** What is known of a sequence's elements. */
function element(c: OpContext, index: number): Value {
  const type = c.value(index)?.type;
  return { type: type?.kind === 'sequence' || type?.kind === 'optional' ? type.element : { kind: 'unknown' } };
}

function sequenceOf(value: Value | undefined): Value {
  return { type: { kind: 'sequence', element: value?.type ?? { kind: 'unknown' } } };
}

const construct: InferRule = (c) => {
  let merged = c.value(0);
  for (let index = 1; index < c.node.inputs.length; index++) merged = widenValue(merged, c.value(index));
  return [sequenceOf(merged)];
};

/** Sequences made empty take the type of what is inserted. */
const insert: InferRule = (c) => {
  const before = element(c, 0), type = before.type;
  const empty = type.kind === 'unknown' || (type.kind === 'tensor' && type.dims === undefined);
  return [sequenceOf(empty ? withoutDims(c.value(1)) : widenValue(before, c.value(1)))];
};

function withoutDims(value: Value | undefined): Value | undefined {
  return value?.type.kind === 'tensor' ? tensor(value.type.dtype) : value;
}

/** Without `split` pieces of 1 (dropped axis unless keepdims); a scalar: pieces of that size, the last may be smaller. */
const splitToSequence: InferRule = (c) => {
  const x = c.dims(0);
  if (x === undefined) return [sequenceOf(tensor(c.dtype(0)))];
  const axis = axisOf(c.int('axis', 0), x.length);
  if (!c.has(1)) {
    const keep = c.int('keepdims', 1) === 1;
    return [sequenceOf(tensor(c.dtype(0), keep ? x.map((dim, at) => at === axis ? 1 : dim) : x.filter((_, at) => at !== axis)))];
  }
  const sizes = c.numbers(1);
  const whole = x[axis];
  const even = sizes !== undefined && (c.rank(1) === 0
    ? typeof whole === 'number' && whole % sizes[0]! === 0
    : sizes.every((size) => size === sizes[0]));
  const size: Dim = even ? sizes[0] ?? null : null;
  return [sequenceOf(tensor(c.dtype(0), x.map((dim, at) => at === axis ? size : dim)))];
};

const concatFromSequence: InferRule = (c) => {
  const { type } = element(c, 0);
  if (type.kind !== 'tensor') return [];
  if (type.dims === undefined) return [tensor(type.dtype)];
  const fresh = c.int('new_axis', 0) === 1;
  const axis = axisOf(c.int('axis', 0), type.dims.length + (fresh ? 1 : 0));
  const dims: Dim[] = [...type.dims];
  dims.splice(axis, fresh ? 0 : 1, null);
  return [tensor(type.dtype, dims)];
};

const sequenceMap: InferRule = (c) => {
  const body = attrGraph(c.node, 'body');
  if (body === undefined) return [];
  const inputs = c.node.inputs.map((_, index) => c.value(index)?.type.kind === 'sequence' ? element(c, index) : c.value(index));
  return c.inferSubgraph(body, inputs).map(sequenceOf);
};

const optional: InferRule = (c) => {
  const attr = c.node.attributes.get('type');
  const inner: ValueType = c.value(0)?.type ?? (attr?.kind === 'type' ? attr.value : { kind: 'unknown' });
  return [{ type: { kind: 'optional', element: inner } }];
};

const stringSplit: InferRule = (c) => [tensor('string', c.dims(0) && [...c.dims(0)!, null]), tensor('int64', c.dims(0))];

/** The number of distinct outputs is the largest ngram index + 1. */
const tfIdf: InferRule = (c) => {
  const x = c.dims(0), indexes = c.ints('ngram_indexes');
  const size: Dim = indexes ? indexes.reduce((most, index) => Math.max(most, index), -1) + 1 : null;
  return [tensor('float32', x && [...x.slice(0, -1), size])];
};

/** Stop words are dropped, so the count depends on the text, unless there are none. */
const stringNormalizer: InferRule = (c) => {
  const x = c.dims(0);
  const stops = c.node.attributes.get('stopwords');
  const same = stops === undefined || (stops.kind === 'strings' && stops.value.length === 0);
  return [tensor('string', same ? x : x?.map((dim, at) => at === x.length - 1 ? null : dim))];
};

export const sequenceRules: InferTable = {
  SequenceConstruct: construct, SequenceInsert: insert,
  SequenceEmpty: (c) => [sequenceOf(tensor(elementType(c.int('dtype', 1))))],
  SequenceErase: (c) => [c.value(0)],
  SequenceAt: (c) => [element(c, 0)],
  SequenceLength: () => [tensor('int64', [])],
  SequenceMap: sequenceMap,
  SplitToSequence: splitToSequence, ConcatFromSequence: concatFromSequence,
  Optional: optional,
  OptionalHasElement: () => [tensor('bool', [])],
  OptionalGetElement: (c) => [c.value(0)?.type.kind === 'optional' ? element(c, 0) : c.value(0)],
  StringSplit: stringSplit, TfIdfVectorizer: tfIdf, StringNormalizer: stringNormalizer,
};

/** DFT [batch, signal…, 1 or 2] → the same with 2 at the end; one-sided keeps half of the axis and one. */
const dft: InferRule = (c) => {
  const x = c.dims(0);
  if (x === undefined) return [tensor(c.dtype(0))];
  const at = c.opset < 20 ? c.int('axis', 1) : c.has(2) ? c.numbers(2)?.[0] : -2;
  if (at === undefined) return [tensor(c.dtype(0), x.map(() => null))];
  const axis = axisOf(at, x.length);
  const length: Dim = c.has(1) ? c.data(1)?.items[0] ?? null : x[axis]!;
  const onesided = c.int('onesided', 0) === 1, inverse = c.int('inverse', 0) === 1;
  // Half a spectrum of n bins comes from 2(n - 1) samples, unless the length is given.
  const size: Dim = !onesided ? length : inverse ? (c.has(1) ? length : typeof length === 'number' ? 2 * (length - 1) : null) : typeof length === 'number' ? Math.floor(length / 2) + 1 : null;
  return [tensor(c.dtype(0), x.map((dim, at) => at === x.length - 1 ? (onesided && inverse ? 1 : 2) : at === axis ? size : dim))];
};

/** signal [batch, length, 1 or 2] → [batch, frames, bins, 2]. */
const stft: InferRule = (c) => {
  const x = c.dims(0), step = c.numbers(1)?.[0];
  const frame: Dim = c.has(3) ? c.data(3)?.items[0] ?? null : c.dims(2)?.[0] ?? null;
  const known = x !== undefined && step !== undefined && allNumbers([x[1]!, frame]);
  const frames = known ? Math.floor((Number(x[1]) - Number(frame)) / step) + 1 : null;
  const bins = typeof frame !== 'number' ? null : c.int('onesided', 1) === 1 ? Math.floor(frame / 2) + 1 : frame;
  return [tensor(c.dtype(0), [x?.[0] ?? null, frames, bins, 2])];
};

export const signalRules: InferTable = { DFT: dft, STFT: stft };

/** Losses: 'none' keeps the labels' dims, else a scalar. */
const loss: InferRule = (c) => [
  tensor(c.dtype(0), c.string('reduction', 'mean') === 'none' ? c.dims(1) : []),
  ...(c.node.opType === 'SoftmaxCrossEntropyLoss' ? [tensor(c.dtype(0), c.dims(0))] : []),
];

export const lossRules: InferTable = { NegativeLogLikelihoodLoss: loss, SoftmaxCrossEntropyLoss: loss };
