/** Models through the real engine room: the same opening, sessions and gradient graphs as an explanation gets. */
import { Models, type OpenedModel } from '../../src/engine/models';
import type { LoadedModel } from '../../src/engine/loadedModel';
import { loadModel } from '../../src/engine/loadModel';
import { Sessions } from '../../src/engine/sessions';
import { TfjsNetworks } from '../../src/engine/tfjs/networks';
import type { DeviceId } from '../../src/protocol/engine';

/** A method that no issue has asked for yet: counted as not implemented, never as passed. */
export class NotImplementedYet extends Error {}

export class EngineRoom {
  private readonly models = new Models();
  readonly sessions = new Sessions();
  readonly networks = new TfjsNetworks();

  constructor(readonly device: DeviceId = 'cpu') {}

  open(file: string): Promise<OpenedModel> {
    return this.models.open(file);
  }

  async model(file: string, sampleDims: Readonly<Record<string, readonly number[]>>): Promise<LoadedModel> {
    return loadModel(this, await this.open(file), { sampleDims, device: this.device });
  }

  close(): Promise<void> {
    return this.sessions.releaseAll();
  }
}
