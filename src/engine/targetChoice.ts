/** From what a person asks for to the scalar that is explained: reads the text, looks at the model, and says it in words. */
import { findClass, chooseOutput, classOutputs, chooseTarget, isLabel, labelOf, predictSample, type ClassOutput, type Predicted } from './classes';
import { prepareInput, type PreparedInput } from './inputs';
import type { Prepared } from './prepare';
import { boxWords, detectedTarget } from './detectedTarget';
import { predictionOf } from './detected';
import { maskNames, readOutputs } from './readOutputs';
import { maskLayout, regionCells, type Region } from './targetRegion';
import { bad, parseTarget, selectElements, type TargetText } from './targetText';
import { findValue, type FoundValue } from './targetValue';
import { classesOf } from '../data/labels';
import type { Feeds, Target, TargetCombination } from '../methods/model';
import type { ClassScore, Prediction, TargetChoice, TargetWords } from '../protocol/engine';
import { LensError } from '../protocol/rpc';
import { toFloat32 } from '../tensor/convert';

export interface ChosenTarget {
  readonly prediction: Prediction;
  readonly target: Target;
  readonly words: TargetWords;
  /** Absolute path of the other input of a similarity. */
  readonly reference?: string;
  /** Predicts other feeds in the same way; with what is said of a single class, where the output is a row of them. */
  readonly predict: (feeds: Feeds) => Promise<{ readonly prediction: Prediction; readonly scoreOf?: (index: number) => ClassScore }>;
}

/**
 * Predicts, and finds what is explained.
 * @param wholeOutput the method is about the output as it is, whatever space was asked for.
 * @throws LensError saying what was found in the model and what was expected.
 */
export async function findTarget(prepared: Prepared, input: PreparedInput, choice: TargetChoice | undefined, wholeOutput: boolean): Promise<ChosenTarget> {
  const { model, resolved, opened, feeds } = prepared;
  const asked = wholeOutput ? { ...choice, space: 'output' as const } : choice;
  const usual = outputOrError(() => chooseOutput(model, resolved, opened.labels, asked?.output));
  const read = asked?.output === undefined || usual instanceof LensError || !classOutputs(model).includes(asked.output) ? await readOutputs(prepared, leastScore) : noReading;
  const named = read.kind !== 'none' && read.labels ? { labels: read.labels } : usual;
  const text = typeof asked?.class === 'string' ? parseTarget(asked.class, (label) => !(named instanceof LensError) && isLabel(named, label)) : undefined;
  if (asked?.reference !== undefined && text?.kind !== 'similarity') throw bad("a reference was given, but the target is no similarity; expected --target 'similarity(VALUE)'");
  if (read.kind !== 'none' && (text === undefined || text.kind === 'class')) {
    const found = detectedTarget(read, prepared, text?.name ?? asked?.class);
    return findTarget(prepared, input, { ...asked, ...found, ...(asked?.space && { space: asked.space }) }, wholeOutput);
  }
  if (read.kind !== 'none' && text?.kind === 'difference') throw bad(`the target '${String(asked!.class)}' is a difference of two classes, but the model returns ${read.kind === 'mask' ? 'a mask; expected one class, or margin(VALUE, CLASS)' : `${read.kind}; expected one class`}`);
  if (text === undefined || text.kind === 'class' || text.kind === 'difference') {
    if (usual instanceof LensError) throw usual;
    const predict = (other: Feeds): Promise<Predicted> => predictSample(model, usual, other), { prediction } = await predict(feeds);
    const one = { ...asked, class: text?.kind === 'difference' ? text.first : text?.name ?? asked?.class };
    const target = chooseTarget(usual, prediction, one);
    const words: TargetWords = { output: target.output, index: target.index, label: labelOf(usual, target.index), space: target.space };
    if (text?.kind !== 'difference') return { prediction, target, words, predict };
    const second = findClass(usual, prediction.classes, text.second);
    if (second === target.index) throw bad(`the target is the difference of class ${second} and itself, which is always 0; expected two classes`);
    const weights = new Float32Array(prediction.classes);
    weights[target.index] = 1;
    weights[second] = -1;
    return { prediction, predict, target: { ...target, combine: { kind: 'weighted', weights } }, words: { ...words, label: `${words.label} − ${labelOf(usual, second)}`, text: String(asked!.class), elements: 2 } };
  }
  if (text.kind === 'similarity' && (asked?.space ?? 'output') !== 'output') throw bad(`a similarity compares values as they are, and space '${asked!.space}' was asked for; name the value before the activation instead`);
  const value = await findValue(prepared, 'selection' in text ? text.selection.value : text.value, text.kind === 'region');
  const predict: ChosenTarget['predict'] = read.kind === 'none'
    ? async (other) => ({ prediction: (await predictSample(model, outputFor(prepared, value, usual), other)).prediction })
    : async (other) => {
      const now = other === feeds ? read : await readOutputs({ ...prepared, feeds: other }, leastScore);
      return { prediction: now.kind === 'none' ? { ...predictionOf(read, 1), top: [] } : predictionOf(now, 5) };
    };
  const { prediction } = await predict(feeds);
  const { combine, index, elements, label = String(asked!.class).trim(), reference } = await combination(prepared, input, text, value, asked!);
  const space = asked?.space ?? (text.kind === 'region' ? 'logit' : 'output');
  return {
    prediction, predict, ...(reference !== undefined && { reference }),
    target: { output: value.name, index, space, ...(combine && { combine }) },
    words: { output: value.name, index, label: boxWords(read, prepared, String(asked!.class)) ?? label, space, text: String(asked!.class), elements },
  };
}

