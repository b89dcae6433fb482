/** The VS Code side of Model Lens: it registers, asks and shows. Models are parsed and run in engine processes. */
import type * as vscode from 'vscode';
import { registerCode } from './code/register';
import { registerCommands } from './commands';
import { registerComparePanels } from './comparePanel';
import { registerExplainAgain } from './explainAgain';
import { openExplainPanel, registerExplainPanels } from './explainPanel';
import { registerExplainRow } from './explainRow';
import { registerManyPanels } from './manyPanel';
import { registerModelEditor } from './modelEditor';
import { registerModelsView } from './modelsView';
import { createServices } from './services';
import { registerPairPanels } from './pairPanel';
import { registerStatusBar } from './statusBar';
import { registerTablePanels } from './tablePanel';
import { registerTfjsModelFiles } from './tfjsModelFiles';

export function activate(context: vscode.ExtensionContext): void {
  const services = createServices(context);
  context.subscriptions.push(
    registerModelEditor(services),
    registerTfjsModelFiles(),
    registerExplainPanels(services),
    registerExplainAgain(services),
    registerManyPanels(services),
    registerPairPanels(services, (image, model, method) => openExplainPanel(services, image, model, { method })),
    registerComparePanels(services),
    registerTablePanels(services),
    registerExplainRow(services),
    registerModelsView(services),
    registerCommands(services),
    registerStatusBar(services),
    registerCode(services),
  );
}

export function deactivate(): void {
  // Everything is a subscription of the context; the engines end with it.
}
