/**
 * While → Loop. What the body changes is carried, what it only passes on is read from outside, and a list that it fills
 * element by element is what the loop collects. ONNX asks for the condition of the next round inside the body.
 */
import type { Dims, ValueInfo } from '../../graph/graph';
import type { DType } from '../../tensor/dtype';
import { functionOf, tensorName } from './controlFlow';
import { reference, type TfFunction } from './graphDef';
import { isFlow, type TfOp, type TfValue } from './op';
import type { Translator } from './translator';

/** Rounds of translating the body with wider dims until they hold for every iteration. */
const maxWidenings = 4;

interface Carried {
  /** Which of the loop's variables. */
  readonly index: number;
  readonly initial: string;
  readonly isList: boolean;
  readonly dtype: DType;
  dims: Dims | undefined;
}

export function loop(translator: Translator, op: TfOp, depth: number): TfValue[] {
  const { e } = op;
  const body = functionOf(translator, op, op.attributes.functionName('body'));
  const condition = functionOf(translator, op, op.attributes.functionName('cond'));
  const initial = op.inputs.map((input, index) => input ?? op.fail(`input ${index} is not given`));
  if (body.results.length !== initial.length) op.fail(`its body returns ${body.results.length} values for ${initial.length} variables`);
  const carried: Carried[] = [];
  const collected: number[] = [];
  initial.forEach((value, index) => {
    if ('opaque' in value) op.flow(index);
    if (passesOn(body, index) || 'table' in value) return;
    if ('reserved' in value) collected.push(index);
    else if (isFlow(value) || 'list' in value) {
      const name = e.natural(isFlow(value) ? value : value.list);
      carried.push({ index, initial: name, isList: !isFlow(value), dtype: e.dtype(name), dims: e.storedDims(name) });
    } else op.fail(`its variable ${index} is a list in a form that ONNX cannot express`);
  });
  const first = tensorName(op, one(op, translator.call(condition, initial, depth + 1)));
  const failures = translator.failures.length;

  for (let attempt = 0; ; attempt++) {
    translator.forgetFailures(failures);
    let wider = false;
    const inputs: ValueInfo[] = [
      { name: e.fresh('iteration'), type: { kind: 'tensor', dtype: 'int64', dims: [] } },
      { name: e.fresh('condition'), type: { kind: 'tensor', dtype: 'bool', dims: [] } },
      ...carried.map(({ index, dtype, dims }): ValueInfo => ({ name: e.fresh(`variable_${index}`), type: { kind: 'tensor', dtype, dims } })),
    ];
    const graph = translator.inside(() => e.subgraph(e.fresh('body'), inputs, (flows) => {
      const variables = [...initial];
      carried.forEach(({ index, isList }, position) => { variables[index] = isList ? { list: flows[position + 2]! } : flows[position + 2]!; });
      const results = translator.call(body, variables, depth + 1);
      const items = collected.map((index) => collectedItem(op, results[index]!, initial, variables, results));
      const next = carried.map((item) => {
        const name = tensorName(op, results[item.index]!);
        const widened = widen(item.dims, e.storedDims(name));
        if (!same(widened, item.dims)) {
          wider = true;
          item.dims = widened;
        }
        return name;
      });
      // Lists that are being filled are no variables of the condition.
      const again = tensorName(op, one(op, translator.call(condition, results, depth + 1)));
      return [again, ...next, ...items];
    }));
    if (wider && attempt < maxWidenings) continue;
    if (translator.failures.length > failures) op.fail('something inside it could not be translated');
    const outputs = graph.outputs.slice(1).map((_, index) => e.fresh(`Loop:${index}`));
    e.add({ name: e.fresh('Loop'), opType: 'Loop', domain: '', inputs: ['', first, ...carried.map((item) => item.initial)], outputs, attributes: new Map([['body', { kind: 'graph', value: graph }]]) });
    const results: TfValue[] = [...initial];
    carried.forEach(({ index, isList }, position) => {
      const flow = op.of(outputs[position]!);
      results[index] = isList ? { list: flow } : flow;
    });
    collected.forEach((index, position) => { results[index] = { list: op.of(outputs[carried.length + position]!) }; });
    return results;
  }
}

function one(op: TfOp, values: readonly TfValue[]): TfValue {
  return values[0] ?? op.fail('its condition returns nothing');
}

/** Whether the body returns its variable `index` as it got it. */
function passesOn(body: TfFunction, index: number): boolean {
  let name = reference(body.results[index]!, body.nodes).node;
  for (let steps = 0; steps < 16; steps++) {
    const node = body.nodes.get(name);
    if (!node) return name === body.inputs[index];
    if (node.op !== 'Identity') return false;
    name = reference(node.inputs[0] ?? '', body.nodes).node;
  }
  return false;
}

/** What one iteration adds to a list: sound only if the list is filled in order, from the first element on. */
function collectedItem(op: TfOp, result: TfValue, initial: readonly TfValue[], variables: readonly TfValue[], results: readonly TfValue[]): string {
  const { e } = op;
  if (!('written' in result)) return op.fail('opaque' in result ? 'something inside it could not be translated' : 'a list is carried through it that ONNX cannot express');
  const { index, item } = result.written;
  const counter = variables.findIndex((value) => isFlow(value) && value.value === index.value);
  const start = initial[counter], next = results[counter];
  const from = start && isFlow(start) ? e.known(start.value)?.[0] : undefined;
  const step = next && isFlow(next) ? e.nodes.findLast((node) => node.outputs[0] === next.value) : undefined;
  const addends = step?.opType === 'Add' ? step.inputs : [];
  const byOne = addends.includes(index.value) && addends.some((name) => e.known(name)?.[0] === 1);
  if (from !== 0 || !byOne) op.fail('a list in it is not filled one element after the other');
  return e.natural(item);
}

function widen(a: Dims | undefined, b: Dims | undefined): Dims | undefined {
  if (!a || !b || a.length !== b.length) return undefined;
  return a.map((dim, axis) => (dim !== null && dim === b[axis] ? dim : null));
}

function same(a: Dims | undefined, b: Dims | undefined): boolean {
  return a === b || (a !== undefined && b !== undefined && a.length === b.length && a.every((dim, axis) => dim === b[axis]));
}
