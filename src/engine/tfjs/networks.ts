/** Networks loaded by TensorFlow.js, kept like sessions are: the one used last stays. */
import { loadNetwork, type TfjsNetwork } from './tfjsModel';

const maximumCount = 2;

export class TfjsNetworks {
  private readonly loaded = new Map<string, Promise<TfjsNetwork>>();

  /** @param identity what the file is recognised by. */
  async load(identity: string, file: string, why: string): Promise<TfjsNetwork> {
    const network = this.loaded.get(identity) ?? loadNetwork(file, why);
    this.loaded.delete(identity);
    this.loaded.set(identity, network);
    network.catch(() => this.loaded.delete(identity));
    for (const [old, entry] of this.loaded) {
      if (this.loaded.size <= maximumCount) break;
      this.loaded.delete(old);
      void entry.then((unused) => unused.dispose(), () => undefined);
    }
    return network;
  }
}
