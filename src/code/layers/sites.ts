/** What was seen at each call that makes or uses a layer, and in the end one line of it for the editor. */
import type { SourceLayer } from '../types';
import type { Range } from './program';
import { isShape, toDims, type Output, type Shape } from './shape';
import type { Sym} from './symbolic';
import { sum, Unknown } from './symbolic';
import type { Framework, GraphValue, Leaf, Site, TensorValue, Use, Value } from './values';

const maxSites = 5_000;
const maxVisits = 2_000_000;
const maxListed = 6;

export class Sites {
  private readonly sites = new Map<string, Site>();
  private visits = 0;

  /** The one site of a call, whoever evaluates it. */
  at(call: Range, name: Range, framework: Framework, type: string): Site {
    const key = `${name.start}:${name.end}:${type}`;
    let site = this.sites.get(key);
    if (!site) {
      site = { name: { start: name.start, end: name.end }, call: { start: call.start, end: call.end }, framework, type, uses: [], totals: [] };
      if (this.sites.size < maxSites) this.sites.set(key, site);
    }
    return site;
  }

  summarise(): SourceLayer[] {
    const layers = [...this.sites.values()].filter(({ uses }) => uses.length).map((site) => this.one(site));
    return layers.sort((a, b) => a.name.start - b.name.start || a.name.end - b.name.end);
  }

  private one(site: Site): SourceLayer {
    const stated = site.uses.filter(({ assumed, output }) => !assumed && output !== undefined);
    const seen = site.uses.filter(({ output }) => output !== undefined);
    const uses = stated.length ? stated : seen.length ? seen : site.uses.slice(-1);
    const lines = uses.map((use) => this.line(site, use));
    const distinct = [...new Map(lines.map((line) => [JSON.stringify([line.inputDims, line.outputDims, line.parameters]), line])).values()];
    const base = { name: site.name, call: site.call, framework: site.framework, type: site.type };
    if (distinct.length <= 1) {
      const totals = [...new Set(lines.map(({ total }) => total))];
      const notes = lines.map(({ note }) => note).filter((note) => note !== undefined);
      return { ...base, ...distinct[0], total: totals.length === 1 ? totals[0] : undefined, note: notes[0] };
    }
    const shared = <K extends keyof SourceLayer>(key: K): SourceLayer[K] | undefined => (new Set(distinct.map((line) => JSON.stringify((line as Partial<SourceLayer>)[key]))).size === 1 ? (distinct[0] as Partial<SourceLayer>)[key] : undefined);
    const listed = distinct.slice(0, maxListed).map(({ outputDims, parameters }) => `${outputDims ? outputDims.map((dim) => dim ?? '?').join(' × ') : '?'}${parameters ? ` (${parameters.toLocaleString('en')} parameters)` : ''}`);
    const problem = distinct.map(({ note }) => note).find((note) => note !== undefined);
    return {
      ...base, inputDims: shared('inputDims'), outputDims: shared('outputDims'), parameters: shared('parameters'),
      note: `In the loop, or for ${distinct.length} calls: ${listed.join('; ')}${distinct.length > maxListed ? '; …' : ''}.${problem ? ` ${problem}` : ''}`,
    };
  }

  private line(site: Site, use: Use): Pick<SourceLayer, 'inputDims' | 'outputDims' | 'parameters' | 'total' | 'note'> & { otherInputs?: SourceLayer['otherInputs'] } {
    const [first, ...others] = use.inputs;
    const output = firstShape(use.output);
    let total = use.total ?? (use.tensor ? this.running(use.tensor) : undefined);
    if (!total && site.totals.length && site.totals.every((other) => other && site.totals[0]?.equals(other))) total = site.totals[0];
    const said = [use.note, this.defaults([...use.inputs, output], use.parameters, total)].filter((note) => note !== undefined);
    return {
      inputDims: first && toDims(first),
      ...(others.length && others.every((other) => other !== undefined) ? { otherInputs: others.map((other) => toDims(other)) } : {}),
      outputDims: output && toDims(output),
      parameters: printed(use.parameters), total: printed(total), note: said.length ? said.join(' ') : undefined,
    };
  }

