/** Which model a name in a source file is of. */
import * as vscode from 'vscode';
import type { ModelLoad, NameUse, ShapeUse, SourceAnalysis } from '../../protocol/code';
import { listModels } from '../chooseModel';
import type { Services } from '../services';
import { modelRootsSetting } from '../settings';
import { isTfjsModel } from '../tfjsModelFiles';
import { findModelFile, looksLikeModelPath } from './modelFiles';
import { folderOf, ownerOf, type Sources } from './sources';

export interface Association {
  /** Absolute path. */
  readonly file: string;
  /** 'told': the source says so; 'near': the nearest model it mentions; 'chosen': by the user for this file; 'only': the workspace has no other. */
  readonly how: 'told' | 'near' | 'chosen' | 'only';
}

type Use = Pick<NameUse | ShapeUse, 'range' | 'variable' | 'load'>;

/** How long the list of the workspace's models is taken as true. */
const listLifeMs = 10_000;
const stateKey = 'modelOfSource';
const mostMentioned = 4;

export class Associations {
  private listed: { readonly at: number; readonly models: Promise<readonly string[]> } | undefined;

  constructor(private readonly services: Services, private readonly sources: Sources) {}

  /** The file a path in a document leads to, if there is one. */
  find(document: vscode.TextDocument, path: string): Promise<string | undefined> {
    return findModelFile(path, {
      folder: folderOf(document),
      workspaceFolders: (vscode.workspace.workspaceFolders ?? []).filter(({ uri }) => uri.scheme === 'file').map(({ uri }) => uri.fsPath),
      roots: modelRootsSetting(document.uri),
    });
  }

  /** What is loaded into the variable of a use, by this file or by another cell of its notebook. */
  async loadOf(document: vscode.TextDocument, analysis: SourceAnalysis, use: Use): Promise<{ readonly load: ModelLoad; readonly document: vscode.TextDocument } | undefined> {
    if (use.load !== undefined) return { load: analysis.loads[use.load]!, document };
    if (use.variable === undefined) return undefined;
    const cells = this.sources.cellsAround(document), here = cells.indexOf(document);
    // Cells above, the nearest first; then those below.
    for (const cell of [...cells.slice(0, Math.max(0, here)).reverse(), ...cells.slice(here + 1)]) {
      const load = (await this.sources.analyse(cell))?.loads.findLast(({ variable }) => variable === use.variable);
      if (load) return { load, document: cell };
    }
    return undefined;
  }

  /** The model a name or a shape is asked of; 'ask' where the workspace has several and nothing says which. */
  async modelOf(document: vscode.TextDocument, analysis: SourceAnalysis, use: Use): Promise<Association | 'ask' | undefined> {
    const told = await this.loadOf(document, analysis, use);
    if (told?.load.path !== undefined) {
      const file = await this.find(told.document, told.load.path);
      return file === undefined ? undefined : { file, how: 'told' };
    }
    const chosen = this.chosen(document);
    if (chosen !== undefined) return { file: chosen, how: 'chosen' };
    const [near] = await this.mentioned(document, analysis, use.range.start);
    if (near !== undefined) return { file: near, how: 'near' };
    const models = await this.workspaceModels();
    if (models.length === 1) return { file: models[0]!, how: 'only' };
    return models.length ? 'ask' : undefined;
  }

  /** Models that a document mentions, the nearest above a place first, then those below, then those of a notebook's other cells. */
  async mentioned(document: vscode.TextDocument, analysis: SourceAnalysis, offset: number): Promise<readonly string[]> {
    const above = (places: readonly { readonly start: number; readonly path: string }[]): string[] =>
      [...places.filter(({ start }) => start <= offset).sort((a, b) => b.start - a.start), ...places.filter(({ start }) => start > offset).sort((a, b) => a.start - b.start)].map(({ path }) => path);
    const found = new Set<string>();
    const add = async (owner: vscode.TextDocument, paths: readonly string[]): Promise<void> => {
      for (const path of new Set(paths)) {
        if (found.size >= mostMentioned) return;
        const file = await this.find(owner, path);
        if (file !== undefined) found.add(file);
      }
    };
    await add(document, above(pathsIn(analysis)));
    const cells = this.sources.cellsAround(document), here = cells.indexOf(document);
    for (const cell of [...cells.slice(0, Math.max(0, here)).reverse(), ...cells.slice(here + 1)]) {
      if (found.size >= mostMentioned) break;
      const other = await this.sources.analyse(cell);
      if (other) await add(cell, pathsIn(other).reverse().map(({ path }) => path));
    }
    return [...found];
  }

  /** Lists the workspace's models anew when they are asked for next. */
  refresh(): void {
    this.listed = undefined;
  }

  /** The workspace's models; a model.json only if it is TensorFlow.js's. */
  workspaceModels(): Promise<readonly string[]> {
    if (!this.listed || Date.now() - this.listed.at > listLifeMs) {
      this.listed = { at: Date.now(), models: listModels().then(async (uris) => {
        const files: string[] = [];
        for (const { fsPath } of uris) if (!fsPath.endsWith('.json') || await isTfjsModel(fsPath)) files.push(fsPath);
        return files;
      }) };
    }
    return this.listed.models;
  }

  chosen(document: vscode.TextDocument): string | undefined {
    return this.services.context.workspaceState.get<Record<string, string>>(stateKey)?.[ownerOf(document).toString()];
  }

  async choose(owner: vscode.Uri, file: string): Promise<void> {
    const state = this.services.context.workspaceState;
    await state.update(stateKey, { ...state.get<Record<string, string>>(stateKey), [owner.toString()]: file });
  }
}

function pathsIn({ loads, strings }: SourceAnalysis): { readonly start: number; readonly path: string }[] {
  return [
    ...loads.flatMap(({ call, path }) => path === undefined ? [] : [{ start: call.start, path }]),
    ...strings.filter(({ value }) => looksLikeModelPath(value)).map(({ range, value, path }) => ({ start: range.start, path: path ?? value })),
  ];
}
