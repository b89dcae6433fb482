import { accelerators } from '../../engine/devices/names';
import { inspect } from '../../engine/jobs/inspect';
import { buildHierarchy, type HierarchyNode } from '../../graph/hierarchy';
import type { LayerSummary, ModelSummary, PortSummary } from '../../graph/summary';
import { choice, flag, parse, text, UsageError } from '../arguments';
import type { CommandContext } from '../start';
import { bytesText, clean, dimsText, print, printJson, short, table } from '../terminal';
import { runInspectLayer } from './inspectLayer';
import { runInspectPlacement } from './inspectPlacement';

/** model-lens inspect MODEL */
export async function runInspect(argv: readonly string[], context: CommandContext): Promise<void> {
  const { engine } = context;
  const parsed = parse('inspect', argv, { tree: { type: 'boolean' }, layer: { type: 'string' }, weights: { type: 'boolean' }, placement: { type: 'string' } }, { least: 1, most: 1, names: 'MODEL' });
  const layer = text(parsed, 'layer'), placement = choice(parsed, 'inspect', 'placement', accelerators);
  if (placement !== undefined && (layer !== undefined || flag(parsed, 'tree'))) throw new UsageError('--placement tells about the whole model: give it without --layer and --tree', 'inspect');
  if (placement !== undefined) return runInspectPlacement(context, parsed.positionals[0]!, placement, flag(parsed, 'json'));
  if (layer !== undefined && flag(parsed, 'tree')) throw new UsageError('--tree shows all layers and --layer one: give one of them', 'inspect');
  if (layer !== undefined) return runInspectLayer(context, { file: parsed.positionals[0]!, layer, weights: flag(parsed, 'weights'), json: flag(parsed, 'json') });
  if (flag(parsed, 'weights')) throw new UsageError('--weights tells about the weights of one layer: give --layer NAME', 'inspect');
  const { summary } = await inspect(engine, { file: parsed.positionals[0]! });
  const tree = flag(parsed, 'tree') ? buildHierarchy(summary.layers) : undefined;
  if (flag(parsed, 'json')) printJson(tree ? { ...summary, tree } : summary);
  else print(describe(summary, tree));
}

function describe(summary: ModelSummary, tree: HierarchyNode | undefined): string {
  const opsets = Object.entries(summary.opset).map(([domain, version]) => `${domain || 'ai.onnx'} ${version}`).join(', ');
  const { layers, nodes, parameters, macs, weightBytes, activationBytes } = summary.totals;
  const lines = [
    `${summary.format}${summary.producer ? `, made by ${clean(summary.producer)}` : ''}${opsets ? `, opset ${opsets}` : ''}`,
    '',
    ...summary.inputs.map((port) => `input   ${portText(port)}`),
    ...summary.outputs.map((port) => `output  ${portText(port)}`),
    '',
    tree ? table(['layer', 'type', 'layers>', 'parameters>', 'MACs>'], tree.children.flatMap((child) => treeRows(child, 0)), 72) : table(['layer', 'type', 'output', 'parameters>', 'MACs>'], summary.layers.map(layerRow)),
    '',
    `${layers} ${layers === 1 ? 'layer' : 'layers'}, ${nodes} ${nodes === 1 ? 'node' : 'nodes'}, ${short(parameters)} parameters (${bytesText(weightBytes)}), ${short(macs)} multiply-accumulates and ${activationBytes == null ? '?' : bytesText(activationBytes)} of activations a sample`,
    ...runNotes(summary),
    ...summary.warnings.map((warning) => `note: ${clean(warning, 400)}`),
  ];
  return lines.join('\n');
}

/** What does not run on ONNX Runtime, and why. */
function runNotes({ notRunnable, runtime }: ModelSummary): string[] {
  if (notRunnable === undefined) return [];
  return [clean(runtime ? `runs on ${runtime.id === 'tfjs-node' ? 'TensorFlow.js with its native library' : 'TensorFlow.js'}, forward only: ${notRunnable}` : `can be looked at, but not run: ${notRunnable}`, 400)];
}

/** A line for a group and lines for what is in it; of repeated blocks the first stands for all. */
function treeRows(node: HierarchyNode, depth: number): string[][] {
  const name = node.kind === 'repeat' ? `${node.count} × (${node.name})` : node.name;
  const own = ['· '.repeat(depth) + name, node.type, node.layers > 1 ? String(node.layers) : '', node.parameters ? short(node.parameters) : '', node.macs ? short(node.macs) : ''];
  const inside = node.kind === 'repeat' ? node.children.slice(0, 1) : node.children;
  return [own, ...inside.flatMap((child) => treeRows(child, depth + 1))];
}

function portText({ name, dtype, dims }: PortSummary): string {
  return `${clean(name)}  ${dtype} ${dims ? dimsText(dims) : '(any dims)'}`;
}

function layerRow(layer: LayerSummary): string[] {
  return [layer.name, layer.type, dimsText(layer.outputDims[0]), layer.parameters ? short(layer.parameters) : '', layer.macs ? short(layer.macs) : ''];
}