  /** Parameters of all that a tensor was made from, each once. */
  private running(tensor: TensorValue): Sym | undefined {
    const seen = new Set<TensorValue>();
    const leaves = new Set<Leaf>();
    const open = [tensor];
    for (let next = open.pop(); next; next = open.pop()) {
      if (seen.has(next)) continue;
      if (++this.visits > maxVisits) return undefined;
      seen.add(next);
      next.leaves.forEach((leaf) => leaves.add(leaf));
      open.push(...next.parents);
    }
    return total(leaves);
  }

  /** 'With classes = 10, its default.' */
  private defaults(shapes: readonly (Shape | undefined)[], ...sizes: readonly (Sym | undefined)[]): string | undefined {
    const found = new Map<string, number>();
    for (const shape of shapes) shape?.dims.forEach((dim) => dim?.defaults(found));
    for (const size of sizes) size?.defaults(found);
    if (!found.size) return undefined;
    const names = [...found].slice(0, 4).map(([name, value]) => `${name} = ${value}`);
    return `With ${names.join(', ')}, ${names.length === 1 ? 'its default' : 'their defaults'}.`;
  }
}

export function firstShape(output: Output): Shape | undefined {
  if (!output || isShape(output)) return output;
  return firstShape(output[0]);
}

function printed(size: Sym | undefined): number | string | undefined {
  return size && (size.value ?? size.print());
}

/** The sum, if all are known. */
export function total(leaves: Iterable<Leaf>): Sym | undefined {
  const sizes: Sym[] = [];
  for (const { parameters } of leaves) {
    if (!parameters) return undefined;
    sizes.push(parameters);
  }
  try {
    return sum(sizes);
  } catch (error) {
    if (error instanceof Unknown) return undefined;
    throw error;
  }
}

/** What owns parameters in a value, in the order in which it was put there. */
export function leavesOf(value: Value, into = new Set<Leaf>(), seen = new Set<Value>(), inside = false): Set<Leaf> {
  if (seen.has(value) || seen.size > 50_000) return into;
  seen.add(value);
  switch (value.t) {
    case 'layer': into.add(value.leaf); break;
    case 'chain': value.items.forEach((item) => leavesOf(item, into, seen, true)); break;
    case 'graph': ancestors(value).forEach((leaf) => into.add(leaf)); break;
    case 'instance':
      for (const field of value.fields.values()) {
        // PyTorch registers modules, not lists of them; Keras both.
        const plain = field.t === 'list' || field.t === 'tuple' || (field.t === 'dict' && !field.registered);
        if (!plain || value.framework === 'keras') leavesOf(field, into, seen, true);
      }
      break;
    case 'opaque': if (value.isModel) into.add({ why: value.why }); break;
    case 'tensor': if (value.isParameter) value.leaves.forEach((leaf) => into.add(leaf)); break;
    case 'list': case 'tuple': if (inside) value.items.forEach((item) => leavesOf(item, into, seen, true)); break;
    case 'dict': if (inside) value.entries.forEach((item) => leavesOf(item, into, seen, true)); break;
    default: break;
  }
  return into;
}

function ancestors({ outputs }: GraphValue): Set<Leaf> {
  const leaves = new Set<Leaf>();
  const seen = new Set<TensorValue>();
  const open: TensorValue[] = tensorsIn(outputs);
  for (let next = open.pop(); next; next = open.pop()) {
    if (seen.has(next)) continue;
    seen.add(next);
    next.leaves.forEach((leaf) => leaves.add(leaf));
    open.push(...next.parents);
  }
  return leaves;
}

/** Tensors in lists, tuples and dicts, in order. */
export function tensorsIn(value: Value, depth = 0): TensorValue[] {
  if (value.t === 'tensor') return [value];
  if (depth > 8) return [];
  if (value.t === 'list' || value.t === 'tuple') return value.items.flatMap((item) => tensorsIn(item, depth + 1));
  if (value.t === 'dict') return [...value.entries.values()].flatMap((item) => tensorsIn(item, depth + 1));
  return [];
}
