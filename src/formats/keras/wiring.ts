/** The order in which the calls of a functional model can be made. */
import { BadModelFile, shown } from '../badModelFile';
import { referencesIn, type TensorReference } from './inbound';
import { isModel, type ModelSpec } from './modelConfig';

type Functional = ModelSpec & { readonly kind: 'functional' };

/** Call number `call` of a layer; -1 for a layer that is not called (an input). */
export interface Call {
  readonly layer: string;
  readonly call: number;
}

/**
 * By how much node numbers of a layer run ahead of its calls in the config. A nested model has a node of its own making,
 * which is not in the config; whether references count it depends on the Keras that wrote them.
 */
export function firstNodes(spec: Functional): Map<string, number> {
  const nested = new Map(spec.layers.filter(({ type, config }) => isModel(type, config)).map(({ name, calls }) => [name, calls.length]));
  const shift = new Map<string, number>();
  if (nested.size === 0) return shift;
  for (const { layer, node } of [...spec.outputs, ...spec.layers.flatMap(({ calls }) => calls.flatMap(dependencies))]) {
    const calls = nested.get(layer);
    if (calls !== undefined && node >= calls) shift.set(layer, 1);
  }
  return shift;
}

function dependencies(call: { readonly args: readonly unknown[]; readonly kwargs: ReadonlyMap<string, unknown> }): TensorReference[] {
  return [...referencesIn(call.args), ...referencesIn([...call.kwargs.values()])];
}

/** All calls in the order of the config, but each after those it depends on. */
export function callOrder(spec: Functional, shift: ReadonlyMap<string, number>): Call[] {
  const key = (layer: string, call: number): string => `${call} ${layer}`;
  const calls = new Map<string, { readonly call: Call; readonly needs: readonly string[] }>();
  const uncalled = new Set(spec.layers.filter((layer) => layer.calls.length === 0).map(({ name }) => name));
  for (const layer of spec.layers) {
    if (uncalled.has(layer.name)) calls.set(key(layer.name, -1), { call: { layer: layer.name, call: -1 }, needs: [] });
    layer.calls.forEach((call, index) => {
      const needs = dependencies(call).map((need) => key(need.layer, uncalled.has(need.layer) ? -1 : need.node - (shift.get(need.layer) ?? 0)));
      calls.set(key(layer.name, index), { call: { layer: layer.name, call: index }, needs });
    });
  }
  const order: Call[] = [];
  const state = new Map<string, 'open' | 'done'>();
  for (const start of calls.keys()) {
    // Depth first, without recursion: networks are thousands of layers deep.
    const stack = [start];
    while (stack.length > 0) {
      const id = stack.at(-1)!, entry = calls.get(id);
      if (!entry) throw unwired('to a layer it does not list', id);
      if (state.get(id) === 'done') {
        stack.pop();
        continue;
      }
      const open = entry.needs.filter((need) => state.get(need) !== 'done');
      if (open.length === 0) {
        state.set(id, 'done');
        order.push(entry.call);
        stack.pop();
      } else {
        if (state.get(id) === 'open' && open.some((need) => state.get(need) === 'open')) throw unwired('in a circle', id);
        state.set(id, 'open');
        stack.push(...open);
      }
    }
  }
  return order;
}

function unwired(how: string, id: string): BadModelFile {
  return new BadModelFile(`the model config is wired ${how}, at layer '${shown(id.slice(id.indexOf(' ') + 1))}'`);
}
