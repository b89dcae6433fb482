/** Hints where a name does not exist in the model it is asked of, and where a written shape cannot fit the model's input. */
import * as path from 'node:path';
import * as vscode from 'vscode';
import type { ModelLoad, ModelOutline, NameUse, ShapeUse, SourceAnalysis } from '../../protocol/code';
import type { Services } from '../services';
import { codeSetting } from '../settings';
import type { Associations } from './associate';
import { shape } from './describe';
import { rangeIn } from './hover';
import { hintSource, programLanguages, type Sources } from './sources';

const collectionName = 'modelLens';
const nameCode = 'unknown-name', shapeCode = 'shape';
/** Rest after the last key. */
const pauseMs = 400;
const mostHints = 100;
/** Their files are written by the program: what it asks for may not be in them yet. */
const unsure = new Set(['export', 'save', 'weights', 'openvino']);

/** A hint about a name, with what may have been meant. */
class NameHint extends vscode.Diagnostic {
  constructor(range: vscode.Range, message: string, readonly similar: readonly string[]) {
    super(range, message, vscode.DiagnosticSeverity.Hint);
    this.source = hintSource;
    this.code = nameCode;
  }
}

export class CodeDiagnostics implements vscode.Disposable, vscode.CodeActionProvider {
  private readonly collection = vscode.languages.createDiagnosticCollection(collectionName);
  private readonly waiting = new Map<string, ReturnType<typeof setTimeout>>();
  private readonly running = new Map<string, AbortController>();
  private readonly hints = new Map<string, readonly vscode.Diagnostic[]>();

  constructor(private readonly services: Services, private readonly sources: Sources, private readonly associations: Associations) {}

  dispose(): void {
    for (const timer of this.waiting.values()) clearTimeout(timer);
    for (const run of this.running.values()) run.abort();
    this.collection.dispose();
  }

  /** Looks at a document once nothing happened to it for a moment. */
  schedule(document: vscode.TextDocument): void {
    if (!programLanguages.includes(document.languageId)) return;
    const key = document.uri.toString();
    clearTimeout(this.waiting.get(key));
    this.running.get(key)?.abort();
    this.waiting.set(key, setTimeout(() => {
      this.waiting.delete(key);
      void this.look(document, key);
    }, pauseMs));
  }

  scheduleAll(): void {
    for (const document of vscode.workspace.textDocuments) this.schedule(document);
  }

  forget({ uri }: vscode.TextDocument): void {
    const key = uri.toString();
    clearTimeout(this.waiting.get(key));
    this.waiting.delete(key);
    this.running.get(key)?.abort();
    this.set(uri, []);
  }

  private set(uri: vscode.Uri, hints: readonly vscode.Diagnostic[]): void {
    this.hints.set(uri.toString(), hints);
    this.collection.set(uri, hints);
    if (!hints.length) this.hints.delete(uri.toString());
  }

  private async look(document: vscode.TextDocument, key: string): Promise<void> {
    if (document.isClosed) return;
    if (!codeSetting('diagnostics', document.uri) || !this.sources.mentions(document).models) return this.set(document.uri, []);
    const run = new AbortController();
    this.running.set(key, run);
    const { version } = document;
    try {
      const hints = await this.hintsFor(document, run.signal);
      if (!run.signal.aborted && !document.isClosed && document.version === version) this.set(document.uri, hints);
    } catch {
      // A model that cannot be opened says so in its lens and hover.
    } finally {
      if (this.running.get(key) === run) this.running.delete(key);
    }
  }

  private async hintsFor(document: vscode.TextDocument, signal: AbortSignal): Promise<vscode.Diagnostic[]> {
    const analysis = await this.sources.analyse(document);
    const hints: vscode.Diagnostic[] = [];
    const files = new Map<ModelLoad, Promise<string | undefined>>();
    for (const use of [...(analysis?.names ?? []), ...(analysis?.shapes ?? [])]) {
      if (signal.aborted || hints.length >= mostHints) break;
      const found = await this.loadFor(document, analysis!, use);
      if (found?.load.path === undefined || unsure.has(found.load.kind)) continue;
      if (!files.has(found.load)) files.set(found.load, this.associations.find(found.document, found.load.path));
      const file = await files.get(found.load)!;
      if (file === undefined) continue;
      const hint = 'dims' in use ? await this.shapeHint(document, use, file) : await this.nameHint(document, analysis!, use, found.load, file);
      if (hint) hints.push(hint);
    }
    return hints;
  }

