/** What is asked of the engine about the finished map, and what has been answered so far. */
import type { ExplanationRecord } from '../../../protocol/engine';
import type { AgreementRow, Figure, MetricDescription, Skipped, TrustParams, TrustProgress, Verdict } from '../../../protocol/trust';
import type { ExplainSubject } from '../../../protocol/webview';
import { Refused } from '../../common/ask';
import type { Workbench } from '../workbench';

type Wanted = Omit<TrustParams, ExplainSubject | 'metrics' | 'mask'>;

/** Metrics that make the map again many times: they come last, and on demand where they would take long. */
export const slowMetrics: readonly string[] = ['parameter-randomisation', 'max-sensitivity'];
const quickMetrics: readonly string[] = ['completeness', 'sparseness', 'infidelity', 'faithfulness-correlation', 'deletion', 'insertion', 'road'];
/** Explanations that the slow ones take together. */
const slowExplanations = 25;
/** Slow figures that would take longer than this wait for a click. */
const unaskedMs = 60_000;
/** After a map is there, people often choose another at once. */
const restMs = 400;
/** Methods that are compared: quick ones of different kinds. */
const compared: readonly string[] = ['saliency', 'input-x-gradient', 'guided-backprop', 'integrated-gradients', 'deeplift', 'lrp', 'grad-cam', 'layer-cam'];

export type Stage = 'none' | 'quick' | 'waiting' | 'slow' | 'done' | 'cancelled' | 'failed';

export class Measuring {
  stage: Stage = 'none';
  planned: readonly MetricDescription[] = [];
  figures: readonly Figure[] = [];
  skipped: readonly Skipped[] = [];
  verdict: Verdict | undefined;
  running: { readonly metric: string; readonly done: number } | undefined;
  failure: string | undefined;
  agreement: readonly AgreementRow[] = [];
  comparing = false;
  /** Milliseconds the slow figures will take, as far as the explanation tells. */
  slowMs = 0;
  private wanted: Wanted | undefined;
  private run = new AbortController();
  private comparison = new AbortController();

  /** @param changed called after every change. */
  constructor(private readonly workbench: Workbench, private readonly changed: () => void) {}

  /** Forgets everything and stops what runs. */
  stop(): void {
    this.run.abort();
    this.comparison.abort();
    Object.assign(this, { stage: 'none', planned: [], figures: [], skipped: [], verdict: undefined, running: undefined, failure: undefined, agreement: [], comparing: false, wanted: undefined });
    this.changed();
  }

  /** Begins with the quick figures of the explanation just made. */
  begin(record: ExplanationRecord): void {
    this.stop();
    this.wanted = wantedOf(record);
    this.slowMs = slowExplanations * (record.timings.methodMs ?? 0);
    const run = (this.run = new AbortController());
    setTimeout(() => { if (!run.signal.aborted) void this.measureAll(run); }, restMs);
    this.stage = 'quick';
    this.changed();
  }

  /** Stops the figures; what is measured stays. */
  cancel(): void {
    this.run.abort();
    this.end('cancelled');
  }

  /** The slow figures, asked for. */
  async measureSlow(run = new AbortController()): Promise<void> {
    this.run = run;
    if (await this.measure(run, slowMetrics, 'slow')) this.end('done');
  }

  async compare(): Promise<void> {
    const { wanted, workbench } = this, own = workbench.state?.method;
    if (!wanted) return;
    const open = workbench.methods.filter(({ applies }) => applies).map(({ id }) => id);
    const methods = [...(own === undefined ? [] : [own]), ...compared.filter((id) => id !== own && open.includes(id))];
    const { signal } = (this.comparison = new AbortController());
    this.agreement = [];
    this.comparing = true;
    this.changed();
    const { target, seed, input } = wanted;
    try {
      await workbench.questions.ask('agreement', { target, seed, input, methods }, signal, (row) => {
        if (signal.aborted) return;
        this.agreement = [...this.agreement, row];
        this.changed();
      });
    } catch (error) {
      if (!signal.aborted) this.failure = messageOf(error);
    } finally {
      if (this.comparison.signal === signal) this.comparing = false;
      this.changed();
    }
  }

  cancelCompare(): void {
    this.comparison.abort();
  }

  private async measureAll(run: AbortController): Promise<void> {
    if (!await this.measure(run, quickMetrics, 'quick')) return;
    if (this.slowMs > unaskedMs) return this.end('waiting');
    await this.measureSlow(run);
  }

  private end(stage: Stage): void {
    this.stage = stage;
    this.running = undefined;
    this.changed();
  }

  /** @returns whether it came to its end. */
  private async measure(run: AbortController, metrics: readonly string[], stage: Stage): Promise<boolean> {
    const { wanted } = this, { signal } = run;
    if (!wanted) return false;
    this.stage = stage;
    try {
      // Verdicts of the second half count the figures of the first.
      const known = this.figures;
      await this.workbench.questions.ask('trust', { ...wanted, metrics, ...(known.length > 0 && { known }) }, signal, (value) => {
        if (!signal.aborted) this.progressed(value);
      });
      return !signal.aborted;
    } catch (error) {
      // What was taken back has nothing to say any more.
      if (signal.aborted) return false;
      this.failure = messageOf(error);
      this.end('failed');
      return false;
    }
  }

  private progressed(value: TrustProgress): void {
    switch (value.type) {
      case 'planned':
        this.planned = [...this.planned, ...value.metrics];
        this.skipped = [...this.skipped, ...value.skipped];
        break;
      case 'running':
        this.running = value;
        break;
      case 'figure':
        this.figures = [...this.figures, value.figure];
        this.verdict = value.verdict;
        this.running = undefined;
        break;
      case 'skipped':
        this.skipped = [...this.skipped, value.skipped];
        this.running = undefined;
        break;
    }
    this.changed();
  }
}

/** The explanation of a record, said so that exactly its numbers come out. */
function wantedOf({ method, preset, parameters, seed, target, layer, input }: ExplanationRecord): Wanted {
  return {
    method, preset, parameters, seed, input, ...(layer !== undefined && { layer }),
    target: {
      class: target.text ?? target.index, space: target.space as 'logit' | 'probability' | 'output',
      ...(target.text === undefined && { output: target.output }), ...(target.reference && { reference: target.reference.file }),
    },
  };
}

function messageOf(error: unknown): string {
  return error instanceof Refused ? error.error.message : String(error);
}
