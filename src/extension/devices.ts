/** The list of devices: what works, how well it was proven, and why the others cannot be used. */
import * as vscode from 'vscode';
import { toWireError } from '../protocol/rpc';
import type { DeviceId, DeviceReport } from '../protocol/engine';
import type { Services } from './services';
import { deviceSetting, setDevice } from './settings';
import { deviceNames } from './statusBar';

interface DeviceItem extends vscode.QuickPickItem {
  readonly device?: DeviceId | 'auto';
}

/** Shows the devices; choosing one that works sets `modelLens.device`. */
export async function showDevices(services: Services): Promise<void> {
  const pick = vscode.window.createQuickPick<DeviceItem>();
  pick.title = vscode.l10n.t('Devices');
  pick.placeholder = vscode.l10n.t('Choose where models run');
  pick.matchOnDetail = true;
  pick.busy = true;
  const current = deviceSetting();
  const automatic: DeviceItem = { label: vscode.l10n.t('Automatic'), description: mark(current === 'auto'), detail: vscode.l10n.t('The first device that is proven to compute correctly; the CPU if none is.'), device: 'auto', iconPath: new vscode.ThemeIcon('wand') };
  pick.items = [automatic];
  let open = true;
  pick.onDidHide(() => { open = false; pick.dispose(); });
  pick.onDidAccept(() => {
    const device = pick.selectedItems[0]?.device;
    if (!device) return;
    pick.hide();
    void setDevice(device);
  });
  pick.show();
  try {
    const reports = await services.engines.request('inspect', 'devices', {});
    if (open) pick.items = [automatic, ...reports.map((report) => deviceItem(report, current))];
  } catch (error) {
    const { message, remedy } = toWireError(error);
    if (open) pick.items = [automatic, { label: vscode.l10n.t('The devices could not be listed'), detail: remedy ? `${message}. ${remedy}` : message, iconPath: new vscode.ThemeIcon('error') }];
  }
  if (open) pick.busy = false;
}

function deviceItem(report: DeviceReport, current: DeviceId | 'auto'): DeviceItem {
  const proof = report.proof === undefined ? '' : ` · ${vscode.l10n.t('differs from the CPU by {0}', report.proof.toExponential(1))}`;
  return {
    label: deviceNames[report.id],
    description: report.available ? mark(current === report.id) : vscode.l10n.t('cannot be used'),
    detail: report.detail + proof,
    // One that cannot be used explains itself but is no choice.
    device: report.available ? report.id : undefined,
    iconPath: new vscode.ThemeIcon(report.available ? 'circuit-board' : 'circle-slash'),
  };
}

function mark(chosen: boolean): string | undefined {
  return chosen ? `$(check) ${vscode.l10n.t('in use')}` : undefined;
}
