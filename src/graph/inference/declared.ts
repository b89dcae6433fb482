/** What the file itself says about types, and how that is weighed against what was inferred. */
import type { Dim, Dims, Graph, ValueInfo, ValueType } from '../graph';
import type { Value } from './context';
import { isAnonymous, unify } from './dims';

/** Names that exporters write for "unknown": two of them need not be equal. */
const meaningless = new Set(['', '?', 'None', 'none', 'unk', 'unknown', '-1', 'nan', 'null']);

function cleanDim(dim: Dim, symbols: ReadonlyMap<string, number>): Dim {
  if (typeof dim === 'string') return symbols.get(dim) ?? (meaningless.has(dim) || dim.includes('\0') ? null : dim);
  return typeof dim === 'number' && (dim < 0 || !Number.isSafeInteger(dim)) ? null : dim;
}

function cleanType(type: ValueType, symbols: ReadonlyMap<string, number>): ValueType {
  if (type.kind === 'tensor' || type.kind === 'sparse') return { ...type, dims: type.dims?.map((dim) => cleanDim(dim, symbols)) };
  if (type.kind === 'sequence' || type.kind === 'optional') return { kind: type.kind, element: cleanType(type.element, symbols) };
  return type;
}

/**
 * The types inputs have once the caller's real dims replace the declared ones; which symbols that fixes; and whether
 * it contradicts declared numbers (then what the file declares for inner values is no longer to be believed).
 */
export function bindInputs(graph: Graph, inputDims: Readonly<Record<string, readonly number[]>>): { inputs: ValueType[]; symbols: Map<string, number>; contradicts: boolean } {
  const symbols = new Map<string, number>();
  const none = new Map<string, number>();
  let contradicts = false;
  const given = (name: string): readonly number[] | undefined => Object.hasOwn(inputDims, name) ? inputDims[name] : undefined;
  for (const { name, type } of graph.inputs) {
    const real = given(name);
    if (real === undefined || type.kind !== 'tensor' || type.dims === undefined) continue;
    if (type.dims.length !== real.length) contradicts = true;
    type.dims.forEach((dim, axis) => {
      const size = real[axis];
      if (size === undefined) return;
      const clean = cleanDim(dim, none);
      if (typeof clean === 'number' && clean !== size) contradicts = true;
      if (typeof clean === 'string' && !symbols.has(clean)) symbols.set(clean, size);
    });
  }
  const inputs = graph.inputs.map(({ name, type }): ValueType => {
    const real = given(name);
    const clean = cleanType(type, symbols);
    if (real === undefined) return clean;
    if (clean.kind === 'tensor' || clean.kind === 'sparse') return { ...clean, dims: [...real] };
    return clean.kind === 'unknown' ? { kind: 'tensor', dtype: 'undefined', dims: [...real] } : clean;
  });
  return { inputs, symbols, contradicts };
}

/** Declared types of a graph's values. A number beats a symbol; what follows from concrete facts beats both. */
export class DeclaredTypes {
  static readonly none = new DeclaredTypes(undefined, new Map(), false);
  private readonly declared = new Map<string, ValueType>();

  /** @param symbols numbers that symbols stand for. @param trustDims false: only kinds and element types are taken. */
  constructor(graph: Graph | undefined, private readonly symbols: ReadonlyMap<string, number>, private readonly trustDims: boolean) {
    const add = ({ name, type }: ValueInfo): void => { if (type.kind !== 'unknown') this.declared.set(name, type); };
    graph?.valueInfo.forEach(add);
    graph?.inputs.forEach(add);
    graph?.outputs.forEach(add);
  }

  merge(name: string, inferred: Value | undefined): { value: Value; contradiction?: string } {
    const raw = this.declared.get(name);
    if (raw === undefined) return { value: inferred ?? { type: { kind: 'unknown' } } };
    const declared = this.trustDims ? cleanType(raw, this.symbols) : withoutDims(raw);
    if (inferred === undefined || inferred.type.kind === 'unknown') return { value: { type: declared, data: inferred?.data } };
    const { type } = inferred;
    if (type.kind !== 'tensor' || declared.kind !== 'tensor') return { value: inferred };
    const dtype = type.dtype === 'undefined' ? declared.dtype : type.dtype;
    if (type.dims === undefined || declared.dims === undefined) {
      return { value: { type: { kind: 'tensor', dtype, dims: type.dims ?? declared.dims }, data: inferred.data } };
    }
    const contradiction = contradictionBetween(declared.dims, type.dims);
    if (declared.dims.length !== type.dims.length) return { value: { type: { ...type, dtype }, data: inferred.data }, contradiction };
    const fromFile = declared.dims;
    const dims = type.dims.map((dim, axis) => unify(dim, fromFile[axis]!));
    return { value: { type: { kind: 'tensor', dtype, dims }, data: inferred.data }, contradiction };
  }
}

function withoutDims(type: ValueType): ValueType {
  if (type.kind === 'tensor' || type.kind === 'sparse') return { kind: type.kind, dtype: type.dtype };
  if (type.kind === 'sequence' || type.kind === 'optional') return { kind: type.kind, element: withoutDims(type.element) };
  return type;
}

function contradictionBetween(declared: Dims, inferred: Dims): string | undefined {
  const differs = declared.length !== inferred.length
    || declared.some((dim, axis) => typeof dim === 'number' && typeof inferred[axis] === 'number' && dim !== inferred[axis]);
  const write = (dims: Dims): string => `[${dims.map((dim) => dim === null || isAnonymous(dim) ? '?' : dim).join(', ')}]`;
  return differs ? `the file declares dims ${write(declared)}, its inputs give ${write(inferred)}` : undefined;
}
