/** Hovers over paths of models, and over names of their layers and tensors. */
import * as vscode from 'vscode';
import type { NamedThing, SourceAnalysis, SourceRange, SourceString } from '../../protocol/code';
import type { Services } from '../services';
import type { Association, Associations } from './associate';
import { askHover, failureHover, missingHover, outlineHover, thingsHover, unknownHover } from './describe';
import { isOnThisMachine, looksLikeModelPath } from './modelFiles';
import { hintSource, ownerOf, type Sources } from './sources';

/** A string that merely equals a name is one only from this length on. */
const shortestName = 3;

export class CodeHovers implements vscode.HoverProvider {
  constructor(private readonly services: Services, private readonly sources: Sources, private readonly associations: Associations) {}

  async provideHover(document: vscode.TextDocument, position: vscode.Position, token: vscode.CancellationToken): Promise<vscode.Hover | undefined> {
    if (!this.sources.mentions(document).models) return undefined;
    const analysis = await this.sources.analyse(document);
    if (!analysis || token.isCancellationRequested) return undefined;
    const offset = document.offsetAt(position);
    return (await this.ofName(document, analysis, offset)) ?? (await this.ofPath(document, analysis, offset)) ?? this.ofEqualString(document, analysis, offset);
  }

  /** A string in a call that asks for a layer or tensor. */
  private async ofName(document: vscode.TextDocument, analysis: SourceAnalysis, offset: number): Promise<vscode.Hover | undefined> {
    const use = analysis.names.find(({ range }) => within(range, offset));
    if (!use?.value) return undefined;
    const model = await this.associations.modelOf(document, analysis, use);
    if (!model) return undefined;
    const owner = ownerOf(document);
    if (model === 'ask') return hover(document, use, askHover(owner, use.value));
    return this.asked(model, async () => {
      const { things, similar } = await this.services.engines.request('inspect', 'lookUp', { file: model.file, name: use.value, kind: use.kind });
      const found = things.length ? things : (await this.services.engines.request('inspect', 'lookUp', { file: model.file, name: use.value })).things;
      // Where the model is a guess, a name it does not have is probably another's.
      if (!found.length && (model.how !== 'told' || isHinted(document, use.range))) return undefined;
      return found.length ? thingsHover(found, model, owner) : unknownHover(use.value, model, similar, owner);
    }).then((content) => content && hover(document, use, content));
  }

  private async ofPath(document: vscode.TextDocument, analysis: SourceAnalysis, offset: number): Promise<vscode.Hover | undefined> {
    const string = stringAt(analysis, offset);
    const load = analysis.loads.find(({ argument }) => argument !== undefined && within(argument, offset));
    const looks = string !== undefined && looksLikeModelPath(string.value);
    // Of what a load is given: its path as a whole, also through a constant; or the string itself.
    const written = load?.path !== undefined && (string !== undefined || isName(document, load.argument!)) ? load.path : looks ? string.path ?? string.value : undefined;
    if (written === undefined) return undefined;
    const range = string ?? { range: load!.argument! };
    const file = (await this.associations.find(document, written)) ?? (looks && written !== string.value ? await this.associations.find(document, string.value) : undefined);
    if (file === undefined) return load && looksLikeModelPath(written) && isOnThisMachine(written) ? hover(document, range, missingHover(written)) : undefined;
    const content = await this.asked({ file, how: 'told' }, async () => outlineHover(await this.services.engines.request('inspect', 'outline', { file })));
    return content && hover(document, range, content);
  }

  /** Any string that equals a name of a model this file mentions. */
  private async ofEqualString(document: vscode.TextDocument, analysis: SourceAnalysis, offset: number): Promise<vscode.Hover | undefined> {
    const string = stringAt(analysis, offset);
    if (!string || string.value.length < shortestName || looksLikeModelPath(string.value)) return undefined;
    const told = await this.associations.mentioned(document, analysis, offset);
    const chosen = this.associations.chosen(document);
    const models: Association[] = [...(chosen === undefined ? [] : [{ file: chosen, how: 'chosen' } as const]), ...told.map((file) => ({ file, how: 'near' }) as const)];
    for (const model of models) {
      const things = await this.services.engines.request('inspect', 'lookUp', { file: model.file, name: string.value }).then((answer) => answer.things, (): readonly NamedThing[] => []);
      if (things.some(({ name }) => name === string.value)) return hover(document, string, thingsHover(things, model, ownerOf(document)));
    }
    return undefined;
  }

  private async asked(model: Association, ask: () => Promise<vscode.MarkdownString | undefined>): Promise<vscode.MarkdownString | undefined> {
    try {
      return await ask();
    } catch (error) {
      return failureHover(model.file, error instanceof Error ? error.message : String(error));
    }
  }
}

export function within({ start, end }: SourceRange, offset: number): boolean {
  return start <= offset && offset <= end;
}

export function stringAt({ strings }: SourceAnalysis, offset: number): SourceString | undefined {
  return strings.find(({ range }) => within(range, offset));
}

export function rangeIn(document: vscode.TextDocument, { start, end }: SourceRange): vscode.Range {
  return new vscode.Range(document.positionAt(start), document.positionAt(end));
}

function hover(document: vscode.TextDocument, { range }: { readonly range: SourceRange }, content: vscode.MarkdownString): vscode.Hover {
  return new vscode.Hover(content, rangeIn(document, range));
}

/** Whether a hint stands here already: VS Code shows its words in the same place. */
function isHinted(document: vscode.TextDocument, range: SourceRange): boolean {
  const here = rangeIn(document, range);
  return vscode.languages.getDiagnostics(document.uri).some((hint) => hint.source === hintSource && here.contains(hint.range));
}

function isName(document: vscode.TextDocument, range: SourceRange): boolean {
  return /^[\w$.]+$/.test(document.getText(rangeIn(document, range)));
}
