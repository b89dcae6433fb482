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

/** All calls, each after those it depends on, otherwise in the order of the config. */
export function callOrder(spec: Functional, shift: ReadonlyMap<string, number>): Call[] {
  const waiting = new Map<string, number>();
  const users = new Map<string, Call[]>();
  const ready: Call[] = [];
  const key = (layer: string, call: number): string => `${call} ${layer}`;
  const inputs = new Set(spec.layers.filter(({ calls }) => calls.length === 0).map(({ name }) => name));
  let count = 0;
  for (const { name, calls } of spec.layers) {
    if (calls.length === 0) {
      count++;
      ready.push({ layer: name, call: -1 });
    }
    calls.forEach((call, index) => {
      count++;
      const mine = { layer: name, call: index };
      const needs = new Set(dependencies(call).map(({ layer, node }) => (inputs.has(layer) ? key(layer, -1) : key(layer, node - (shift.get(layer) ?? 0)))));
      if (needs.size === 0) ready.push(mine);
      waiting.set(key(name, index), needs.size);
      for (const need of needs) users.set(need, [...(users.get(need) ?? []), mine]);
    });
  }
  // The order of the config is kept as far as it goes: positions decide among those that are ready.
  const position = new Map(spec.layers.map(({ name }, index) => [name, index]));
  const order: Call[] = [];
  const queue = ready.sort((a, b) => position.get(a.layer)! - position.get(b.layer)!);
  for (let index = 0; index < queue.length; index++) {
    const next = queue[index]!;
    order.push(next);
    for (const user of users.get(key(next.layer, next.call)) ?? []) {
      const id = key(user.layer, user.call), left = waiting.get(id)! - 1;
      waiting.set(id, left);
      if (left === 0) queue.push(user);
    }
  }
  if (order.length < count) {
    const stuck = [...waiting].find(([, left]) => left > 0)?.[0] ?? '';
    throw new BadModelFile(`the model config is wired in a circle or to layers it does not list, at layer '${shown(stuck.slice(stuck.indexOf(' ') + 1))}'`);
  }
  return order;
}
