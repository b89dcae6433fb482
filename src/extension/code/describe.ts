/** Models and their parts in a hover's words. Texts from files are shown as text; links run commands of this extension alone. */
import * as path from 'node:path';
import * as vscode from 'vscode';
import type { ModelOutline, NamedThing } from '../../protocol/code';
import type { Association } from './associate';
import { bytesText, countText, dimsText, plain } from './text';

export const linkCommands = { open: 'modelLens.openModelFile', show: 'modelLens.showLayer', choose: 'modelLens.chooseModelForFile' } as const;

type Dims = readonly (number | string | null)[] | null;

/** Ports of one direction that are listed before the rest is counted. */
const mostPorts = 6;
const formats: Readonly<Record<string, string>> = { onnx: 'ONNX', keras: 'Keras', tfjs: 'TensorFlow.js' };

function markdown(...blocks: readonly (string | undefined)[]): vscode.MarkdownString {
  const text = new vscode.MarkdownString(blocks.filter((block) => block).join('\n\n'));
  text.isTrusted = { enabledCommands: Object.values(linkCommands) };
  text.supportHtml = false;
  return text;
}

function link(title: string, command: string, ...args: readonly unknown[]): string {
  // encodeURIComponent leaves brackets and quotes as they are; they would end the link.
  const query = encodeURIComponent(JSON.stringify(args)).replace(/[()'!*]/g, (mark) => `%${mark.charCodeAt(0).toString(16)}`);
  return `[${plain(title)}](command:${command}?${query})`;
}

export function outlineHover(outline: ModelOutline): vscode.MarkdownString {
  const { t } = vscode.l10n;
  const figures = [
    outline.layers === 1 ? t('1 layer') : t('{0} layers', outline.layers), t('{0} parameters', countText(outline.parameters)),
    ...(outline.macs === null ? [] : [t('{0} MACs', countText(outline.macs))]), bytesText(outline.bytes),
  ];
  const format = formats[outline.format] ?? outline.format;
  const origin = (outline.producer.startsWith(format) ? [outline.producer] : [format, outline.producer]).filter(Boolean).map((part) => plain(part)).join(', ');
  const [first, ...more] = outline.warnings;
  return markdown(
    `**${plain(path.basename(outline.file) === 'model.json' ? path.join(path.basename(path.dirname(outline.file)), 'model.json') : path.basename(outline.file))}** — ${origin}`,
    ports(outline.inputs.length === 1 ? t('Input') : t('Inputs'), outline.inputs), ports(outline.outputs.length === 1 ? t('Output') : t('Outputs'), outline.outputs),
    figures.map((figure) => plain(figure)).join(' · '),
    first === undefined ? undefined : `⚠ ${plain(first)}${more.length ? ` ${plain(more.length === 1 ? t('(and 1 more)') : t('(and {0} more)', more.length))}` : ''}`,
    link(t('Open in Model Lens'), linkCommands.open, outline.file),
  );
}

function ports(title: string, all: ModelOutline['inputs']): string | undefined {
  if (!all.length) return undefined;
  const port = ({ name, dtype, dims }: ModelOutline['inputs'][number]): string => `**${plain(name)}** \u2002 ${plain(dtype)} \u2002 ${plain(shape(dims))}`;
  if (all.length === 1) return `${plain(title)}: \u2002${port(all[0]!)}`;
  const shown = all.slice(0, mostPorts).map((one) => `- ${port(one)}`);
  if (all.length > mostPorts) shown.push(`- ${plain(vscode.l10n.t('and {0} more', all.length - mostPorts))}`);
  return `${plain(title)}:\n${shown.join('\n')}`;
}

export function failureHover(file: string, message: string): vscode.MarkdownString {
  return markdown(`**${plain(path.basename(file))}**`, `⚠ ${plain(message, 300)}`);
}

export function missingHover(written: string): vscode.MarkdownString {
  return markdown(`⚠ ${plain(vscode.l10n.t('Model file not found: {0}', written))}`);
}

/** @param owner the file whose choice of a model the link changes. */
export function thingsHover(things: readonly NamedThing[], model: Association, owner: vscode.Uri): vscode.MarkdownString {
  const { t } = vscode.l10n;
  const name = path.basename(model.file) === 'model.json' ? path.join(path.basename(path.dirname(model.file)), 'model.json') : path.basename(model.file);
  const from = model.how === 'told' ? t('in {0}', name) : model.how === 'near' ? t('in {0}, the nearest model in this file', name)
    : model.how === 'chosen' ? t('in {0}, chosen for this file', name) : t('in {0}, the only model of this workspace', name);
  const revealed = things.find(({ key }) => key !== undefined)?.key;
  return markdown(
    ...things.slice(0, 3).map((thing) => `${heading(thing)}\n\n${figures(thing).map((figure) => plain(figure)).join(' · ')}`),
    things.length > 3 ? plain(t('and {0} more', things.length - 3)) : undefined,
    `_${plain(from)}_`,
    [
      revealed === undefined ? link(t('Open in Model Lens'), linkCommands.open, model.file) : link(t('Show in Model Lens'), linkCommands.show, model.file, revealed),
      ...(model.how === 'told' ? [] : [link(t('Choose another model…'), linkCommands.choose, owner.toString())]),
    ].join(' · '),
  );
}

function heading(thing: NamedThing): string {
  const { t } = vscode.l10n;
  const kinds = { layer: t('layer'), tensor: t('tensor'), input: t('input'), output: t('output'), weight: t('weight') };
  const what = thing.layers !== undefined ? t('{0} layers: {1}', thing.layers, thing.type)
    : thing.kind === 'layer' || !thing.type || thing.kind === 'input' ? `${thing.kind === 'layer' ? thing.type : kinds[thing.kind]}` : t('{0} of {1}', kinds[thing.kind], thing.type);
  return `**${plain(thing.name)}** — ${plain(what)}`;
}

function figures(thing: NamedThing): string[] {
  const { t } = vscode.l10n;
  const flow = thing.inputDims.length ? `${list(thing.inputDims)} → ${list(thing.outputDims)}` : list(thing.outputDims);
  return [flow, ...(thing.dtype === undefined ? [] : [thing.dtype]), ...(thing.kind === 'layer' || thing.kind === 'weight' ? [thing.parameters === 1 ? t('1 parameter') : t('{0} parameters', thing.parameters.toLocaleString(vscode.env.language))] : [])];
}

/** One line for completions: 'Conv2D  1 × 64 × 64 × 3 → 1 × 64 × 64 × 16'. */
export function thingDetail(thing: NamedThing): string {
  return `${thing.type}  ${list(thing.outputDims)}`;
}

export function shape(dims: Dims): string {
  return dimsText(dims, vscode.l10n.t('scalar'));
}

function list(all: readonly Dims[]): string {
  const shown = all.slice(0, 3).map((dims) => shape(dims));
  return all.length > 3 ? `${shown.join(', ')}, …` : shown.join(', ');
}

export function askHover(owner: vscode.Uri, name: string): vscode.MarkdownString {
  return markdown(plain(vscode.l10n.t('{0}: a layer or tensor of which model?', name)), link(vscode.l10n.t('Choose the model for this file…'), linkCommands.choose, owner.toString()));
}

export function unknownHover(name: string, model: Association, similar: readonly string[], owner: vscode.Uri): vscode.MarkdownString {
  const { t } = vscode.l10n;
  return markdown(
    plain(t('{0} has nothing named {1}.', path.basename(model.file), name)),
    similar.length ? plain(t('Near names: {0}', similar.join(', '))) : undefined,
    [link(t('Open in Model Lens'), linkCommands.open, model.file), ...(model.how === 'told' ? [] : [link(t('Choose another model…'), linkCommands.choose, owner.toString())])].join(' · '),
  );
}
