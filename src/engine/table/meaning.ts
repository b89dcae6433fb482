/** What a model says of a row: probabilities of classes, or values; and which of them a row's label is. */
import type { Table } from '../../data/tables/readTable';
import type { Resolved } from '../../data/spec';
import type { ModelFile, Node } from '../../graph/graph';
import type { PortInfo } from '../../methods/model';
import { LensError } from '../../protocol/rpc';
import { isFloat } from '../../tensor/dtype';
import { chooseOutput, type ClassOutput } from '../classes';
import type { LoadedModel } from '../loadedModel';

/** How the numbers of an output become the model's statement of a row. */
export type Reading =
  /** Probabilities as they are. */
  | 'probabilities'
  /** Scores that a softmax makes probabilities. */
  | 'softmax'
  /** One probability: of the second of two classes. */
  | 'one'
  /** One score that a sigmoid makes that probability. */
  | 'sigmoid'
  /** The class itself, without scores. */
  | 'class'
  | 'values';

export interface Meaning {
  readonly task: 'classification' | 'regression';
  readonly reading: Reading;
  readonly port: PortInfo;
  /** The value before the final softmax or sigmoid, where there is one. */
  readonly logits?: string;
  /** Names of what is predicted: classes, or values. */
  readonly outputs: readonly string[];
  /** Classes as the model's own label output says them, where that is read. */
  readonly words?: readonly string[];
  readonly assumed: readonly string[];
}

export interface MeaningRequest {
  readonly model: LoadedModel;
  readonly resolved: Resolved;
  /** Class names inside of the model, by output. */
  readonly inner: ReadonlyMap<string, readonly string[]>;
  readonly table: Table;
  /** Place of the label's column. */
  readonly label?: number;
  readonly output?: string;
}

/** @throws LensError where no output says anything of a row. */
export function meaningOf(request: MeaningRequest): Meaning {
  const { model, resolved, inner, table, label, output: wanted } = request, truth = label === undefined ? undefined : table.columns[label]!;
  let output: ClassOutput;
  try {
    output = chooseOutput(model, resolved, inner, wanted);
  } catch (error) {
    const classes = classPort(model, wanted);
    if (!classes || !(error instanceof LensError)) throw error;
    return classMeaning(request, classes);
  }
  const { port, logits } = output, stated = resolved.outputs.find(({ name }) => name === port.name)?.kind, { kind } = model.activationOf(port.name);
  const size = widthOf(model, port), assumed: string[] = [];
  const base = { port, ...(logits !== undefined && { logits }) };
  const known = output.labels ?? classWords(model.file, size);
  if (size === 1) {
    const two = truth && truth.distinct === 2 ? classNames(table, label!) : undefined;
    const probability = stated === 'probabilities' || kind === 'Sigmoid' || kind === 'Softmax';
    if (stated === 'logits' || probability) {
      const names = known?.length === 2 ? known : two ?? [`not ${known?.[0] ?? port.name}`, known?.[0] ?? port.name];
      if (two && known?.length !== 2) assumed.push(`Output '${port.name}' is taken as the probability of '${names[1]}', not of '${names[0]}'.`);
      return { ...base, task: 'classification', reading: probability ? 'one' : 'sigmoid', outputs: names, assumed };
    }
    return { ...base, task: 'regression', reading: 'values', outputs: [known?.[0] ?? port.name], assumed };
  }
  const continuous = truth?.numeric === true && truth.type === 'number';
  const plain = kind === undefined && stated === undefined && !hasClassifier(model.file) && !known;
  if (stated === 'scores' || (plain && (continuous || (truth?.numeric === true && truth.distinct > size)))) {
    assumed.push(`The ${size} numbers of output '${port.name}' are taken as values, not as classes.`);
    return { ...base, task: 'regression', reading: 'values', outputs: known ?? Array.from({ length: size }, (_, k) => `${port.name}[${k}]`), assumed };
  }
  const names = known?.length === size ? known : namesFrom(table, label, size, assumed);
  const raw = output.returnsLogits && !hasClassifier(model.file);
  if (raw && stated === undefined) assumed.push(`Output '${port.name}' ends in no softmax: its numbers are taken as logits, and one is applied.`);
  return { ...base, task: 'classification', reading: raw ? 'softmax' : 'probabilities', outputs: names, assumed };
}

function namesFrom(table: Table, label: number | undefined, size: number, assumed: string[]): readonly string[] {
  const found = label === undefined ? undefined : classNames(table, label);
  if (found?.length !== size) return Array.from({ length: size }, (_, k) => `class ${k}`);
  assumed.push(`The ${size} classes are taken to be ${found.slice(0, 5).map((name) => `'${name}'`).join(', ')}${size > 5 ? ', …' : ''}, in this order.`);
  return found;
}

