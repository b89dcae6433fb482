/** What jobs share: opened models, sessions, devices. One per process. */
import { Attributions } from './attributions';
import { Devices, type DevicesOptions } from './devices';
import { Models } from './models';
import { sessionCacheOf } from './sessionCache';
import { Sessions, type MakeSession } from './sessions';
import { Subjects } from './subjects';
import { Speeds } from './speeds';
import { Tables } from './table/tables';
import { TfjsNetworks } from './tfjs/networks';
import { Turns } from './turns';

export interface EngineOptions {
  readonly devices?: DevicesOptions;
  /** Makes the runtime's sessions; default: the runtime itself. */
  readonly make?: MakeSession;
}

export class Engine {
  readonly models = new Models();
  readonly sessions: Sessions;
  readonly networks = new TfjsNetworks();
  readonly attributions = new Attributions();
  readonly subjects = new Subjects();
  readonly speeds = new Speeds();
  readonly tables = new Tables();
  readonly turns = new Turns();
  readonly devices: Devices;

  /** @param entry the running program's own file, started again to probe devices. */
  constructor(readonly entry: string, { devices, make }: EngineOptions = {}) {
    this.sessions = new Sessions({ cache: sessionCacheOf(entry), ...(make && { make }) });
    this.devices = new Devices(entry, devices);
  }

  /** Releases what ONNX Runtime holds. A process must do so before it exits. */
  async close(): Promise<void> {
    await this.sessions.releaseAll();
  }
}
