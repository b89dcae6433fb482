/** Coalitions: which features of the input are shown. Their scores, in full batches, each coalition scored once. */
import type { NumericData } from '../../tensor/convert';
import type { Tensor } from '../../tensor/tensor';
import type { MethodContext } from '../method';
import { forwardBatch, repeatSample } from '../samples';
import { explainedTensor, type Features } from './features';
import type { Fills } from './fills';

/** One number a feature: 1 shown, 0 hidden. */
export type Coalition = Uint8Array;

/** Scores kept for coalitions that come again. */
const mostRemembered = 100_000;

/**
 * The target's score for coalitions: of the input with every hidden feature replaced by the fill, averaged over the
 * fills. One buffer serves all batches, and only elements that differ from what it held before are written; all
 * batches have one size, because each size is a session of its own.
 */
export class CoalitionScores {
  /** Coalitions that fill one run. */
  readonly batch: number;
  /** Samples the model has been run on so far, without the last batches' padding. */
  runs = 0;
  private readonly rows: number;
  private readonly slots: MaskedSamples;
  private readonly others: Readonly<Record<string, Tensor>>;
  private readonly known = new Map<string, number>();

  constructor(private readonly context: MethodContext, private readonly features: Features, private readonly fills: Fills) {
    const input = explainedTensor(context);
    this.rows = forwardBatch(context);
    this.batch = Math.max(1, Math.floor(this.rows / fills.samples.length));
    this.slots = new MaskedSamples(input, features, fills, this.rows);
    this.others = Object.fromEntries(Object.entries(context.feeds).filter(([name]) => name !== context.input).map(([name, tensor]) => [name, repeatSample(tensor, this.rows)]));
  }

  /**
   * One score a coalition. Throws the signal's reason between batches once the explanation is cancelled.
   * @param remember whether scores are kept in case the same coalition comes again (default).
   */
  async of(coalitions: readonly Coalition[], remember = true): Promise<Float64Array> {
    const scores = new Float64Array(coalitions.length), waiting = new Map<string, number[]>(), jobs: Job[] = [];
    coalitions.forEach((coalition, index) => {
      const key = remember ? keyOf(coalition) : '', known = remember ? this.known.get(key) : undefined;
      if (known !== undefined) { scores[index] = known; return; }
      const same = remember ? waiting.get(key) : undefined;
      if (same) { same.push(index); return; }
      const wanted = [index];
      if (remember) waiting.set(key, wanted);
      // Nothing hidden: all fills are the same.
      const fills = coalition.every((shown) => shown) ? 1 : this.fills.samples.length;
      for (let fill = 0; fill < fills; fill++) jobs.push({ coalition, fill, share: 1 / fills, wanted, key });
    });
    for (let start = 0; start < jobs.length; start += this.rows) {
      const batch = jobs.slice(start, start + this.rows), found = await this.run(batch);
      batch.forEach(({ share, wanted }, slot) => { for (const index of wanted) scores[index]! += found[slot]! * share; });
    }
    if (remember) {
      for (const { key, wanted } of jobs) {
        if (this.known.size >= mostRemembered) break;
        this.known.set(key, scores[wanted[0]!]!);
      }
    }
    return scores;
  }

  /** The score of the whole input, and with everything hidden. */
  async ends(): Promise<{ readonly whole: number; readonly nothing: number }> {
    const { count } = this.features;
    const [whole, nothing] = await this.of([new Uint8Array(count).fill(1), new Uint8Array(count)]);
    return { whole: whole!, nothing: nothing! };
  }

  private async run(jobs: readonly Job[]): Promise<Float32Array> {
    const { model, target, signal, input } = this.context;
    signal.throwIfAborted();
    // A batch that is not full runs with what the other slots still hold from before; their scores are dropped.
    jobs.forEach(({ coalition, fill }, slot) => this.slots.write(slot, coalition, fill));
    const scores = await model.scores({ ...this.others, [input]: this.slots.batch }, target);
    signal.throwIfAborted();
    this.runs += jobs.length;
    return scores;
  }
}

interface Job {
  readonly coalition: Coalition;
  readonly fill: number;
  /** How much this run counts for the coalition's score. */
  readonly share: number;
  /** Places in the list that was asked for. */
  readonly wanted: number[];
  readonly key: string;
}

/** A batch buffer whose slots each hold the input with some features hidden; writing touches only what changes. */
export class MaskedSamples {
  private readonly data: NumericData;
  private readonly shown: Uint8Array[];
  private readonly filledFrom: Int32Array;
  private readonly size: number;

  constructor(private readonly input: Tensor, private readonly features: Features, private readonly fills: Fills, slots: number) {
    const original = input.data as NumericData;
    this.size = original.length;
    this.data = new (original.constructor as new (length: number) => NumericData)(this.size * slots);
    for (let slot = 0; slot < slots; slot++) (this.data as Float32Array).set(original as Float32Array, slot * this.size);
    this.shown = Array.from({ length: slots }, () => new Uint8Array(features.count).fill(1));
    this.filledFrom = new Int32Array(slots);
  }

  /** Slot `slot` becomes the input with the coalition's hidden features taken from fill number `fill`. */
  write(slot: number, coalition: Coalition, fill: number): void {
    // One element type a buffer; the cast keeps the loop free of it.
    const data = this.data as Float32Array, original = this.input.data as Float32Array, filling = this.fills.samples[fill] as Float32Array;
    const now = this.shown[slot]!, otherFill = this.filledFrom[slot] !== fill, offset = slot * this.size;
    for (let feature = 0; feature < now.length; feature++) {
      const show = coalition[feature]!;
      if (show === now[feature] && (show || !otherFill)) continue;
      now[feature] = show;
      const source = show ? original : filling, spans = this.features.spans[feature]!;
      for (let k = 0; k < spans.length; k += 2) for (let i = spans[k]!, end = spans[k + 1]!; i < end; i++) data[offset + i] = source[i]!;
    }
    this.filledFrom[slot] = fill;
  }

  /** All slots as one batch; the same memory for all batches. */
  get batch(): Tensor {
    const { dtype, dims } = this.input, slots = this.shown.length;
    return { dtype, dims: slots === 1 ? dims : [slots, ...dims.slice(1)], data: this.data };
  }
}

/** The coalition as text, 16 features a character. */
export function keyOf(coalition: Coalition): string {
  let key = '';
  for (let start = 0; start < coalition.length; start += 16) {
    let bits = 0;
    for (let i = start; i < Math.min(start + 16, coalition.length); i++) bits = (bits << 1) | coalition[i]!;
    key += String.fromCharCode(bits);
  }
  return key;
}
