/** Models through the real engine room: the same opening, sessions and gradient graphs as an explanation gets. */
import { BadModelFile } from '../../src/formats/badModelFile';
import { Models, type OpenedModel } from '../../src/engine/models';
import { RuntimeModel } from '../../src/engine/runtimeModel';
import { Sessions } from '../../src/engine/sessions';

/** The model's format is not read by this version: counted as not implemented, never as passed. */
export class NotImplementedYet extends Error {}

export class EngineRoom {
  private readonly models = new Models();
  private readonly sessions = new Sessions();

  /** @throws NotImplementedYet for a format that has no reader yet. */
  async open(file: string): Promise<OpenedModel> {
    try {
      return await this.models.open(file);
    } catch (error) {
      if (error instanceof BadModelFile && error.code === 'unsupported') throw new NotImplementedYet(error.message);
      throw error;
    }
  }

  async model(file: string, sampleDims: Readonly<Record<string, readonly number[]>>): Promise<RuntimeModel> {
    const opened = await this.open(file);
    return new RuntimeModel({ file: opened.runnable, identity: opened.identity, sampleDims, sessions: this.sessions, device: 'cpu' });
  }

  close(): Promise<void> {
    return this.sessions.releaseAll();
  }
}
