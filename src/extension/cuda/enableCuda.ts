/**
 * "Enable CUDA": says what is missing, and fetches ONNX Runtime's CUDA libraries when somebody asks for it. They go into
 * the extension's storage, never into its folder; drivers, CUDA itself and cuDNN are NVIDIA's and the system's.
 */
import { mkdir, rm } from 'node:fs/promises';
import path from 'node:path';
import * as vscode from 'vscode';
import type { CudaPart, CudaStatus } from '../../protocol/cuda';
import { LensError, toWireError } from '../../protocol/rpc';
import type { Services } from '../services';
import { setDevice } from '../settings';
import { fetchPackage, findPackage } from './feed';
import { cudaFolder } from './folder';

interface PartItem extends vscode.QuickPickItem {
  readonly act?: 'fetch' | 'use' | 'remove';
}

export async function enableCuda(services: Services): Promise<void> {
  const { engines, context } = services, folder = cudaFolder(context.globalStorageUri.fsPath);
  try {
    const status = await engines.request('inspect', 'cudaStatus', { folder }), chosen = await vscode.window.showQuickPick(items(status, folder), {
      title: vscode.l10n.t('Enable CUDA'), placeHolder: sentence(status), matchOnDetail: true,
    });
    if (chosen?.act === 'fetch') await fetchLibraries(services, status, folder);
    else if (chosen?.act === 'use') await use(services);
    else if (chosen?.act === 'remove') {
      engines.restart();
      await rm(folder, { recursive: true, force: true });
    }
  } catch (error) {
    tell(services, error);
  }
}

/** What the machine has and lacks, and what can be done about it. */
function items({ parts, package: offered }: CudaStatus, folder: string): PartItem[] {
  const missing = parts.filter(({ present }) => !present), provider = parts.find(({ id }) => id === 'provider');
  const actions: PartItem[] = [];
  if (provider && !provider.present && offered) {
    actions.push({ act: 'fetch', label: `$(cloud-download) ${vscode.l10n.t('Fetch ONNX Runtime {0} for CUDA…', offered.version)}`, detail: vscode.l10n.t('From {0}; checked against the published SHA-512; kept in {1}', new URL(offered.feed).host, folder) });
  }
  if (parts.length > 1 && missing.length === 0) actions.push({ act: 'use', label: `$(circuit-board) ${vscode.l10n.t('Use CUDA')}`, detail: vscode.l10n.t('It is proven by a small graph before anything runs on it.') });
  if (provider?.present && provider.detail === folder) actions.push({ act: 'remove', label: `$(trash) ${vscode.l10n.t('Remove the fetched libraries')}`, detail: folder });
  const separator = (label: string): PartItem => ({ label, kind: vscode.QuickPickItemKind.Separator });
  return [...(actions.length ? [separator(vscode.l10n.t('What can be done')), ...actions] : []), separator(vscode.l10n.t('What CUDA needs')), ...parts.map(partItem)];
}

function partItem({ id, present, detail }: CudaPart): PartItem {
  const names: Record<CudaPart['id'], string> = {
    platform: vscode.l10n.t('Linux on x64'), card: vscode.l10n.t('An NVIDIA card and its driver'), driver: vscode.l10n.t('The driver’s CUDA library'),
    runtime: vscode.l10n.t('The CUDA 12 runtime'), cudnn: vscode.l10n.t('cuDNN 9'), provider: vscode.l10n.t('ONNX Runtime’s CUDA libraries'),
  };
  return { label: `$(${present ? 'check' : 'circle-slash'}) ${names[id]}`, description: present ? '' : vscode.l10n.t('missing'), detail };
}

function sentence({ parts, package: offered }: CudaStatus): string {
  const missing = parts.filter(({ present }) => !present);
  if (missing.some(({ id }) => id === 'platform')) return missing[0]!.detail;
  if (missing.length === 0) return vscode.l10n.t('Everything CUDA needs is here.');
  const system = missing.filter(({ id }) => id !== 'provider').length;
  if (system === 0) return vscode.l10n.t('ONNX Runtime’s CUDA libraries are missing; they can be fetched.');
  return offered ? vscode.l10n.t('{0} of {1} parts are missing; card, driver, CUDA and cuDNN come from the system’s own packages.', missing.length, parts.length) : vscode.l10n.t('{0} of {1} parts are missing.', missing.length, parts.length);
}

async function fetchLibraries(services: Services, { package: offered }: CudaStatus, folder: string): Promise<void> {
  if (!offered) return;
  const { engines, log } = services, { storage, archive } = { storage: path.dirname(folder), archive: `${folder}.part` };
  await vscode.window.withProgress({ location: vscode.ProgressLocation.Notification, title: vscode.l10n.t('Enable CUDA'), cancellable: true }, async (progress, token) => {
    const stop = new AbortController();
    token.onCancellationRequested(() => stop.abort());
    try {
      progress.report({ message: vscode.l10n.t('Asking where it is…') });
      const found = await findPackage(offered, stop.signal), size = (found.bytes / 1e6).toFixed(0);
      const agreed = await vscode.window.showInformationMessage(vscode.l10n.t('Fetch {0} {1}, {2} MB?', offered.name, offered.version, size), { modal: true, detail: found.url }, vscode.l10n.t('Fetch'));
      if (!agreed) return;
      await mkdir(storage, { recursive: true });
      let shown = 0;
      await fetchPackage(found, archive, stop.signal, (done) => {
        const percent = Math.floor((100 * done) / found.bytes);
        if (percent > shown) progress.report({ increment: percent - shown, message: vscode.l10n.t('{0} of {1} MB', (done / 1e6).toFixed(0), size) });
        shown = Math.max(shown, percent);
      });
      progress.report({ message: vscode.l10n.t('Checking and unpacking…') });
      engines.restart();
      await engines.request('inspect', 'installCuda', { archive, sha512: found.sha512, folder }, { signal: stop.signal });
      log.info(`CUDA libraries of ${offered.name} ${offered.version} were fetched into ${folder}`);
    } finally {
      await rm(archive, { force: true });
    }
    await use(services);
  });
}

/** New processes find the libraries; whether CUDA computes correctly is proven before the setting says so. */
async function use(services: Services): Promise<void> {
  const { engines } = services;
  engines.restart();
  const report = (await engines.request('inspect', 'devices', { refresh: true })).find(({ id }) => id === 'cuda');
  if (!report?.available) throw new LensError('unsupported', vscode.l10n.t('CUDA cannot be used yet: {0}', report?.detail ?? ''));
  await setDevice('cuda');
  void vscode.window.showInformationMessage(vscode.l10n.t('Models run on CUDA now: {0}', report.adapter ?? report.detail));
}

function tell({ log }: Services, error: unknown): void {
  const { code, message, remedy } = toWireError(error);
  if (code === 'cancelled') return;
  log.error(`CUDA: ${message}`);
  void vscode.window.showErrorMessage(remedy === undefined ? message : `${message}. ${remedy.charAt(0).toLocaleUpperCase()}${remedy.slice(1)}`);
}
