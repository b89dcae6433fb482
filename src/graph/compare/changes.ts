/** What differs between two operators that line up, in words. */
import type { Dims } from '../graph';
import { isGlue, type Element, type Elements } from './elements';
import { inside, settingsOf } from './attributes';

export interface WordsContext {
  readonly a: Elements;
  readonly b: Elements;
  /** Both files of one format: dims are in the same order, and operators have the same names. */
  readonly sameFormat: boolean;
}

/** '64 × 3 × 3'; unknown dims are '?'. */
export function dimsWords(dims: Dims | null | undefined): string {
  if (!dims) return 'unknown';
  return dims.length === 0 ? 'scalar' : dims.map((dim) => dim ?? '?').join(' × ');
}

/** A normalisation written as two operators is called by both. */
function typeWords({ type, opClass }: Element): string {
  return opClass === 'BatchNormalization' && type === 'Mul' ? 'Mul and Add' : type;
}

/** Differences of an operator and its partner. */
export function changesOf(a: Element, b: Element, context: WordsContext): string[] {
  const { sameFormat } = context;
  const words: string[] = [];
  // How formats move data about is no difference between models.
  if (!sameFormat && isGlue(a) && isGlue(b)) return words;
  const sameType = a.type === b.type;
  if (!sameType && (sameFormat || a.opClass !== b.opClass)) words.push(`type ${typeWords(a)} → ${typeWords(b)}`);
  for (let at = 0; at < Math.min(a.dims.length, b.dims.length, 4); at++) {
    if (differ(a.dims[at]!, b.dims[at]!, a.kind === 'op', sameFormat)) words.push(`${a.kind === 'op' ? 'output' : a.kind} ${dimsWords(a.dims[at])} → ${dimsWords(b.dims[at])}`);
  }
  if (sameType && a.dims.length !== b.dims.length) words.push(`outputs ${a.dims.length} → ${b.dims.length}`);
  for (const weight of a.weights) {
    const other = b.weights.find(({ role }) => role === weight.role);
    if (!other || weight.packed || other.packed) continue;
    const before = arranged(weight.dims, weight.perm), after = arranged(other.dims, other.perm);
    if (String(squeezed(before)) !== String(squeezed(after))) words.push(`${weight.role} ${dimsWords(before)} → ${dimsWords(after)}`);
  }
  for (const [item, other, how] of [[a, b, 'without'], [b, a, 'with']] as const) {
    if (item.opClass !== other.opClass || (item.opClass === 'BatchNormalization' && item.type !== other.type)) continue;
    for (const { role } of item.weights) if (!other.weights.some((weight) => weight.role === role) && role !== 'bias') words.push(`${how} ${role}`);
  }
  words.push(...settingChanges(a, b, context));
  return words;
}

/** Element types of what is stored. */
export function precisionChanges(a: Element, b: Element, context: WordsContext): string[] {
  const words: string[] = [];
  const stored = (element: Element, { frame }: Elements): string => {
    const weight = element.weights.find(({ role }) => role === 'weight') ?? element.weights[0];
    return weight ? String(frame.dtype(frame.roots(weight.value)[0]?.[0] ?? weight.value) || '') : '';
  };
  const before = stored(a, context.a), after = stored(b, context.b);
  if (before !== after && before && after) {
    const scales = b.weights.find(({ role }) => role === 'weight')?.scales?.[0];
    const perChannel = scales !== undefined && (context.b.frame.dims(scales)?.[0] ?? 1) > 1;
    words.push(`weights ${before} → ${after}${perChannel ? ', per channel' : ''}`);
  }
  return words;
}

/** The element type that an element's values have on their way: that of a quantised edge where there is one. */
export function flowingType(element: Element): string {
  return element.quantised.size ? [...element.quantised].sort().join(' and ') : element.dtype;
}

const crossOps = new Set(['strides', 'dilations', 'pads', 'group', 'window']);

function settingChanges(a: Element, b: Element, { a: first, b: second, sameFormat }: WordsContext): string[] {
  if (!a.node || !b.node || a.opClass !== b.opClass || (a.type === b.type && a.settings === b.settings)) return [];
  const before = settingsOf(a.node, first.side, first.frame), after = settingsOf(b.node, second.side, second.frame);
  const words: string[] = [];
  for (const name of new Set([...before.keys(), ...after.keys()])) {
    const from = before.get(name), to = after.get(name);
    if (from === to) continue;
    // Another operator of the same class has settings of its own; axes mean other things in other layouts.
    if ((a.type !== b.type || !sameFormat) && !crossOps.has(name)) continue;
    const plain = (value: string | undefined): string => value ?? (name === 'strides' || name === 'dilations' || name === 'group' ? '1' : name === 'pads' ? '0' : 'default');
    const [was, is] = [plain(from), plain(to)].map((value) => value.split(inside)[0]!);
    words.push(was === is ? `${name} differs inside` : `${name} ${was} → ${is}`);
  }
  return words;
}

/** Whether known numbers disagree. @param inner of layers the batch is not told again. */
function differ(a: Dims | null, b: Dims | null, inner: boolean, ordered: boolean): boolean {
  if (!a || !b) return false;
  const [x, y] = inner && a.length === b.length ? [a.slice(1), b.slice(1)] : [a, b];
  if (!ordered) {
    // Channels may stand first or last, and a matrix may have been a picture of one pixel.
    const sorted = (dims: Dims): string | undefined => dims.every((dim) => typeof dim === 'number') ? (dims as number[]).filter((dim) => dim !== 1).sort((p, q) => p - q).join() : undefined;
    const left = sorted(a.slice(1)), right = sorted(b.slice(1));
    return left !== undefined && right !== undefined && left !== right;
  }
  if (x.length !== y.length) return true;
  // Names of open dims are free; whether a dim is open matters at the model's ports only.
  return x.some((dim, axis) => {
    const other = y[axis];
    if (typeof dim === 'number' && typeof other === 'number') return dim !== other;
    return !inner && typeof dim !== typeof other;
  });
}

export function arranged(dims: readonly number[], perm: readonly number[] | undefined): readonly number[] {
  return perm ? perm.map((axis) => dims[axis]!) : dims;
}

/** Dims without ones: [16] and [1, 16, 1, 1] hold the same. */
export function squeezed(dims: readonly number[]): readonly number[] {
  return dims.filter((dim) => dim !== 1);
}
