/** Completions inside strings: names of layers and tensors where one is asked for, paths of models where one is loaded. */
import { stat } from 'node:fs/promises';
import * as path from 'node:path';
import * as vscode from 'vscode';
import type { NamedThing, NameUse, SourceAnalysis, SourceString } from '../../protocol/code';
import type { Services } from '../services';
import type { Associations } from './associate';
import { thingDetail } from './describe';
import { rangeIn, stringAt, within } from './hover';
import { folderOf, type Sources } from './sources';
import { bytesText } from './text';

export const completionTriggers = ['"', "'", '`', '/', '.'];
const mostNames = 300;

export class CodeCompletions implements vscode.CompletionItemProvider {
  constructor(private readonly services: Services, private readonly sources: Sources, private readonly associations: Associations) {}

  async provideCompletionItems(document: vscode.TextDocument, position: vscode.Position, token: vscode.CancellationToken): Promise<vscode.CompletionList | undefined> {
    if (!this.sources.mentions(document).models) return undefined;
    const analysis = await this.sources.analyse(document);
    if (!analysis || token.isCancellationRequested) return undefined;
    const offset = document.offsetAt(position);
    const use = analysis.names.find(({ content }) => within(content, offset));
    if (use) return this.names(document, analysis, use, offset);
    const load = analysis.loads.find(({ argument }) => argument !== undefined && within(argument, offset));
    const string = load && stringAt(analysis, offset);
    return load && (string ? within(string.content, offset) : isEmptyString(document, load.argument!)) ? this.paths(document, string ?? emptyString(load.argument!)) : undefined;
  }

  private async names(document: vscode.TextDocument, analysis: SourceAnalysis, use: NameUse, offset: number): Promise<vscode.CompletionList | undefined> {
    const model = await this.associations.modelOf(document, analysis, use);
    if (!model || model === 'ask') return undefined;
    const range = rangeIn(document, use.content);
    if (!range.isSingleLine) return undefined;
    const part = document.getText(new vscode.Range(range.start, document.positionAt(offset)));
    const things = await this.services.engines.request('inspect', 'names', { file: model.file, part, limit: mostNames, kind: use.kind }).catch((): readonly NamedThing[] => []);
    const quote = use.range.start < use.content.start ? document.getText(rangeIn(document, use.range)).at(-1)! : '';
    const items = things.filter(({ name }) => writable(name, quote)).map((thing, index) => {
      const item = new vscode.CompletionItem({ label: thing.name, description: thingDetail(thing) }, kinds[thing.kind]);
      item.detail = `${thingDetail(thing)}\n${path.basename(model.file)}`;
      item.range = range;
      item.insertText = escaped(thing.name, quote);
      item.filterText = item.insertText;
      item.sortText = String(index).padStart(4, '0');
      return item;
    });
    return new vscode.CompletionList(items, things.length >= mostNames);
  }

  private async paths(document: vscode.TextDocument, string: Pick<SourceString, 'content'>): Promise<vscode.CompletionList | undefined> {
    const range = rangeIn(document, string.content);
    if (!range.isSingleLine) return undefined;
    const items = await Promise.all((await this.associations.workspaceModels()).slice(0, mostNames).map(async (file) => {
      const item = new vscode.CompletionItem(writtenPath(document, file), vscode.CompletionItemKind.File);
      item.detail = await stat(file).then(({ size }) => bytesText(size), () => undefined);
      item.range = range;
      item.filterText = item.label as string;
      return item;
    }));
    return new vscode.CompletionList(items);
  }
}

const kinds: Readonly<Record<NamedThing['kind'], vscode.CompletionItemKind>> = {
  layer: vscode.CompletionItemKind.Module, tensor: vscode.CompletionItemKind.Variable, input: vscode.CompletionItemKind.Property, output: vscode.CompletionItemKind.Property, weight: vscode.CompletionItemKind.Constant,
};

/** Relative to the file if the model lies in its folder, else to the workspace folder. */
function writtenPath(document: vscode.TextDocument, file: string): string {
  const folder = folderOf(document);
  const workspace = vscode.workspace.getWorkspaceFolder(vscode.Uri.file(file))?.uri.fsPath;
  const beside = folder === undefined ? undefined : path.relative(folder, file);
  const relative = beside !== undefined && !beside.startsWith('..') ? beside : workspace === undefined ? file : path.relative(workspace, file);
  return relative.split(path.sep).join('/');
}

function isEmptyString(document: vscode.TextDocument, range: { readonly start: number; readonly end: number }): boolean {
  return /^(""|''|``)$/.test(document.getText(rangeIn(document, range)));
}

function emptyString({ start }: { readonly start: number }): Pick<SourceString, 'content'> {
  return { content: { start: start + 1, end: start + 1 } };
}

/** A name that can stand in a string of this kind; without quotes it must be a bare word. */
function writable(name: string, quote: string): boolean {
  return quote === '' ? /^[A-Za-z_$][\w$]*$/.test(name) : !/[\u0000-\u001f\u007f\u2028\u2029]/.test(name);
}

function escaped(name: string, quote: string): string {
  if (quote === '') return name;
  const text = name.replaceAll('\\', '\\\\').replaceAll(quote, `\\${quote}`);
  return quote === '`' ? text.replaceAll('${', '\\${') : text;
}
