/**
 * The engine processes this window owns: one inspects (always quick), one explains (may be busy for long). Both are
 * started by the first request that needs them and stop by themselves when idle.
 */
import * as vscode from 'vscode';
import { EngineProcess } from '../protocol/engineProcess';
import type { DeviceReport, EngineMethod, EngineRequests } from '../protocol/engine';
import type { RequestOptions } from '../protocol/rpc';
import type { Log } from './log';

export type EngineRole = 'inspect' | 'explain';

/** What the explaining engine does right now. */
export interface Activity {
  readonly title: string;
  /** 0…1, or undefined while it is unknown. */
  readonly fraction?: number;
}

export class Engines implements vscode.Disposable {
  private readonly processes: Readonly<Record<EngineRole, EngineProcess>>;
  private readonly changed = new vscode.EventEmitter<void>();
  private readonly activities = new Map<object, Activity>();
  private lastDevice: DeviceReport | undefined;

  /** Fires when the device or an activity changes. */
  readonly onDidChange = this.changed.event;

  /**
   * @param sessionFolder where engines may keep optimised models; a user's own MODEL_LENS_CACHE goes before.
   * @param cudaFolder where fetched CUDA libraries are, if any were; a user's own MODEL_LENS_CUDA goes before.
   */
  constructor(enginePath: string, sessionFolder: string, cudaFolder: string, private readonly log: Log) {
    const env = { MODEL_LENS_CACHE: process.env.MODEL_LENS_CACHE || sessionFolder, MODEL_LENS_CUDA: process.env.MODEL_LENS_CUDA || cudaFolder };
    const start = (role: EngineRole, name: string): EngineProcess => {
      const engine = new EngineProcess({ enginePath, name, env, onLog: (line) => log.info(`${role}: ${line}`) });
      engine.onDidExit((exit) => {
        if (exit.reason === 'crashed') log.error(exit.message);
        else log.info(exit.message);
        this.changed.fire();
      });
      return engine;
    };
    this.processes = {
      inspect: start('inspect', vscode.l10n.t('The inspecting engine')),
      explain: start('explain', vscode.l10n.t('The explaining engine')),
    };
  }

  /** The device that the last explanation ran on. */
  get device(): DeviceReport | undefined {
    return this.lastDevice;
  }

  get activity(): Activity | undefined {
    return [...this.activities.values()].at(-1);
  }

  get running(): boolean {
    return this.processes.explain.running || this.processes.inspect.running;
  }

  /** Asks one of the engines. Rejects with a LensError. */
  async request<M extends EngineMethod>(role: EngineRole, method: M, params: EngineRequests[M]['params'], options?: RequestOptions<M>): Promise<EngineRequests[M]['result']> {
    const started = Date.now();
    try {
      const result = await this.processes[role].request(method, params, options);
      this.log.info(`${role}: ${method} took ${Date.now() - started} ms`);
      return result;
    } catch (error) {
      this.log.error(`${role}: ${method} failed after ${Date.now() - started} ms: ${error instanceof Error ? error.message : String(error)}`);
      throw error;
    }
  }

  /** Starts an engine ahead of its first request. */
  warmUp(role: EngineRole): void {
    this.processes[role].warmUp();
  }

  /** Ends both processes; the next request starts new ones. */
  restart(): void {
    for (const engine of Object.values(this.processes)) engine.kill();
    this.lastDevice = undefined;
    this.changed.fire();
  }

  setDevice(device: DeviceReport): void {
    this.lastDevice = device;
    this.changed.fire();
  }

  /** Shows what `owner` is doing; undefined: nothing any more. */
  setActivity(owner: object, activity: Activity | undefined): void {
    if (activity) this.activities.set(owner, activity);
    else this.activities.delete(owner);
    this.changed.fire();
  }

  dispose(): void {
    for (const engine of Object.values(this.processes)) engine.dispose();
    this.changed.dispose();
  }
}
