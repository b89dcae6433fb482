/** Layers and models used on tensors: what comes out, and a note of it at the calls in the source. */
import { member } from './access';
import type { Machine } from './machine';
import { isShape, type Output, type Shape } from './shape';
import { leavesOf, tensorsIn, total } from './sites';
import { Sym, Unknown } from './symbolic';
import { asSym, baseField, opaque, tensor, tuple, type Arguments, type ChainValue, type InstanceValue, type LayerValue, type Leaf, type Site, type TensorValue, type Value } from './values';

/** The tensors among the arguments; an unknown value is one of unknown dims. */
export function tensorsOf(m: Machine, values: readonly Value[], depth = 0): TensorValue[] {
  if (depth > 8) return [];
  return values.flatMap((value) => {
    if (value.t === 'tensor') return [value];
    if (value.t === 'opaque') return [m.tensorOf(value)];
    if (value.t === 'list' || value.t === 'tuple') return tensorsOf(m, value.items, depth + 1);
    return [];
  });
}

export const withoutInput = 'No input shape is stated in this file.';

/** Dims that the layer expects, under names of their own for a second and third input. */
function hinted(layer: LayerValue, input: TensorValue, index: number): void {
  if (input.shape || !layer.rule.hint) return;
  try {
    const shape = layer.rule.hint(layer.config);
    input.shape = index === 0 ? shape : { ...shape, dims: shape.dims.map((dim) => (dim && dim.value === undefined && dim.print() !== 'N' ? Sym.symbol(`${dim.print()}${'₂₃₄₅₆₇₈₉'[Math.min(index - 1, 7)]}`) : dim)) };
    input.assumed = true;
  } catch (error) {
    if (!(error instanceof Unknown)) throw error;
  }
}

const attempt = <T>(compute: () => T, notes: string[]): T | undefined => {
  try {
    return compute();
  } catch (error) {
    if (!(error instanceof Unknown)) throw error;
    notes.push(error.message);
    return undefined;
  }
};

/** A tensor for each shape; what comes out of several outputs is a tuple. */
function outputs(output: Output, parents: readonly TensorValue[], leaves: readonly Leaf[], why?: string): Value {
  if (!output || isShape(output)) return tensor(output, parents, leaves, why);
  return tuple(output.map((item) => outputs(item, parents, leaves, why)));
}

/** What a Lambda gives, if its function stands here. */
function called(m: Machine, layer: LayerValue, inputs: readonly TensorValue[]): Output {
  const body = layer.type === 'Lambda' ? layer.config.values.get('function') : undefined;
  if (body?.t !== 'function') return undefined;
  const result = m.invoke(body, [inputs.length === 1 ? inputs[0]! : tuple([...inputs])], new Map());
  return result.t === 'tensor' ? result.shape : undefined;
}

/** `sites`: of the call that made the layer, and of the call that uses it. */
export function applyLayer(m: Machine, layer: LayerValue, values: readonly Value[], used?: Site): Value {
  const inputs = tensorsOf(m, values);
  inputs.forEach((input, i) => hinted(layer, input, i));
  const shapes = inputs.map(({ shape }) => shape);
  const notes: string[] = [];
  const known = inputs.length > 0 && shapes.every((shape) => shape !== undefined) ? (shapes as Shape[]) : undefined;
  if (!known) notes.push(inputs.find(({ why }) => why)?.why ?? (inputs.length ? 'The dims of its input are not known here.' : 'What it is used on is not known here.'));
  const contradiction = known && layer.rule.note ? attempt(() => layer.rule.note!(layer.config, known), []) : undefined;
  if (contradiction) notes.push(contradiction);
  const output = known && attempt(() => called(m, layer, inputs) ?? layer.rule.output(layer.config, known), notes);
  if (!layer.leaf.parameters) {
    const reasons: string[] = [];
    layer.leaf.parameters = layer.rule.parameters ? attempt(() => layer.rule.parameters!(layer.config, known), reasons) : Sym.int(0);
    layer.leaf.why = reasons[0];
    if (reasons[0] && !notes.length) notes.push(reasons[0]);
  }
  const result = outputs(output, inputs, [layer.leaf], output ? undefined : notes[0]);
  const [first] = tensorsIn(result);
  const note = notes.length ? notes[0] : undefined;
  const use = { inputs: shapes, output, parameters: layer.leaf.parameters, tensor: first, note, assumed: inputs.some(({ assumed }) => assumed) };
  layer.site.uses.push(use);
  if (used && used !== layer.site) used.uses.push(use);
  noteWrapped(layer, known);
  return result;
}