/** Classes a label column tells of: the names of a first line of counts, its words, or its whole numbers, in order. */
export function classNames(table: Table, label: number): readonly string[] | undefined {
  const column = table.columns[label]!;
  if (table.classNames && label === table.columns.length - 1) return table.classNames;
  if (column.categories) return column.categories;
  if (column.distinct > 1000) return undefined;
  return [...new Set(column.numbers.filter((value) => !Number.isNaN(value)))].sort((a, b) => a - b).map(String);
}

/** What each row really is: a class's place among the outputs, or a value; NaN where that is not told. */
export function labelsOf(table: Table, label: number, { task, outputs, words }: Pick<Meaning, 'task' | 'outputs' | 'words'>): Float64Array | undefined {
  const column = table.columns[label]!;
  if (task === 'regression') return column.numeric ? column.numbers : undefined;
  const own = words ?? outputs, key = (text: string): string => text.trim().toLowerCase();
  const places = new Map(own.map((name, place) => [key(name), place] as const));
  const found = Float64Array.from(column.cells, (cell, row) => places.get(key(cell)) ?? places.get(String(column.numbers[row])) ?? NaN);
  const usable = (values: Float64Array): boolean => values.some((value) => !Number.isNaN(value));
  if (usable(found) && found.filter(Number.isNaN).length <= 0.5 * found.length) return found;
  // Other words for the same classes: as many, in the same order; or places counted from 0.
  const names = classNames(table, label);
  const order = names?.length === own.length ? new Map(names.map((name, place) => [key(name), place])) : undefined;
  if (order && !table.classNames) return Float64Array.from(column.cells, (cell, row) => order.get(key(cell)) ?? order.get(String(column.numbers[row])) ?? NaN);
  if (column.numeric && (column.minimum ?? -1) >= 0 && (column.maximum ?? Infinity) < own.length) return column.numbers;
  return undefined;
}

/** An output that says the class itself. */
function classPort(model: LoadedModel, wanted: string | undefined): PortInfo | undefined {
  return model.outputs.find(({ name, dtype }) => (wanted === undefined ? /label|class|pred/i.test(name) || model.outputs.length === 1 : name === wanted) && ['int64', 'int32', 'string'].includes(dtype));
}

function classMeaning({ model, table, label }: MeaningRequest, port: PortInfo): Meaning {
  const words = classWords(model.file) ?? (label === undefined ? undefined : classNames(table, label));
  if (!words) throw new LensError('unsupported', `output '${port.name}' says a class (${port.dtype}) without scores, and nothing tells which classes there are`, 'give a table with a label column, or name the classes in MODEL.lens.json');
  return { task: 'classification', reading: 'class', port, outputs: words, words, assumed: [`Output '${port.name}' says the class without a score: it counts as a probability of 1.`] };
}

function widthOf(model: LoadedModel, port: PortInfo): number {
  const type = model.typeOf(port.name), dims = type?.kind === 'tensor' && type.dims ? type.dims : port.dims;
  return dims.slice(dims.length > 1 ? 1 : 0).reduce<number>((product, dim) => product * (typeof dim === 'number' ? dim : 1), 1);
}

/** ONNX-ML classifiers return probabilities, or scores that are compared as they are. */
const classifierOf = ({ graph }: ModelFile): Node | undefined => graph.nodes.find(({ domain, opType }) => domain === 'ai.onnx.ml' && /Classifier$/.test(opType));
const hasClassifier = (file: ModelFile): boolean => classifierOf(file) !== undefined;

/** Names that a classifier of ONNX-ML has for its classes. */
function classWords(file: ModelFile, size?: number): readonly string[] | undefined {
  const attributes = classifierOf(file)?.attributes;
  const strings = attributes?.get('classlabels_strings') ?? attributes?.get('classlabels_string'), ints = attributes?.get('classlabels_int64s') ?? attributes?.get('classlabels_ints');
  const words = strings?.kind === 'strings' ? strings.value.map((bytes) => new TextDecoder().decode(bytes)) : ints?.kind === 'ints' ? ints.value.map(String) : undefined;
  return words?.length && (size === undefined || words.length === size || (size === 1 && words.length === 2)) ? words : undefined;
}

/** Whether the output's numbers are real. */
export function isReal({ port }: Pick<Meaning, 'port'>): boolean {
  return isFloat(port.dtype);
}
