/** model-lens inspect MODEL --layer NAME: one layer, and with --weights figures of its stored tensors. */
import { inspect } from '../../engine/jobs/inspect';
import { layerDetails } from '../../engine/jobs/layerDetails';
import { tensorDetails } from '../../engine/jobs/tensorDetails';
import type { ArchitectureNode, ArchitectureView } from '../../graph/summary';
import type { LayerDetails, StoredTensor, TensorDetails, ValueDetails } from '../../protocol/details';
import { LensError } from '../../protocol/rpc';
import type { CommandContext } from '../start';
import { bytesText, clean, clearLine, dimsText, percent, print, printJson, short, status, table } from '../terminal';

const suggested = 6;

type Looked = Pick<TensorDetails, 'statistics' | 'histogram'>;

export async function runInspectLayer({ engine, signal }: CommandContext, { file, layer, weights, json }: { file: string; layer: string; weights: boolean; json: boolean }): Promise<void> {
  const { architecture } = await inspect(engine, { file });
  const details = await layerDetails(engine, { file, key: keyOf(architecture, layer) });
  const looked = new Map<string, Looked>();
  for (const { id, name, readable } of weights ? details.tensors : []) {
    if (!readable) continue;
    const { statistics, histogram } = await tensorDetails(engine, { file, id }, { signal, progress: ({ done, total }) => status(`reading ${clean(name)}: ${percent(total > 0 ? done / total : 1)}`) });
    looked.set(id, { statistics, histogram });
  }
  clearLine();
  if (json) printJson(weights ? { ...details, tensors: details.tensors.map((tensor) => ({ ...tensor, ...looked.get(tensor.id) })) } : details);
  else print(describe(details, looked));
}

/** The key of a node by its name, or by the key itself. */
function keyOf(architecture: ArchitectureView, layer: string): string {
  const nodes: ArchitectureNode[] = [];
  const collect = (view: ArchitectureView): void => {
    for (const node of view.nodes) {
      nodes.push(node);
      for (const inner of node.subgraphs ?? []) collect(inner.view);
    }
  };
  collect(architecture);
  const named = nodes.filter(({ name, key }) => name === layer || key === layer);
  const ops = named.length > 1 ? named.filter(({ kind }) => kind === 'op') : named;
  const [first, second] = ops.length > 0 ? ops : named;
  if (first && second) throw new LensError('badInput', `${ops.length || named.length} nodes are called '${layer}': ${(ops.length > 0 ? ops : named).slice(0, suggested).map(({ key, opType }) => `${key} (${opType})`).join(', ')}`, 'give one of these keys as --layer');
  if (first) return first.key;
  if (/^(node|layer|input|output):/.test(layer)) return layer;
  const near = nodes.filter(({ name }) => name.toLowerCase().includes(layer.toLowerCase())).slice(0, suggested);
  throw new LensError('notFound', `the model has no layer '${layer}'`, near.length > 0 ? `it has ${near.map(({ name }) => `'${clean(name)}'`).join(', ')}` : "'model-lens inspect MODEL' lists the layers");
}

function describe(details: LayerDetails, looked: ReadonlyMap<string, Looked>): string {
  const { type, domain, name, documentation, attributes, inputs, outputs, tensors, operators, parameters, macs, activationBytes } = details;
  const port = details.family === 'port';
  const part = (title: string, lines: readonly string[]): string[] => (lines.length > 0 ? ['', title, ...lines.map((line) => `  ${line}`)] : []);
  return [
    `${clean(type)}${domain ? ` (${clean(domain)})` : ''}  ${clean(name)}`,
    ...(documentation === undefined ? [] : [documentation]),
    ...(port ? [] : ['', `${short(parameters)} parameters, ${short(macs)} multiply-accumulates and ${activationBytes === null ? '?' : bytesText(activationBytes)} of activations a sample`]),
    ...part('inputs', inputs.map((value) => valueText(value, 'from'))),
    ...part('outputs', outputs.map((value) => valueText(value, 'to'))),
    ...part('attributes', rows(attributes.map(({ name: key, value, isDefault }) => [key, isDefault ? `${value} (default)` : value]))),
    ...part('stored tensors', tensors.flatMap((tensor) => tensorText(tensor, looked.get(tensor.id)))),
    ...part('operators it became', operators.map((each) => `${clean(each.type)}  ${clean(each.name)}`)),
  ].join('\n');
}

function valueText({ role, name, dtype, dims, nodes }: ValueDetails, way: string): string {
  const others = nodes.length > 4 ? ` and ${nodes.length - 4} more` : '';
  return `${clean(role)}  ${clean(name)}  ${dtype} ${dims ? dimsText(dims) : '(any dims)'}${nodes.length > 0 ? `  ${way} ${nodes.slice(0, 4).map((node) => `${clean(node.name || node.key)} (${clean(node.type)})`).join(', ')}${others}` : ''}`;
}

function tensorText({ role, name, dtype, dims, bytes, place }: StoredTensor, looked: Looked | undefined): string[] {
  const found = looked?.statistics;
  const number = (value: number): string => String(Number(value.toPrecision(6)));
  return [
    `${clean(role)}  ${clean(name)}  ${dtype} ${dims.length > 0 ? dimsText(dims) : 'scalar'}, ${bytesText(bytes)}, ${clean(place, 400)}`,
    ...(found ? [`    min ${number(found.min)}, max ${number(found.max)}, mean ${number(found.mean)}, std ${number(found.std)}, zeros ${percent(found.sparsity)}, L1 ${number(found.l1)}, L2 ${number(found.l2)}${found.nans > 0 ? `, ${found.nans} NaN` : ''}${found.infinities > 0 ? `, ${found.infinities} infinite` : ''}`] : []),
  ];
}

function rows(cells: readonly (readonly string[])[]): string[] {
  return cells.length > 0 ? table(['', ''], cells, 100).split('\n').slice(1) : [];
}
