/** How often a method runs the model, as far as its parameters say: what its time is estimated from. */
import type { Method, Parameters } from './method';

export interface Passes {
  readonly forward: number;
  /** Forward and backward together. */
  readonly gradients: number;
  /** It may stop earlier: these are the most. */
  readonly most?: true;
}

/** Gradients that Integrated Gradients with steps of its own choice usually takes (refinedPath.ts says how that was measured). */
const usualSteps = 16;

/**
 * Passes over one sample, or undefined where nobody can say beforehand: a method that goes through a layer's channels
 * takes as many as the layer has. Methods that hide parts say how often they ran the model by `runs` once they have
 * (every combination is tried with every background sample); those that draw say so by `nSamples`, those that walk a path by `nSteps`; with
 * neither, a method of gradients takes one.
 * @param parameters the full set, with what the method chose by itself if it has run.
 */
export function passesOf(method: Pick<Method, 'needs' | 'parameters'>, parameters: Parameters): Passes | undefined {
  const number = (name: string): number | undefined => (typeof parameters[name] === 'number' ? (parameters[name] as number) : undefined);
  const draws = number('nSamples'), most = number('maxSamples'), steps = number('nSteps'), channels = number('channels');
  const runs = number('runs');
  if (runs !== undefined) return pass(method, runs, false);
  // Orders of parts: each is many combinations.
  if (parameters.maxEvals !== undefined && draws !== undefined) return undefined;
  // Noise over another method repeats that method.
  if (parameters.over !== undefined && parameters.over !== 'gradient' && draws !== undefined) return undefined;
  if (draws !== undefined) return pass(method, draws || most, draws === 0 && most !== undefined);
  if (steps !== undefined) return pass(method, steps || usualSteps, false);
  if (channels !== undefined) return channels > 0 ? pass(method, channels, false) : undefined;
  // Others of several passes do not count them in their parameters.
  return method.needs === 'gradient' || method.parameters.every(({ type }) => type !== 'integer') ? pass(method, 1, false) : undefined;
}

function pass({ needs }: Pick<Method, 'needs'>, count: number | undefined, most: boolean): Passes | undefined {
  if (!count) return undefined;
  return { forward: needs === 'forward' ? count : 0, gradients: needs === 'gradient' ? count : 0, ...(most && { most: true }) };
}