  /** The load a use is surely of: its variable's, or the only one of the file where the call does not say the variable. */
  private async loadFor(document: vscode.TextDocument, analysis: SourceAnalysis, use: NameUse | ShapeUse): Promise<{ readonly load: ModelLoad; readonly document: vscode.TextDocument } | undefined> {
    const told = await this.associations.loadOf(document, analysis, use);
    if (told) return told;
    const [only, ...others] = analysis.loads;
    const port = 'dims' in use || use.kind === 'input' || use.kind === 'output';
    return port && use.variable === undefined && only?.kind === 'onnxruntime' && !others.length ? { load: only, document } : undefined;
  }

  private async nameHint(document: vscode.TextDocument, analysis: SourceAnalysis, use: NameUse, load: ModelLoad, file: string): Promise<vscode.Diagnostic | undefined> {
    const { t } = vscode.l10n;
    // TensorFlow.js renames inner values; layers added by the program stand in it as strings of their own.
    if (!use.value || (use.kind === 'tensor' && load.kind === 'tfjs')) return undefined;
    if (use.kind === 'layer' && analysis.strings.some(({ value, range }) => value === use.value && range.start !== use.range.start && !analysis.names.some((name) => name.range.start === range.start))) return undefined;
    const { things, similar } = await this.services.engines.request('inspect', 'lookUp', { file, name: use.value, kind: use.kind });
    if (things.length) return undefined;
    const model = path.basename(file);
    const what = use.kind === 'layer' ? t('{0} has no layer \'{1}\'.', model, use.value) : use.kind === 'input' ? t('{0} has no input \'{1}\'.', model, use.value)
      : use.kind === 'output' ? t('{0} has no output \'{1}\'.', model, use.value) : t('{0} has nothing named \'{1}\'.', model, use.value);
    const names = use.kind === 'input' ? t('Its inputs: {0}', similar.join(', ')) : use.kind === 'output' ? t('Its outputs: {0}', similar.join(', ')) : t('Near names: {0}', similar.join(', '));
    return new NameHint(rangeIn(document, use.content), similar.length ? `${what} ${names}` : what, similar);
  }

  private async shapeHint(document: vscode.TextDocument, use: ShapeUse, file: string): Promise<vscode.Diagnostic | undefined> {
    const { inputs } = await this.services.engines.request('inspect', 'outline', { file });
    const input = use.input === undefined ? inputs[0] : inputs.find(({ name }) => name === use.input);
    if (!input?.dims || fits(use.dims, input.dims)) return undefined;
    const given = shape(use.dims.map((dim) => dim < 0 ? null : dim));
    const hint = new vscode.Diagnostic(rangeIn(document, use.range), vscode.l10n.t('An array of {0} does not fit the input \'{1}\', which takes {2}.', given, input.name, shape(input.dims)), vscode.DiagnosticSeverity.Hint);
    hint.source = hintSource;
    hint.code = shapeCode;
    return hint;
  }

  provideCodeActions(document: vscode.TextDocument, range: vscode.Range): vscode.CodeAction[] {
    // What VS Code hands back has lost its fields: the hints are those remembered here.
    const hints = (this.hints.get(document.uri.toString()) ?? []).filter((hint): hint is NameHint => hint instanceof NameHint && hint.range.intersection(range) !== undefined);
    return hints.flatMap((hint) => hint.similar.filter((name) => !/["'`\\\u0000-\u001f]/.test(name)).map((name, index) => {
      const action = new vscode.CodeAction(vscode.l10n.t('Change to \'{0}\'', name), vscode.CodeActionKind.QuickFix);
      action.edit = new vscode.WorkspaceEdit();
      action.edit.replace(document.uri, hint.range, name);
      action.diagnostics = [hint];
      action.isPreferred = index === 0 && hint.similar.length === 1;
      return action;
    }));
  }
}

/** Whether an array can be an input: symbolic dims take any number, −1 may be any. */
export function fits(given: readonly number[], expected: NonNullable<ModelOutline['inputs'][number]['dims']>): boolean {
  return given.length === expected.length && given.every((dim, axis) => dim < 0 || typeof expected[axis] !== 'number' || expected[axis] === dim);
}
