/** The status bar: which device explanations run on, and how far the running one is. A click lists the devices. */
import * as vscode from 'vscode';
import type { DeviceId } from '../protocol/engine';
import type { Services } from './services';
import { deviceSetting } from './settings';

export const deviceNames: Readonly<Record<DeviceId, string>> = { cpu: 'CPU', webgpu: 'WebGPU', cuda: 'CUDA', dml: 'DirectML', coreml: 'CoreML' };

export function registerStatusBar(services: Services): vscode.Disposable {
  const { engines } = services;
  const item = vscode.window.createStatusBarItem('modelLens.device', vscode.StatusBarAlignment.Right, 90);
  item.name = vscode.l10n.t('Model Lens: Device');
  item.command = 'modelLens.showDevices';
  const update = (): void => {
    const { activity, device } = engines;
    const where = device ? deviceNames[device.id] : deviceSetting() === 'auto' ? vscode.l10n.t('auto') : deviceNames[deviceSetting() as DeviceId];
    if (activity) {
      const percent = activity.fraction === undefined ? '' : ` ${Math.round(activity.fraction * 100)} %`;
      item.text = `$(sync~spin) ${activity.title}${percent} · ${where}`;
    } else {
      item.text = `$(eye) Model Lens: ${where}`;
    }
    item.tooltip = tooltip(services, where);
    item.accessibilityInformation = { label: activity ? `${activity.title}, ${where}` : `Model Lens, ${where}` };
  };
  update();
  item.show();
  return vscode.Disposable.from(item, engines.onDidChange(update), vscode.workspace.onDidChangeConfiguration((event) => {
    if (event.affectsConfiguration('modelLens.device')) update();
  }));
}

function tooltip({ engines }: Services, where: string): string {
  const { device } = engines;
  const state = engines.activity ? vscode.l10n.t('running') : engines.running ? vscode.l10n.t('ready') : vscode.l10n.t('stopped; starts when needed');
  return [
    vscode.l10n.t('Device: {0}', device ? `${where} (${device.detail})` : where),
    vscode.l10n.t('Engine: {0}', state),
    vscode.l10n.t('Click to see the devices of this machine.'),
  ].join('\n');
}
