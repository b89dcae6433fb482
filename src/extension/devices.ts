/** The list of devices: what works, how well it was proven, how fast the model at hand runs there, and why others cannot be used. */
import * as vscode from 'vscode';
import { toWireError } from '../protocol/rpc';
import type { DeviceId, DeviceReport, DeviceSpeed } from '../protocol/engine';
import { modelViewType } from './modelEditor';
import type { Services } from './services';
import { deviceSetting, modelSetting, setDevice } from './settings';
import { deviceNames } from './statusBar';

interface DeviceItem extends vscode.QuickPickItem {
  readonly device?: DeviceId | 'auto';
  readonly act?: 'enableCuda' | 'refresh';
}

/** Shows the devices; choosing one that works sets `modelLens.device`. */
export async function showDevices(services: Services): Promise<void> {
  const pick = vscode.window.createQuickPick<DeviceItem>(), model = modelAtHand(), stop = new AbortController();
  pick.title = vscode.l10n.t('Devices');
  pick.placeholder = vscode.l10n.t('Choose where models run');
  pick.matchOnDetail = true;
  pick.items = [automaticItem([])];
  pick.onDidHide(() => { stop.abort(); pick.dispose(); });
  pick.onDidAccept(() => {
    const { device, act } = pick.selectedItems[0] ?? {};
    if (act === 'refresh') return void list(true);
    if (!device && !act) return;
    pick.hide();
    if (act === 'enableCuda') void vscode.commands.executeCommand('modelLens.enableCuda');
    else if (device) void setDevice(device);
  });
  pick.show();
  await list(false);

  async function list(refresh: boolean): Promise<void> {
    pick.busy = true;
    try {
      const ask = async (params: { model?: string; refresh?: boolean }): Promise<readonly DeviceReport[]> => {
        const reports = await services.engines.request('inspect', 'devices', params, { signal: stop.signal });
        if (!stop.signal.aborted) pick.items = itemsOf(reports);
        return reports;
      };
      const reports = await ask({ ...(refresh && { refresh }) });
      // Measuring the model takes a moment, and tells something only where there is a choice.
      if (model !== undefined && reports.some(({ id, available }) => available && id !== 'cpu')) await ask({ model });
    } catch (error) {
      const { message, remedy } = toWireError(error);
      if (!stop.signal.aborted) pick.items = [automaticItem([]), { label: vscode.l10n.t('The devices could not be listed'), detail: remedy ? `${message}. ${remedy}` : message, iconPath: new vscode.ThemeIcon('error') }];
    }
    if (!stop.signal.aborted) pick.busy = false;
  }
}

function itemsOf(reports: readonly DeviceReport[]): DeviceItem[] {
  const cuda = reports.find(({ id }) => id === 'cuda');
  return [
    automaticItem(reports), ...reports.map(deviceItem), { label: '', kind: vscode.QuickPickItemKind.Separator },
    ...(cuda && !cuda.available ? [{ label: vscode.l10n.t('Enable CUDA…'), detail: vscode.l10n.t('Says what is missing, and fetches ONNX Runtime’s part of it.'), act: 'enableCuda' as const, iconPath: new vscode.ThemeIcon('cloud-download') }] : []),
    { label: vscode.l10n.t('Look again'), detail: vscode.l10n.t('Proves every device anew: after a driver was installed, or a card was plugged in.'), act: 'refresh', iconPath: new vscode.ThemeIcon('refresh') },
  ];
}

function automaticItem(reports: readonly DeviceReport[]): DeviceItem {
  const chosen = reports.find((report) => report.chosen), words = vscode.l10n.t('The first device that is proven to compute correctly; the CPU if none is.');
  return {
    label: vscode.l10n.t('Automatic'), description: mark(deviceSetting() === 'auto'), device: 'auto', iconPath: new vscode.ThemeIcon('wand'),
    detail: chosen ? `${words} ${vscode.l10n.t('Here: {0}', [deviceNames[chosen.id], chosen.note].filter(Boolean).join(': '))}` : words,
  };
}

function deviceItem(report: DeviceReport): DeviceItem {
  const { id, available, detail, adapter, memoryBytes, software, proof, speed, note } = report;
  const words = available
    ? [adapter ?? detail, memoryBytes !== undefined && vscode.l10n.t('{0} GB', (memoryBytes / 1e9).toFixed(0)), software && vscode.l10n.t('a program on the CPU, slower than the CPU itself'),
      proof !== undefined && vscode.l10n.t('differs from the CPU by {0}', proof.toExponential(1)), speed && speedWords(speed), note]
    : [detail, note];
  return {
    label: deviceNames[id], description: available ? mark(deviceSetting() === id) : vscode.l10n.t('cannot be used'), detail: words.filter(Boolean).join(' · '),
    // One that cannot be used explains itself but is no choice.
    ...(available && { device: id }), iconPath: new vscode.ThemeIcon(available ? 'circuit-board' : 'circle-slash'),
  };
}

function speedWords({ forward, gradient }: DeviceSpeed): string | undefined {
  const times = (value: number): string => value.toFixed(value < 10 ? 1 : 0);
  if (forward !== undefined && gradient !== undefined) return vscode.l10n.t('{0} × the CPU forward, {1} × for gradients', times(forward), times(gradient));
  const one = forward ?? gradient;
  return one === undefined ? undefined : vscode.l10n.t('{0} × the CPU', times(one));
}

/** The model that is looked at, else the folder's. */
function modelAtHand(): string | undefined {
  const input = vscode.window.tabGroups.activeTabGroup.activeTab?.input;
  if (input instanceof vscode.TabInputCustom && input.viewType === modelViewType) return input.uri.fsPath;
  const folder = vscode.workspace.workspaceFolders?.[0]?.uri;
  return folder && modelSetting(folder);
}

function mark(chosen: boolean): string | undefined {
  return chosen ? `$(check) ${vscode.l10n.t('in use')}` : undefined;
}
