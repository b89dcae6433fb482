/** The output channel 'Model Lens'. Created by the first line, so that an idle extension shows none. */
import * as vscode from 'vscode';

export class Log implements vscode.Disposable {
  private channel: vscode.LogOutputChannel | undefined;

  info(line: string): void {
    this.open().info(line);
  }

  error(line: string): void {
    this.open().error(line);
  }

  show(): void {
    this.open().show(true);
  }

  dispose(): void {
    this.channel?.dispose();
  }

  private open(): vscode.LogOutputChannel {
    return (this.channel ??= vscode.window.createOutputChannel('Model Lens', { log: true }));
  }
}
