/**
 * A graph for GPU providers: the same values without the nodes that such a provider is known to compute wrongly or to
 * refuse (convolutions.ts), or leaves to the CPU in the middle of the graph (elementary.ts, quantised.ts). The main graph
 * only; bodies of loops and branches stay as they are.
 */
import { GraphBuilder } from '../builder';
import { initializerType, type Dims, type Graph, type ModelFile, type Node } from '../graph';
import { inferShapes, type Inference } from '../inference/infer';
import { upgradeOpset } from '../upgrade';
import { portableConvolution } from './convolutions';
import { elementary } from './elementary';
import { dequantise, keptReal, quantise } from './quantised';
import { replaced, type Known } from './rewriting';

/** Before it Slice and Clip have other forms. */
const oldestOpset = 11;

/** The model with such nodes rewritten, in the words of opset 13 or newer; the model itself where there is nothing to do. */
export function portable(given: ModelFile): ModelFile {
  const model = upgraded(given), { graph } = model, opset = model.opsets.get('') ?? 13;
  if (opset < oldestOpset) return model;
  const taken = new Set([...graph.inputs.map(({ name }) => name), ...graph.initializers.keys(), ...graph.nodes.flatMap(({ outputs }) => outputs)]);
  const b = new GraphBuilder(opset, 'device/', taken), known = knowledge(model), kept = keptReal(graph, known);
  const nodes = graph.nodes.filter(({ outputs }) => outputs.some(known.isNeeded)).flatMap((node): Node[] => {
    if (node.domain !== '') return [node];
    if (node.opType === 'Conv' || node.opType === 'ConvTranspose') return portableConvolution(node, b, known);
    const value = kept.has(node.outputs[0]!) ? quantise(node, b, graph) : kept.has(node.inputs[0]!) ? dequantise(node, b) : elementary[node.opType]?.(node, b, known);
    return value === undefined ? [node] : replaced(node, value, b);
  });
  if (nodes.length === graph.nodes.length && nodes.every((node, index) => node === graph.nodes[index])) return model;
  return { ...model, graph: { ...graph, nodes, initializers: new Map([...graph.initializers, ...b.initializers]) } };
}

/** Types of values, inferred when the first is asked for that is not stored. */
function knowledge(model: ModelFile): Known {
  let inferred: Inference | undefined;
  const typeOf = (name: string) => {
    const stored = model.graph.initializers.get(name);
    if (stored) return initializerType(stored);
    inferred ??= inferShapes(model);
    const type = inferred.types.get(name);
    return type?.kind === 'tensor' ? type : undefined;
  };
  const needed = neededValues(model.graph);
  return {
    isNeeded: (name) => needed?.has(name) ?? true,
    dtype: (name) => typeOf(name)?.dtype,
    dims: (name) => {
      const dims: Dims | undefined = typeOf(name)?.dims;
      return dims?.every((dim): dim is number => typeof dim === 'number') ? dims : undefined;
    },
  };
}

/** Values that the outputs depend on; undefined where branches or loops may read any. */
function neededValues({ nodes, outputs }: Graph): ReadonlySet<string> | undefined {
  if (nodes.some(({ attributes }) => [...attributes.values()].some(({ kind }) => kind === 'graph' || kind === 'graphs'))) return undefined;
  const needed = new Set(outputs.map(({ name }) => name));
  for (const node of [...nodes].reverse()) if (node.outputs.some((name) => needed.has(name))) node.inputs.forEach((name) => needed.add(name));
  return needed;
}

/** Providers know the older forms of fewer ops. */
function upgraded(model: ModelFile): ModelFile {
  try {
    return upgradeOpset(model);
  } catch {
    // An old form that depends on what is not known: it runs where the provider leaves it.
    return model;
  }
}
