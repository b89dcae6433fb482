/** Forward against forward + gradient of one model, interleaved, so that a busy machine slows both alike. */
import { createSession, feedsOf, only, prepare } from './models';
import { median, milliseconds, peakMegabytes } from './measure';
import { profileModel, describeProfile } from './profile';

export interface GradientRow {
  readonly model: string;
  readonly batch: number;
  readonly threads: number;
  readonly forwardMs: number;
  /** Target and gradient: forward and backward in one run. */
  readonly gradientMs: number;
  /** Median over the pairs of gradient time over forward time. */
  readonly ratio: number;
  /** Least gradient time over least forward time: what is left of the ratio when others use the machine too. */
  readonly leastRatio: number;
  readonly buildMs: number;
  readonly forwardSessionMs: number;
  readonly gradientSessionMs: number;
  readonly peakMB: number;
}

export async function measureGradient(file: string, model: string, batch: number, threads: number, repeats: number): Promise<GradientRow> {
  const start = performance.now();
  const prepared = await prepare(file, batch);
  const buildMs = performance.now() - start;
  const feeds = feedsOf(prepared);
  const forward = await createSession(prepared.forward, threads), gradient = await createSession(prepared.gradient.model, threads);
  const forwardMs: number[] = [], gradientMs: number[] = [];
  for (let repeat = -2; repeat < repeats; repeat++) {
    const one = await milliseconds(() => forward.session.run(only(forward.session, feeds)));
    const both = await milliseconds(() => gradient.session.run(only(gradient.session, feeds)));
    if (repeat < 0) continue; // the first runs grow the arenas
    forwardMs.push(one);
    gradientMs.push(both);
  }
  await forward.session.release();
  await gradient.session.release();
  return {
    model, batch, threads, forwardMs: median(forwardMs), gradientMs: median(gradientMs),
    ratio: median(gradientMs.map((both, index) => both / forwardMs[index]!)),
    leastRatio: Math.min(...gradientMs) / Math.min(...forwardMs),
    buildMs, forwardSessionMs: forward.createMs, gradientSessionMs: gradient.createMs, peakMB: peakMegabytes(),
  };
}

/** ONNX Runtime's profile of both graphs, as text. */
export async function profileGradient(file: string, batch: number, threads: number): Promise<string> {
  const prepared = await prepare(file, batch), feeds = feedsOf(prepared);
  const forward = await profileModel(prepared.forward, feeds, threads), gradient = await profileModel(prepared.gradient.model, feeds, threads);
  const sum = (nodes: readonly { ms: number }[]): number => nodes.reduce((total, { ms }) => total + ms, 0);
  return `forward: ${describeProfile(forward, 12)}\n\nforward + gradient (sum of kernels ${(sum(gradient) / sum(forward)).toFixed(2)} × forward): ${describeProfile(gradient, 40)}`;
}
