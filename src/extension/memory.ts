/** What is remembered per workspace: the models chosen last (by folder), and how explanations were last looked at. */
import * as vscode from 'vscode';
import type { ExplainPanelState } from '../protocol/webview';

const kept = 8;
const keptExplanations = 30;

/** A finished explanation, with what it takes to make it again. */
export interface RecentExplanation {
  readonly image: string;
  readonly model: string;
  readonly method: string;
  readonly methodTitle?: string;
  readonly preset?: string;
  readonly targetClass?: number;
  readonly layer?: string;
  /** Of the class that was explained. */
  readonly label?: string;
  /** When, in milliseconds since 1970. */
  readonly at: number;
}

export class Memory implements vscode.Disposable {
  private readonly explanationsChanged = new vscode.EventEmitter<void>();
  readonly onDidChangeExplanations = this.explanationsChanged.event;

  constructor(private readonly state: vscode.Memento) {}

  dispose(): void {
    this.explanationsChanged.dispose();
  }

  /** The last explanations, the newest first. */
  get recentExplanations(): readonly RecentExplanation[] {
    const saved = this.state.get<unknown>('explanations');
    return Array.isArray(saved) ? saved.filter(isExplanation) : [];
  }

  /** Puts an explanation first; the same one made before gives way to it. */
  async rememberExplanation(entry: RecentExplanation): Promise<void> {
    await this.saveExplanations([entry, ...this.recentExplanations.filter((other) => !sameExplanation(entry, other))].slice(0, keptExplanations));
  }

  async forgetExplanation(entry: RecentExplanation): Promise<void> {
    await this.saveExplanations(this.recentExplanations.filter((other) => !sameExplanation(entry, other)));
  }

  async forgetExplanations(): Promise<void> {
    await this.saveExplanations([]);
  }

  private async saveExplanations(list: readonly RecentExplanation[]): Promise<void> {
    await this.state.update('explanations', list);
    this.explanationsChanged.fire();
  }

  /** Models chosen for pictures of this folder, the last choice first. */
  recentModels(scope: vscode.Uri | undefined): readonly string[] {
    return this.state.get<string[]>(this.modelsKey(scope)) ?? this.state.get<string[]>(this.modelsKey(undefined)) ?? [];
  }

  async rememberModel(scope: vscode.Uri | undefined, model: string): Promise<void> {
    const put = (key: string): Thenable<void> =>
      this.state.update(key, [model, ...(this.state.get<string[]>(key) ?? []).filter((other) => other !== model)].slice(0, kept));
    await put(this.modelsKey(scope));
    // A folder nobody chose for yet starts with what was chosen last anywhere.
    if (scope) await put(this.modelsKey(undefined));
  }

  get method(): string | undefined {
    return this.state.get<string>('method');
  }

  async rememberMethod(method: string): Promise<void> {
    await this.state.update('method', method);
  }

  get view(): ExplainPanelState['view'] | undefined {
    return this.state.get<ExplainPanelState['view']>('view');
  }

  async rememberView(view: ExplainPanelState['view']): Promise<void> {
    await this.state.update('view', view);
  }

  private modelsKey(scope: vscode.Uri | undefined): string {
    const folder = scope && vscode.workspace.getWorkspaceFolder(scope);
    return folder ? `models:${folder.uri.toString()}` : 'models';
  }
}

/** What other versions saved may be something else. */
function isExplanation(value: unknown): value is RecentExplanation {
  const { image, model, method, at } = (typeof value === 'object' && value !== null ? value : {}) as Record<string, unknown>;
  return typeof image === 'string' && typeof model === 'string' && typeof method === 'string' && typeof at === 'number';
}

function sameExplanation(a: RecentExplanation, b: RecentExplanation): boolean {
  return a.image === b.image && a.model === b.model && a.method === b.method && a.preset === b.preset && a.targetClass === b.targetClass && a.layer === b.layer;
}
