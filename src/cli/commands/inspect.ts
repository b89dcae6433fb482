import { inspect } from '../../engine/jobs/inspect';
import type { LayerSummary, ModelSummary, PortSummary } from '../../graph/summary';
import { flag, parse } from '../arguments';
import type { CommandContext } from '../main';
import { bytesText, clean, dimsText, print, printJson, short, table } from '../terminal';

/** model-lens inspect MODEL */
export async function runInspect(argv: readonly string[], { engine }: CommandContext): Promise<void> {
  const parsed = parse('inspect', argv, {}, { least: 1, most: 1, names: 'MODEL' });
  const { summary } = await inspect(engine, { file: parsed.positionals[0]! });
  if (flag(parsed, 'json')) printJson(summary);
  else print(describe(summary));
}

function describe(summary: ModelSummary): string {
  const opsets = Object.entries(summary.opset).map(([domain, version]) => `${domain || 'ai.onnx'} ${version}`).join(', ');
  const { layers, nodes, parameters, macs, weightBytes } = summary.totals;
  const lines = [
    `${summary.format}${summary.producer ? `, made by ${clean(summary.producer)}` : ''}${opsets ? `, opset ${opsets}` : ''}`,
    '',
    ...summary.inputs.map((port) => `input   ${portText(port)}`),
    ...summary.outputs.map((port) => `output  ${portText(port)}`),
    '',
    table(['layer', 'type', 'output', 'parameters>', 'MACs>'], summary.layers.map(layerRow)),
    '',
    `${layers} layers, ${nodes} nodes, ${short(parameters)} parameters (${bytesText(weightBytes)}), ${short(macs)} multiply-accumulates a sample`,
    ...summary.warnings.map((warning) => `note: ${clean(warning, 400)}`),
  ];
  return lines.join('\n');
}

function portText({ name, dtype, dims }: PortSummary): string {
  return `${clean(name)}  ${dtype} ${dims ? dimsText(dims) : '(any dims)'}`;
}

function layerRow(layer: LayerSummary): string[] {
  return [layer.name, layer.type, dimsText(layer.outputDims[0]), layer.parameters ? short(layer.parameters) : '', layer.macs ? short(layer.macs) : ''];
}