/** Score down to which a box is explained. */
const leastScore = 0.05;
const noReading = { kind: 'none', why: 'an output with a row of classes was asked for' } as const;

interface Combined {
  readonly index: number;
  readonly elements: number;
  /** Undefined: the element at `index` alone. */
  readonly combine?: TargetCombination;
  readonly label?: string;
  readonly reference?: string;
}

type ValueText = Exclude<TargetText, { readonly kind: 'class' | 'difference' }>;

async function combination(prepared: Prepared, input: PreparedInput, text: ValueText, value: FoundValue, choice: TargetChoice): Promise<Combined> {
  const size = value.dims.reduce((product, dim) => product * dim, 1);
  switch (text.kind) {
    case 'similarity': return similarity(prepared, input, value, choice.reference);
    case 'region': {
      const region = await regionOf(prepared, text, value);
      const { combine, ...rest } = weighted(region.cells, size, 1);
      for (const other of region.others ?? []) combine.weights[other] = -1;
      return { ...rest, combine, label: region.words };
    }
    default: {
      if (text.kind === 'product') return product(text, value, size);
      const elements = selectedBy(text, value);
      if (text.kind !== 'element') return weighted(elements, size, text.kind === 'mean' ? 1 / elements.length : 1);
      if (elements.length > 1) throw bad(`'${String(choice.class).trim()}' takes ${elements.length} elements of '${value.name}' [${value.dims.join(', ')}], expected one; wrap it in sum(…) or mean(…)`);
      return { index: elements[0]!, elements: 1 };
    }
  }
}

/** Flat indices of what a text selects, in the order it is written. */
export function selectedBy(text: Extract<TargetText, { kind: 'element' | 'sum' | 'mean' }>, { name, dims }: FoundValue): Int32Array {
  const more = 'more' in text && text.more ? text.more : [];
  const [first, ...others] = [text.selection, ...more].map((selection) => selectElements({ ...selection, value: name }, dims));
  return others.length ? Int32Array.from(new Set([first!, ...others].flatMap((list) => [...list]))) : first!;
}

/** Exponents for every element; the first factor's element stands for all. */
export function product({ factors }: Extract<TargetText, { kind: 'product' }>, { name, dims }: FoundValue, size: number): Combined {
  const exponents = new Float32Array(size), elements: number[] = [];
  for (const { selection, exponent } of factors) {
    for (const element of selectElements({ ...selection, value: name }, dims)) {
      exponents[element]! += exponent;
      elements.push(element);
    }
  }
  return { index: elements[0]!, elements: elements.length, combine: { kind: 'product', exponents } };
}

function weighted(elements: Int32Array, size: number, weight: number): Combined & { readonly combine: { readonly kind: 'weighted'; readonly weights: Float32Array } } {
  const weights = new Float32Array(size);
  for (const element of elements) weights[element] = weight;
  return { index: elements[0]!, elements: elements.length, combine: { kind: 'weighted', weights } };
}

async function regionOf(prepared: Prepared, text: Extract<TargetText, { kind: 'region' }>, value: FoundValue): Promise<Region> {
  const { model, feeds, resolved, opened } = prepared;
  const own = resolved.outputs.find(({ name }) => name === value.output)?.labels?.names ?? opened.labels.get(value.output ?? '');
  const stated = own?.length ? own : maskNames(prepared, value.output ?? value.name, maskLayout(value).classes);
  // Where the class wins is asked of the model, what a rectangle covers is not.
  const values = text.box && !text.margin ? undefined : toFloat32((await model.run(feeds, [value.name]))[value.name]!);
  return regionCells({ name: value.name, dims: value.dims, values, labels: stated?.length ? stated : undefined }, text.class, text);
}

/** The embedding of another input, as the vector that cosines are taken with. */
async function similarity({ model, feeds, resolved }: Prepared, input: PreparedInput, value: FoundValue, file: string | undefined): Promise<Combined> {
  if (file === undefined) throw bad(`'similarity(${value.name})' compares with another input, and none was given; expected --reference FILE`);
  const other = await prepareInput(resolved.inputs.find(({ name }) => name === input.name)!, file);
  const found = (await model.run({ ...feeds, [input.name]: other.tensor }, [value.name]))[value.name]!, reference = toFloat32(found);
  if (found.dims.join() !== value.dims.join()) {
    throw bad(`--reference: '${value.name}' has dims [${found.dims.join(', ')}] for it, but [${value.dims.join(', ')}] for the input that is explained; expected the same`);
  }
  if (!reference.every(Number.isFinite) || reference.every((x) => x === 0)) throw bad(`--reference: '${value.name}' is all zeros or no number for it, so there is no direction to compare with`);
  return { index: 0, elements: reference.length, combine: { kind: 'cosine', reference: Float32Array.from(reference) }, reference: other.file };
}

function outputOrError(choose: () => ClassOutput): ClassOutput | LensError {
  try {
    return choose();
  } catch (error) {
    if (error instanceof LensError) return error;
    throw error;
  }
}

/** What is said to be predicted: the output asked for, else the usual one, else the explained value itself. */
function outputFor(prepared: Prepared, value: FoundValue, usual: ClassOutput | LensError): ClassOutput {
  const own = value.output === undefined ? usual : outputOrError(() => chooseOutput(prepared.model, prepared.resolved, prepared.opened.labels, value.output));
  // A map or a list of boxes is no distribution over all of its elements.
  if (!(own instanceof LensError)) return classesOf(value.dims) === undefined ? { ...own, logits: undefined, returnsLogits: false } : own;
  if (!(usual instanceof LensError)) return usual;
  return { port: { name: value.name, dtype: value.dtype, dims: value.dims }, labelSource: null, returnsLogits: false };
}
