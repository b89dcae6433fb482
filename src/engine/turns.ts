/** Who goes first: work in the background waits between two of its runs as long as somebody waits for an answer. */
import type { Model } from '../methods/model';
import { throwIfAborted } from '../protocol/rpc';

export class Turns {
  private open = 0;
  private readonly waiting = new Set<() => void>();

  /** Work that somebody waits for. */
  async first<T>(work: () => Promise<T>): Promise<T> {
    this.open++;
    try {
      return await work();
    } finally {
      if (--this.open === 0) for (const go of [...this.waiting]) go();
    }
  }

  /** Resolves when nobody waits for an answer; rejects with 'cancelled' once `signal` aborts. */
  async quiet(signal: AbortSignal): Promise<void> {
    while (this.open > 0) {
      throwIfAborted(signal);
      await new Promise<void>((resolve) => {
        const go = (): void => {
          this.waiting.delete(go);
          signal.removeEventListener('abort', go);
          resolve();
        };
        this.waiting.add(go);
        signal.addEventListener('abort', go, { once: true });
      });
    }
    throwIfAborted(signal);
  }
}

/** A model that lets others go first before each of its runs. */
export function inBackground(model: Model, turns: Turns, signal: AbortSignal): Model {
  return {
    inputs: model.inputs, outputs: model.outputs,
    batchFor: (request) => model.batchFor(request),
    run: async (feeds, fetch) => { await turns.quiet(signal); return model.run(feeds, fetch); },
    scores: async (feeds, target) => { await turns.quiet(signal); return model.scores(feeds, target); },
    gradients: async (request) => { await turns.quiet(signal); return model.gradients(request); },
    whyNotDifferentiable: (target, wrt, composite) => model.whyNotDifferentiable(target, wrt, composite),
    spatialLayers: (target) => model.spatialLayers(target),
    layers: (target) => model.layers(target),
    embedding: (input) => model.embedding(input),
    attentionBlocks: () => model.attentionBlocks(),
  };
}
