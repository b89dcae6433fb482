/** Models through the real engine room: the same opening, sessions and gradient graphs as an explanation gets. */
import { BadModelFile } from '../../src/formats/badModelFile';
import { Models, type OpenedModel } from '../../src/engine/models';
import type { LoadedModel } from '../../src/engine/loadedModel';
import { loadModel } from '../../src/engine/loadModel';
import { Sessions } from '../../src/engine/sessions';
import { TfjsNetworks } from '../../src/engine/tfjs/networks';

/** The model's format is not read by this version: counted as not implemented, never as passed. */
export class NotImplementedYet extends Error {}

export class EngineRoom {
  private readonly models = new Models();
  readonly sessions = new Sessions();
  readonly networks = new TfjsNetworks();

  /** @throws NotImplementedYet for a format that has no reader yet. */
  async open(file: string): Promise<OpenedModel> {
    try {
      return await this.models.open(file);
    } catch (error) {
      if (error instanceof BadModelFile && error.code === 'unsupported') throw new NotImplementedYet(error.message);
      throw error;
    }
  }

  async model(file: string, sampleDims: Readonly<Record<string, readonly number[]>>): Promise<LoadedModel> {
    return loadModel(this, await this.open(file), { sampleDims, device: 'cpu' });
  }

  close(): Promise<void> {
    return this.sessions.releaseAll();
  }
}
