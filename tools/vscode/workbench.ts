/**
 * A VS Code window under test: code-server, a Chromium on it, and this extension loaded from the working tree (or from
 * a .vsix). UI tests (test/vscode/ui) drive `page`; suites that run inside the extension host go through
 * `runHostSuite`.
 */
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { chromium, type BrowserContext, type Page } from 'playwright-core';
import { findChromium } from './chromium';
import { delay, descendants, startServer, type Server } from './codeServer';

const root = path.resolve(__dirname, '../..');

export interface WorkbenchOptions {
  /** Folder the window opens; default: an empty temporary one. */
  readonly workspace?: string;
  readonly settings?: Readonly<Record<string, unknown>>;
  readonly viewport?: { readonly width: number; readonly height: number };
  /** Tests of the packaged extension: installed from this file instead of loaded from the working tree. */
  readonly vsix?: string;
  readonly workspaceTrust?: boolean;
}

export interface Workbench {
  readonly page: Page;
  readonly server: Server;
  readonly workspace: string;
  /** Process ids of Model Lens engines that run now. */
  enginePids(): number[];
  /** Loads the window again, as "Developer: Reload Window" does, and waits until extensions are there. */
  reload(): Promise<void>;
  close(): Promise<void>;
}

/** Opens a window and waits until extensions are loaded (clicks before that get VS Code's defaults). */
export async function openWorkbench(options: WorkbenchOptions = {}): Promise<Workbench> {
  return open(options, undefined);
}

async function open(options: WorkbenchOptions, testsModule: string | undefined, onExit?: (code: number) => void): Promise<Workbench> {
  const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'model-lens-window-'));
  const workspace = path.resolve(options.workspace ?? path.join(folder, 'workspace'));
  fs.mkdirSync(workspace, { recursive: true });
  const server = await startServer({ settings: options.settings, vsix: options.vsix ? [options.vsix] : [], workspaceTrust: options.workspaceTrust });
  let context: BrowserContext | undefined;
  const close = async () => {
    if (context) await Promise.race([context.close().catch(() => undefined), delay(5000)]);
    await server.stop();
    fs.rmSync(folder, { recursive: true, force: true, maxRetries: 5, retryDelay: 200 });
  };
  try {
    context = await chromium.launchPersistentContext(path.join(folder, 'chromium'), {
      executablePath: findChromium(), headless: true, viewport: options.viewport ?? { width: 1280, height: 800 },
      permissions: ['clipboard-read', 'clipboard-write'],
      args: ['--no-sandbox', '--disable-gpu', '--disable-quic', '--no-first-run', '--disable-background-networking', '--disable-component-update',
        '--disable-sync', '--disable-dev-shm-usage', '--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1'],
    });
    const page = context.pages()[0] ?? await context.newPage();
    if (onExit) await page.exposeFunction('codeAutomationExit', onExit);
    await developmentOptions(page, options.vsix ? [] : [root], testsModule);
    const loaded = () => page.waitForFunction(() => performance.getEntriesByName('code/didLoadExtensions').length > 0, null, { timeout: 90_000 });
    await page.goto(`http://${server.host}/?folder=${encodeURIComponent(workspace)}`, { waitUntil: 'domcontentloaded' });
    await loaded();
    return {
      page, server, workspace, close,
      enginePids: () => descendants(server.pid).filter(isEngine),
      reload: async () => { await page.reload({ waitUntil: 'domcontentloaded' }); await loaded(); },
    };
  } catch (error) {
    await close();
    throw error;
  }
}

/**
 * Tells the page which extensions are under development. A built VS Code ignores the `payload` query parameter for
 * this, but honours the page's own configuration, so ours is put in as the page reads it.
 */
async function developmentOptions(page: Page, extensions: readonly string[], tests: string | undefined): Promise<void> {
  // tsx wraps named functions in a helper that the page does not have.
  await page.addInitScript('globalThis.__name ??= (target) => target');
  await page.addInitScript(({ extensions, tests }) => {
    if (window !== top) return;
    const get = Element.prototype.getAttribute;
    const uri = (path: string) => ({ scheme: 'vscode-remote', authority: location.host, path });
    Element.prototype.getAttribute = function (name: string) {
      const value = get.call(this, name);
      if (name !== 'data-settings' || this.id !== 'vscode-workbench-web-configuration' || value === null) return value;
      const configuration = JSON.parse(value);
      configuration.developmentOptions = { ...configuration.developmentOptions, extensions: extensions.map(uri), ...(tests && { extensionTestsPath: uri(tests) }) };
      return JSON.stringify(configuration);
    };
  }, { extensions: [...extensions], tests });
}

function isEngine(pid: number): boolean {
  try {
    return fs.readFileSync(`/proc/${pid}/cmdline`, 'utf8').includes('engine.cjs');
  } catch {
    return false;
  }
}

export interface SuiteResult {
  readonly passed: number;
  readonly failed: number;
  readonly skipped: number;
}

/**
 * Runs a CommonJS module that exports run(): Promise<SuiteResult> inside the extension host. The module must lie inside
 * the extension's folder: elsewhere its 'vscode' would belong to no extension.
 */
export async function runHostSuite(module: string, options: WorkbenchOptions = {}, timeout = 300_000): Promise<SuiteResult> {
  const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'model-lens-suite-'));
  const log = path.join(folder, 'suite.log'), result = path.join(folder, 'result.json'), shim = path.join(folder, 'shim.cjs');
  fs.writeFileSync(log, '');
  // VS Code defines console.* and process.stdout.write with setters that do nothing: the objects must be replaced.
  fs.writeFileSync(shim, `
    const fs = require('fs'), { Console } = require('console'), { Writable } = require('stream');
    const out = new Writable({ decodeStrings: true, write(chunk, _, done) { fs.appendFileSync(${JSON.stringify(log)}, chunk); done(); } });
    globalThis.console = new Console({ stdout: out, stderr: out, colorMode: false });
    for (const name of ['stdout', 'stderr']) Object.defineProperty(process, name, { value: out, configurable: true });
    exports.run = async () => {
      let outcome;
      try { outcome = { counts: await require(${JSON.stringify(path.resolve(module))}).run() }; }
      catch (error) { outcome = { error: String(error && error.stack || error) }; }
      fs.writeFileSync(${JSON.stringify(`${result}.part`)}, JSON.stringify(outcome));
      fs.renameSync(${JSON.stringify(`${result}.part`)}, ${JSON.stringify(result)});
      if (outcome.error) throw new Error(outcome.error);
    };`);
  let exit: number | undefined;
  const workbench = await open(options, shim, (code) => { exit = code; });
  let shown = 0;
  const show = () => {
    const text = fs.readFileSync(log);
    if (text.length > shown) { process.stdout.write(text.subarray(shown)); shown = text.length; }
  };
  try {
    const until = Date.now() + timeout;
    while (!fs.existsSync(result)) {
      show();
      if (exit !== undefined) throw new Error(`VS Code reported exit ${exit} before the suite finished`);
      if (Date.now() > until) throw new Error(`the suite did not finish within ${timeout / 1000} s`);
      await delay(100);
    }
    show();
    const outcome = JSON.parse(fs.readFileSync(result, 'utf8')) as { counts?: SuiteResult; error?: string };
    if (!outcome.counts) throw new Error(outcome.error);
    return outcome.counts;
  } catch (error) {
    show();
    throw new Error(`${(error as Error).message}\n${workbench.server.log().split('\n').slice(-25).join('\n')}`);
  } finally {
    await workbench.close();
    fs.rmSync(folder, { recursive: true, force: true });
  }
}
