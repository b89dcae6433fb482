/** Layers, rows of layers and models as values. */
import { apply, noteModel, statedInput } from './apply';
import type { CallExpr } from './calls';
import type { Machine } from './machine';
import { leavesOf, tensorsIn, total } from './sites';
import { Unknown } from './symbolic';
import { bind, type Given } from './tensorFunctions';
import { tensor, type ChainValue, type Framework, type GraphValue, type LayerRule, type LayerValue, type Value } from './values';

export function makeLayer(m: Machine, framework: Framework, type: string, rule: LayerRule, given: Given, expr: CallExpr): LayerValue {
  const site = m.sites.at(expr, expr.callee, framework, type);
  const layer: LayerValue = { t: 'layer', framework, type, rule, config: bind(rule.args, given), site, leaf: { site }, made: expr };
  let note: string | undefined;
  if (framework === 'pytorch') {
    try {
      layer.leaf.parameters = rule.parameters?.(layer.config, undefined) ?? total([])!;
    } catch (error) {
      if (!(error instanceof Unknown)) throw error;
      note = error.message;
    }
  }
  site.uses.push({ inputs: [], output: undefined, parameters: layer.leaf.parameters, note: note ?? (framework === 'pytorch' ? undefined : 'What it is used on is not known here.'), assumed: true });
  return layer;
}

export function makeChain(m: Machine, framework: Framework, type: string, callable: boolean, items: readonly Value[], expr: CallExpr): ChainValue {
  const site = m.sites.at(expr, expr.callee, framework, type);
  const chain: ChainValue = { t: 'chain', framework, callable, items: [], site, birth: m.birth() };
  m.chains.push(chain);
  items.forEach((item) => append(m, chain, item));
  return chain;
}

/** One more layer at the end. Keras and TensorFlow.js know dims as soon as the first layer's input is stated. */
export function append(m: Machine, chain: ChainValue, item: Value): void {
  if (!m.certain(chain.birth)) {
    chain.uncertain = 'Whether all of its layers are added depends on a condition.';
    return;
  }
  if (chain.items.length > 2_000) {
    chain.uncertain = 'It has too many layers to follow.';
    return;
  }
  m.owned.add(item);
  chain.items.push(item);
  if (chain.framework === 'pytorch') return;
  if (item.t === 'tensor') {
    chain.input = chain.output = item;
    return;
  }
  if (!chain.output && chain.items.length === 1) {
    const first = item.t === 'layer' ? statedOf(item) : item.t === 'chain' ? item.input?.shape : item.t === 'graph' ? tensorsIn(item.inputs)[0]?.shape : undefined;
    if (first) chain.input = chain.output = tensor(first);
  }
  if (!chain.output) return;
  const [next] = tensorsIn(apply(m, item, [chain.output]));
  chain.output = next ?? tensor(undefined, [chain.output], [{}], 'A layer before it is not known here.');
}

/** The input shape that a layer states, or the one that it wraps. */
function statedOf(layer: LayerValue): ReturnType<typeof statedInput> {
  const inner = layer.config.values.get('layer');
  return statedInput(layer.config) ?? (inner?.t === 'layer' ? statedInput(inner.config) : undefined);
}

export function makeGraph(m: Machine, framework: Framework, type: string, inputs: Value, outputs: Value, expr: CallExpr): GraphValue {
  const site = m.sites.at(expr, expr.callee, framework, type);
  const graph: GraphValue = { t: 'graph', framework, inputs, outputs, site };
  const size = total(leavesOf(graph));
  const [into, out] = [tensorsIn(inputs), tensorsIn(outputs)];
  const reached = out.every((output) => output.shape);
  site.uses.push({ inputs: into.map(({ shape }) => shape), output: out.length === 1 ? out[0]!.shape : out.map(({ shape }) => shape), parameters: size, total: size, note: reached ? undefined : out.find(({ shape }) => !shape)?.why, assumed: into.some(({ assumed }) => assumed) });
  return graph;
}

/** What is said of a model once everything was read: with the input that it was given, or one that its layers expect. */
export function finishChain(m: Machine, chain: ChainValue): void {
  if (chain.input && chain.output) {
    const known = chain.uncertain ? tensor(undefined, [chain.output], [], chain.uncertain) : chain.output;
    noteModel(m, chain, [chain.input], known);
  } else if (!m.owned.has(chain) && chain.callable && chain.items.length && !chain.site.uses.some(({ output }) => output)) {
    apply(m, chain, [{ t: 'opaque' }]);
  }
}