/** A wrapped layer is a call in the source too. */
function noteWrapped(layer: LayerValue, known: readonly Shape[] | undefined): void {
  const inner = layer.config.values.get('layer');
  if (inner?.t !== 'layer' || !known) return;
  const inputs = layer.type.endsWith('TimeDistributed') || layer.type === 'timeDistributed' ? known.map((shape): Shape => ({ ...shape, dims: shape.dims.filter((_, i) => i !== 1) })) : known;
  const output = attempt(() => inner.rule.output(inner.config, inputs), []);
  const parameters = inner.rule.parameters ? attempt(() => inner.rule.parameters!(inner.config, inputs), []) : Sym.int(0);
  inner.site.uses.push({ inputs, output, parameters, assumed: false });
}

/** What a model or layer gives for these values. `used`: the call, where it is not the one that made the layer. */
export function apply(m: Machine, callee: Value, values: readonly Value[], used?: Site, options: ReadonlyMap<string, Value> = new Map()): Value {
  m.step();
  return m.nested(() => applied(m, callee, values, used, options)) ?? opaque(undefined, 'The models nest too deeply to follow.');
}

function applied(m: Machine, callee: Value, values: readonly Value[], used: Site | undefined, options: ReadonlyMap<string, Value>): Value {
  switch (callee.t) {
    case 'layer': {
      // Options of a call that name inputs: `attention(x, value=y)`.
      const more = ['query', 'value', 'key', 'inputs', 'input', 'initial_state'].flatMap((name) => options.get(name) ?? []);
      return applyLayer(m, callee, callee.type === 'MultiHeadAttention' || callee.type.includes('Attention') || !values.length ? [...values, ...more] : values, used);
    }
    case 'chain': return applyChain(m, callee, values, used);
    case 'instance': return applyInstance(m, callee, values, options, used);
    case 'graph': {
      const inputs = tensorsOf(m, values);
      const own = tensorsIn(callee.inputs);
      const same = inputs.length === own.length && inputs.every(({ shape }, i) => sameShape(shape, own[i]!.shape));
      const leaves = [...leavesOf(callee)];
      const made = tensorsIn(callee.outputs).map((output) => tensor(same || inputs.some(({ shape }) => !shape) ? output.shape : undefined, inputs, leaves, same ? undefined : 'The model was made for an input of other dims.'));
      const result: Value = made.length === 1 ? made[0]! : tuple(made);
      used?.uses.push({ inputs: inputs.map(({ shape }) => shape), output: made.length === 1 ? made[0]!.shape : made.map(({ shape }) => shape), parameters: total(leaves), tensor: made[0], assumed: inputs.some(({ assumed }) => assumed), note: same || !made[0] || made[0].shape ? undefined : made[0].why });
      return result;
    }
    default: return opaque();
  }
}

function sameShape(a: Shape | undefined, b: Shape | undefined): boolean {
  if (!a || !b || a.lead || b.lead || a.dims.length !== b.dims.length) return false;
  // The batch may have any size.
  return a.dims.every((dim, i) => i === 0 || dim === b.dims[i] || (dim && b.dims[i]?.equals(dim)));
}

function applyChain(m: Machine, chain: ChainValue, values: readonly Value[], used?: Site): Value {
  const before = tensorsOf(m, values);
  let value: Value = values.length === 1 ? values[0]! : tuple([...values]);
  if (value.t === 'opaque') value = m.tensorOf(value);
  for (const item of chain.items) {
    if (item.t === 'tensor') continue;
    value = item.t === 'opaque' || item.t === 'function' ? (item.t === 'function' ? m.invoke(item, [value], new Map()) : tensor(undefined, tensorsOf(m, [value]), [{}], 'A layer before it is not known here.')) : apply(m, item, [value]);
  }
  if (chain.uncertain) value = tensor(undefined, tensorsOf(m, [value]), [{}], chain.uncertain);
  noteModel(m, chain, before, value, used);
  return value;
}

