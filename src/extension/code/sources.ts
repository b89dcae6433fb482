/** What open source files say about models, asked of the inspecting engine once for each version of a file. */
import * as path from 'node:path';
import * as vscode from 'vscode';
import type { SourceAnalysis } from '../../protocol/code';
import type { Engines } from '../engines';

/** Programs: they load models and name their layers. */
export const programLanguages = ['python', 'typescript', 'typescriptreact', 'javascript', 'javascriptreact', 'csharp', 'cpp', 'c', 'java', 'rust'];
/** Programs that build models of layers, and texts with such programs in them. */
export const layerLanguages = ['python', 'typescript', 'typescriptreact', 'javascript', 'javascriptreact', 'markdown'];
/** Where paths of models stand beside. */
export const textLanguages = ['json', 'jsonc', 'yaml', 'markdown'];

/** Not the old side of a comparison, not a console. */
const schemes = new Set(['file', 'untitled', 'vscode-notebook-cell']);

/** Who says a hint, as VS Code shows it. */
export const hintSource = 'Model Lens';

/** The engine reads no longer texts. */
const longest = 1_000_000;
const modelMention = /\.(?:onnx|h5|hdf5|keras)\b|\bmodel\.json\b|\b(?:InferenceSession|load_model|loadLayersModel|loadGraphModel)\b/i;
const nameMention = /\b(?:get_layer|getLayer|get_submodule|named_modules|named_parameters|state_dict)\b/;
const libraryMention = /\b(?:keras|tensorflow|torch|onnx|onnxruntime|tfjs|tf)\b/;
const layerMention = /\b(?:keras|torch|tfjs|tf\.(?:sequential|layers|model))\b/;

/** What a text may be about, told cheaply. */
export interface Mentions {
  /** Models or names inside them. */
  readonly models: boolean;
  /** Layers of Keras, PyTorch or TensorFlow.js. */
  readonly layers: boolean;
}

interface Known {
  readonly version: number;
  readonly mentions: Mentions;
  analysis?: Promise<SourceAnalysis | undefined>;
}

export class Sources {
  private readonly known = new WeakMap<vscode.TextDocument, Known>();

  /** @param used called before the first text is read. */
  constructor(private readonly engines: Engines, private used: (() => void) | undefined = undefined) {}

  /** Of a notebook's cell: what any of its cells mentions. */
  mentions(document: vscode.TextDocument): Mentions {
    if (!schemes.has(document.uri.scheme)) return { models: false, layers: false };
    const all = this.cellsAround(document).map((one) => this.knownOf(one).mentions);
    return { models: all.some(({ models }) => models), layers: all.some(({ layers }) => layers) };
  }

  /** Undefined for a text that cannot be read (the log says why). */
  analyse(document: vscode.TextDocument): Promise<SourceAnalysis | undefined> {
    this.used?.();
    this.used = undefined;
    const known = this.knownOf(document);
    known.analysis ??= this.engines.request('inspect', 'analyseSource', { language: document.languageId, text: document.getText() }).catch(() => {
      // The next question asks again.
      known.analysis = undefined;
      return undefined;
    });
    return known.analysis;
  }

  /** The document, or all cells of its notebook in their order. */
  cellsAround(document: vscode.TextDocument): readonly vscode.TextDocument[] {
    const notebook = notebookOf(document);
    return notebook ? notebook.getCells().filter(({ kind }) => kind === vscode.NotebookCellKind.Code).map((cell) => cell.document) : [document];
  }

  private knownOf(document: vscode.TextDocument): Known {
    const known = this.known.get(document);
    if (known?.version === document.version) return known;
    const text = document.getText();
    const readable = text.length <= longest;
    const models = readable && (modelMention.test(text) || (nameMention.test(text) && libraryMention.test(text)));
    const fresh: Known = { version: document.version, mentions: { models, layers: readable && layerMention.test(text) } };
    this.known.set(document, fresh);
    return fresh;
  }
}

export function notebookOf(document: vscode.TextDocument): vscode.NotebookDocument | undefined {
  if (document.uri.scheme !== 'vscode-notebook-cell') return undefined;
  return vscode.workspace.notebookDocuments.find((notebook) => notebook.getCells().some((cell) => cell.document === document));
}

/** The folder a document lies in on this machine, if it was saved. */
export function folderOf(document: vscode.TextDocument): string | undefined {
  const uri = notebookOf(document)?.uri ?? document.uri;
  return uri.scheme === 'file' ? path.dirname(uri.fsPath) : undefined;
}

/** What a remembered choice belongs to: the file, or the notebook of a cell. */
export function ownerOf(document: vscode.TextDocument): vscode.Uri {
  return notebookOf(document)?.uri ?? document.uri;
}
