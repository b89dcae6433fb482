/** What runs took in this process, by model and device: the ground on which the time of the next one is estimated. */
import type { Method, Parameters } from '../methods/method';
import { passesOf } from '../methods/passes';
import type { Estimate } from '../protocol/estimates';

interface Figures {
  /** Milliseconds of one sample. */
  forward?: number;
  gradient?: number;
  /** To a layer: cheaper than to the input. */
  layerGradient?: number;
  /** Whole methods, by id and parameters: how often they ran, and the quickest of it. */
  readonly methods: Map<string, { readonly runs: number; readonly ms: number }>;
}

const mostMethods = 200;

export class Speeds {
  private readonly byModel = new Map<string, Figures>();

  /** @param model what the model and its device are known by. */
  noteForward(model: string, ms: number): void {
    const figures = this.figures(model);
    // The first run of a session warms up, so the quickest is the truest.
    figures.forward = Math.min(figures.forward ?? Infinity, ms);
  }

  /**
   * @param parameters the full set; `chosen` what the method chose by itself.
   * @param runMs time inside the runtime, `methodMs` all of the method's.
   */
  noteMethod(model: string, method: Method, parameters: Parameters, chosen: Parameters, runMs: number, methodMs: number): void {
    const figures = this.figures(model), passes = passesOf(method, { ...parameters, ...chosen });
    const key = keyOf(method, parameters), before = figures.methods.get(key);
    // Once more is quicker: sessions are there.
    if (before || figures.methods.size < mostMethods) figures.methods.set(key, { runs: (before?.runs ?? 0) + 1, ms: Math.min(methodMs, before?.ms ?? Infinity) });
    if (!passes || !(runMs > 0)) return;
    if (passes.gradients > 0) figures[method.hasLayer ? 'layerGradient' : 'gradient'] = runMs / passes.gradients;
    else if (passes.forward > 0) figures.forward = runMs / passes.forward;
  }

  /** @returns undefined where nothing is known. */
  estimate(model: string, method: Method, parameters: Parameters): Estimate | undefined {
    const figures = this.byModel.get(model), measured = figures?.methods.get(keyOf(method, parameters));
    // The first run made its sessions too: what its passes took says more, where they can be counted.
    const whole: Estimate | undefined = measured && { ms: measured.ms, from: 'measured' };
    if (measured && measured.runs > 1) return whole;
    const passes = figures && passesOf(method, parameters);
    if (!passes) return whole;
    const gradient = method.hasLayer ? figures.layerGradient ?? figures.gradient : figures.gradient;
    if ((passes.gradients > 0 && gradient === undefined) || (passes.forward > 0 && figures.forward === undefined)) return whole;
    return { ms: passes.gradients * (gradient ?? 0) + passes.forward * (figures.forward ?? 0), from: passes.most ? 'most' : 'counted' };
  }

  private figures(model: string): Figures {
    const known = this.byModel.get(model);
    if (known) return known;
    const figures: Figures = { methods: new Map() };
    this.byModel.set(model, figures);
    return figures;
  }
}

function keyOf({ id }: Method, parameters: Parameters): string {
  return JSON.stringify([id, Object.entries(parameters).sort(([a], [b]) => (a < b ? -1 : 1))]);
}
