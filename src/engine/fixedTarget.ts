/**
 * A target as it is written into a gradient file: no input is there yet to look at, so the texts of `--target` mean what
 * they say of the model alone.
 */
import { classesOf } from '../data/labels';
import type { Resolved } from '../data/spec';
import type { TargetForm } from '../autodiff/targetScore';
import type { Target } from '../methods/model';
import type { Tensor } from '../tensor/tensor';
import { chooseOutput, findClass, isLabel, labelOf } from './classes';
import type { LoadedModel } from './loadedModel';
import type { OpenedModel } from './models';
import { product, selectedBy } from './targetChoice';
import { regionCells } from './targetRegion';
import { bad, parseTarget, type TargetText } from './targetText';
import { targetFeed } from './targetValues';
import { findValue, type FoundValue } from './targetValue';

export interface FixedTarget {
  /** The output or inner value it is about. */
  readonly value: string;
  readonly space: Target['space'];
  readonly form: TargetForm;
  /** What the graph's target input would be fed for `batch` samples; undefined: given when it runs. */
  readonly content?: Tensor;
  /** In words. */
  readonly label: string;
}

export interface TargetSource {
  readonly model: LoadedModel;
  readonly opened: OpenedModel;
  readonly resolved: Resolved;
}

/**
 * @param options `output`: which output classes are counted in; `space`: default as for explanations.
 * @throws LensError saying what was found in the model and what was expected.
 */
export async function fixedTarget(source: TargetSource, given: string, options: { readonly output?: string; readonly space?: Target['space']; readonly batch: number }): Promise<FixedTarget> {
  const { model, opened, resolved } = source, { batch } = options;
  const output = (): ReturnType<typeof chooseOutput> => chooseOutput(model, resolved, opened.labels, options.output);
  const text = /^\d+$/.test(given.trim()) ? { kind: 'class' as const, name: given.trim() } : parseTarget(given, (label) => hasLabel(output, label));
  const fixed = (target: Omit<Target, 'index'> & { readonly index?: number }, label: string): FixedTarget => ({
    value: target.output, space: target.space, form: target.combine?.kind ?? 'element', content: targetFeed({ index: 0, ...target }, batch), label,
  });
  if (text.kind === 'class' || text.kind === 'difference') {
    const chosen = output(), { port } = chosen, type = model.typeOf(port.name);
    const classes = classesOf((type?.kind === 'tensor' ? type.dims : undefined) ?? port.dims);
    if (classes === undefined) throw bad(`how many classes output '${port.name}' has is not known before the model runs; give an element, as '${port.name}[0,5]'`);
    const index = (name: string): number => findClass(chosen, classes, /^\d+$/.test(name) ? Number(name) : name);
    const space = options.space ?? 'logit';
    if (text.kind === 'class') return fixed({ output: port.name, space, index: index(text.name) }, labelOf(chosen, index(text.name)));
    const first = index(text.first), second = index(text.second);
    if (first === second) throw bad(`the target is the difference of class ${second} and itself, which is always 0; expected two classes`);
    return fixed({ output: port.name, space, combine: { kind: 'weighted', weights: weights(classes, [first], 1, [second]) } }, `${labelOf(chosen, first)} − ${labelOf(chosen, second)}`);
  }
  const value = await findValue({ model, opened }, 'selection' in text ? text.selection.value : text.value, text.kind === 'region');
  const space = options.space ?? (text.kind === 'region' ? 'logit' : 'output');
  if (text.kind === 'similarity') {
    if (space !== 'output') throw bad(`a similarity compares values as they are, and space '${space}' was asked for; name the value before the activation instead`);
    return { value: value.name, space, form: 'cosine', label: given.trim() };
  }
  const size = value.dims.reduce((product, dim) => product * dim, 1);
  if (text.kind === 'product') {
    const { combine, index } = product(text, value, size);
    return fixed({ output: value.name, space, index, ...(combine && { combine }) }, given.trim());
  }
  const { elements, label, weight } = elementsOf(source, text, value, given.trim());
  if (text.kind === 'element') return fixed({ output: value.name, space, index: elements[0]! }, label);
  return fixed({ output: value.name, space, combine: { kind: 'weighted', weights: weights(size, elements, weight) } }, label);
}

type PartText = Extract<TargetText, { readonly kind: 'element' | 'sum' | 'mean' | 'region' }>;

function elementsOf({ resolved, opened }: TargetSource, text: PartText, value: FoundValue, given: string): { elements: ArrayLike<number>; label: string; weight: number } {
  if (text.kind === 'region') {
    if (!text.box || text.margin) throw bad(`target '${given}': where the class wins depends on the input; expected a rectangle, as region(${text.value}, ${text.class}, x0,y0,x1,y1)`);
    const labels = resolved.outputs.find(({ name }) => name === value.output)?.labels?.names ?? opened.labels.get(value.output ?? '');
    const { cells, words } = regionCells({ name: value.name, dims: value.dims, labels: labels?.length ? labels : undefined }, text.class, { box: text.box });
    return { elements: cells, label: words, weight: 1 };
  }
  const elements = selectedBy(text, value);
  if (text.kind === 'element' && elements.length > 1) throw bad(`'${given}' takes ${elements.length} elements of '${value.name}' [${value.dims.join(', ')}], expected one; wrap it in sum(…) or mean(…)`);
  return { elements, label: given, weight: text.kind === 'mean' ? 1 / elements.length : 1 };
}

function weights(size: number, plus: ArrayLike<number>, weight: number, minus: ArrayLike<number> = []): Float32Array {
  const all = new Float32Array(size);
  for (let i = 0; i < plus.length; i++) all[plus[i]!] = weight;
  for (let i = 0; i < minus.length; i++) all[minus[i]!] = -weight;
  return all;
}

function hasLabel(output: () => ReturnType<typeof chooseOutput>, label: string): boolean {
  try {
    return isLabel(output(), label);
  } catch {
    // A model without a row of classes has no labels.
    return false;
  }
}
