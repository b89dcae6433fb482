/** Behind each call that builds a model: what comes out of it and its parameters. Off until somebody asks for it. */
import * as vscode from 'vscode';
import type { SourceLayer } from '../../protocol/code';
import { codeSetting } from '../settings';
import { shape } from './describe';
import type { Sources } from './sources';
import { countText } from './text';

/** Longer hints push the code out of sight. */
const longest = 80;

export class LayerInlayHints implements vscode.InlayHintsProvider, vscode.Disposable {
  private readonly changed = new vscode.EventEmitter<void>();
  readonly onDidChangeInlayHints = this.changed.event;

  constructor(private readonly sources: Sources) {}

  /** Asks VS Code for the hints anew: the setting changed. */
  refresh(): void {
    this.changed.fire();
  }

  dispose(): void {
    this.changed.dispose();
  }

  async provideInlayHints(document: vscode.TextDocument, range: vscode.Range, token: vscode.CancellationToken): Promise<vscode.InlayHint[]> {
    if (!codeSetting('inlayHints', document.uri) || !this.sources.mentions(document).layers) return [];
    const analysis = await this.sources.analyse(document);
    if (!analysis || token.isCancellationRequested) return [];
    const hints: vscode.InlayHint[] = [];
    let before: SourceLayer | undefined;
    for (const layer of [...analysis.layers].sort((a, b) => a.call.start - b.call.start || b.call.end - a.call.end)) {
      const position = document.positionAt(layer.call.end);
      // Of calls inside each other on one line, the outermost says what comes out.
      const inside = before !== undefined && layer.call.end <= before.call.end && document.positionAt(before.call.start).line === position.line && document.positionAt(before.call.end).line === position.line;
      if (inside) continue;
      before = layer;
      const text = hintText(layer);
      if (text === undefined || !range.contains(position)) continue;
      const hint = new vscode.InlayHint(position, text, vscode.InlayHintKind.Type);
      hint.paddingLeft = true;
      if (layer.note !== undefined) hint.tooltip = layer.note;
      hints.push(hint);
    }
    return hints;
  }
}

/** '→ N × 112 × 112 × 64 · 9.4 k'. */
function hintText({ outputDims, parameters }: SourceLayer): string | undefined {
  const size = parameters === undefined || parameters === 0 ? undefined : typeof parameters === 'number' ? countText(parameters) : parameters;
  const parts = [...(outputDims ? [`→ ${shape(outputDims)}`] : []), ...(size === undefined ? [] : [size])];
  if (!parts.length) return undefined;
  const text = parts.join(' · ');
  return text.length > longest ? `${text.slice(0, longest - 1)}…` : text;
}
