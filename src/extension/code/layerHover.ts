/** Hovers over calls that build a model: what the layer takes and gives, as far as the source says. */
import * as vscode from 'vscode';
import type { SourceLayer } from '../../protocol/code';
import { shape } from './describe';
import { rangeIn, within } from './hover';
import type { Sources } from './sources';
import { plain } from './text';

export class LayerHovers implements vscode.HoverProvider {
  constructor(private readonly sources: Sources) {}

  async provideHover(document: vscode.TextDocument, position: vscode.Position, token: vscode.CancellationToken): Promise<vscode.Hover | undefined> {
    if (!this.sources.mentions(document).layers) return undefined;
    const analysis = await this.sources.analyse(document);
    if (!analysis || token.isCancellationRequested) return undefined;
    const layer = layerAt(analysis.layers, document.offsetAt(position));
    return layer && new vscode.Hover(layerText(layer), rangeIn(document, layer.name));
  }
}

/** The innermost call whose callee is here: `x.view(…)` lies in the callee of what is chained to it. */
export function layerAt(layers: readonly SourceLayer[], offset: number): SourceLayer | undefined {
  return layers.filter(({ name }) => within(name, offset)).sort((a, b) => a.name.end - a.name.start - (b.name.end - b.name.start))[0];
}

function layerText(layer: SourceLayer): vscode.MarkdownString {
  const { t } = vscode.l10n;
  const inputs = [layer.inputDims, ...(layer.otherInputs ?? [])].filter((dims) => dims !== undefined).map((dims) => shape(dims));
  const flow = inputs.length || layer.outputDims ? `${inputs.length ? `${inputs.join(', ')} → ` : ''}${layer.outputDims ? shape(layer.outputDims) : '?'}` : undefined;
  const size = layer.parameters === undefined ? undefined : layer.parameters === 0 ? t('no parameters') : layer.parameters === 1 ? t('1 parameter') : t('{0} parameters', amount(layer.parameters));
  // Of a whole model, the running total is its own.
  const total = layer.total === undefined || layer.total === layer.parameters ? undefined : t('{0} up to here', amount(layer.total));
  const figures = [size, total].filter((figure) => figure !== undefined);
  const blocks = [
    `**${plain(layer.type)}**${flow === undefined ? '' : `\u2002${plain(flow, 400)}`}`,
    figures.length ? figures.map((figure) => plain(figure, 400)).join(' · ') : undefined,
    layer.note === undefined ? undefined : `_${plain(layer.note, 600)}_`,
  ];
  const text = new vscode.MarkdownString(blocks.filter((block) => block !== undefined).join('\n\n'));
  text.supportHtml = false;
  return text;
}

/** A number in the language's digits, a term as it is. */
function amount(count: number | string): string {
  return typeof count === 'number' ? count.toLocaleString(vscode.env.language) : count;
}
