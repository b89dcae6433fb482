/** What is remembered per workspace: the models chosen last (by folder), and how explanations were last looked at. */
import * as vscode from 'vscode';
import type { ExplainPanelState } from '../protocol/webview';

const kept = 8;

export class Memory {
  constructor(private readonly state: vscode.Memento) {}

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
