/** Inputs whose value is known before the model runs, written into it: a sample rate, a number of steps, a switch. */
import { encodable, encodeNumbers } from './builder';
import type { Initializer, ModelFile } from './graph';

/**
 * The model with such inputs as constants, so that conditions and loop counts that depend on them are decided.
 * @param values one number by input name; names that are no inputs, and types that are not written, are left.
 */
export function withKnownInputs(model: ModelFile, values: Readonly<Record<string, number>>): ModelFile {
  const { graph } = model, initializers = new Map<string, Initializer>(graph.initializers);
  const inputs = graph.inputs.filter(({ name, type }) => {
    const value = Object.hasOwn(values, name) ? values[name]! : undefined;
    if (value === undefined || type.kind !== 'tensor' || !encodable.has(type.dtype)) return true;
    initializers.set(name, { kind: 'inline', dtype: type.dtype, dims: (type.dims ?? []).map(() => 1), bytes: encodeNumbers([value], type.dtype) });
    return false;
  });
  return inputs.length === graph.inputs.length ? model : { ...model, graph: { ...graph, inputs, initializers } };
}