function applyInstance(m: Machine, instance: InstanceValue, values: readonly Value[], options: ReadonlyMap<string, Value>, used?: Site): Value {
  const method = ['forward', 'call', '__call__'].map((name) => member(instance.of, name)).find((found) => found?.t === 'function');
  const base = instance.fields.get(baseField);
  if (method?.t !== 'function' && base) {
    if (values.some((value) => value.t === 'tensor' && value.shape)) instance.used = true;
    const before = tensorsOf(m, values);
    const result = apply(m, base, values, undefined, options);
    noteModel(m, instance, before, result, used);
    return result;
  }
  if (method?.t !== 'function') return tensor(undefined, tensorsOf(m, values), [{}], 'How the model uses its layers is not known here.');
  if (values.some((value) => value.t === 'tensor' && value.shape)) instance.used = true;
  const before = tensorsOf(m, values);
  const result = m.invoke({ ...method, self: instance }, values, options);
  noteModel(m, instance, before, result, used);
  return result;
}

/** A line at the call that made the model, and at the one that uses it. */
export function noteModel(m: Machine, model: ChainValue | InstanceValue, before: readonly TensorValue[], after: Value, used?: Site): void {
  const [first] = tensorsIn(after);
  const parameters = model.t === 'chain' && model.uncertain ? undefined : total(leavesOf(model));
  const shapes = tensorsIn(after).map(({ shape }) => shape);
  const use = {
    inputs: before.map(({ shape }) => shape), output: after.t === 'tensor' || shapes.length === 1 ? shapes[0] : shapes.length ? shapes : undefined,
    parameters, note: first && !first.shape ? first.why : model.t === 'chain' ? model.uncertain : undefined, assumed: before.some(({ assumed }) => assumed),
  };
  // A whole model's sum is its running total; one inside of another goes on from what came before.
  const inside = before.some(({ parents }) => parents.length > 0);
  model.site?.uses.push(inside ? { ...use, tensor: first } : { ...use, total: parameters });
  if (used && used !== model.site) used.uses.push({ ...use, tensor: first });
}

/** Keras' input_shape and its older forms, of a layer that comes first. */
export function statedInput(config: Arguments): Shape | undefined {
  const read = (name: string): Value | undefined => {
    const value = config.values.get(name);
    return value && value.t !== 'none' ? value : undefined;
  };
  const batched = read('batch_input_shape') ?? read('batch_shape');
  if (batched) return inputShape(batched, true);
  const given = read('input_shape') ?? read('shape');
  if (given) return inputShape(given, false);
  const width = asSym(read('input_dim'));
  if (!width) return undefined;
  const length = asSym(read('input_length'));
  return config.has('output_dim') ? { dims: [Sym.symbol('N'), length ?? Sym.symbol('L')] } : length ? { dims: [Sym.symbol('N'), length, width] } : { dims: [Sym.symbol('N'), width] };
}

/** Sizes that are None get names: height and width of pictures, the length of sequences. */
export function inputShape(value: Value, withBatch: boolean): Shape | undefined {
  const items = value.t === 'list' || value.t === 'tuple' ? (value.uncertain ? undefined : value.items) : asSym(value) && value.t !== 'opaque' ? [value] : undefined;
  if (!items) return undefined;
  const inner = withBatch ? items.slice(1) : items;
  const count = inner.length;
  const names = count === 2 ? ['L', 'features'] : count === 3 ? ['H', 'W', 'C'] : count === 4 ? ['D', 'H', 'W', 'C'] : count === 1 ? ['L'] : [];
  const batch = withBatch && items[0]?.t !== 'none' ? asSym(items[0]) ?? null : Sym.symbol('N');
  return { dims: [batch, ...inner.map((item, i) => (item.t === 'none' ? Sym.symbol(names[i] ?? `d${i + 1}`) : asSym(item) ?? null))] };
}
