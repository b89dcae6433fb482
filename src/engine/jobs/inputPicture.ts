import type { Dim } from '../../graph/graph';
import type { EngineRequests } from '../../protocol/engine';
import type { ChannelFigures, InputPicture } from '../../protocol/preprocessing';
import { LensError, type JobContext } from '../../protocol/rpc';
import { chooseOutput, predictSample } from '../classes';
import type { Engine } from '../engine';
import { chooseInput, type Prepared } from '../prepare';
import { numbersPicture, pictureOf, seenPicture, type SeenPicture } from '../seenPicture';

/** What the model sees of a picture, what numbers that are, and what it says to them. */
export async function inputPicture(engine: Engine, params: EngineRequests['inputPicture']['params'], { signal }: Pick<JobContext, 'signal'>): Promise<InputPicture> {
  const { draft } = params, subject = await engine.subjects.get(engine, draft ? { ...params, preprocessing: draft } : params, signal), { prepared } = subject;
  const input = chooseInput(prepared, params.input), seen = subject.once(`seen ${input.name}`, () => seenPicture(input));
  const prediction = await predicted(prepared), picture = await pictureOf(seen, input.tensor);
  return {
    input: input.name, note: input.note, dims: input.tensor.dims, fixed: fixedSides(prepared, seen), channels: figures(seen), numbers: await numbersPicture(seen), warnings: subject.warnings,
    ...(input.frame && { frame: input.frame }), ...(picture && { picture }), ...(prediction && { prediction }),
  };
}

/** Undefined where no output is a row of classes: there is still something to look at. */
async function predicted({ model, resolved, opened, feeds }: Prepared): Promise<InputPicture['prediction']> {
  let output;
  try {
    output = chooseOutput(model, resolved, opened.labels);
  } catch (error) {
    if (error instanceof LensError) return undefined;
    throw error;
  }
  return (await predictSample(model, output, feeds)).prediction;
}

function fixedSides({ resolved }: Prepared, { input, shape: { layout } }: SeenPicture): InputPicture['fixed'] {
  const { dims } = resolved.inputs.find(({ name }) => name === input.name)!;
  const number = (dim: Dim | undefined): number | undefined => (typeof dim === 'number' && dim > 0 ? dim : undefined);
  const [channels, height, width] = (layout === 'NCHW' ? [dims[1], dims[2], dims[3]] : [dims[3], dims[1], dims[2]]).map(number);
  return { ...(height !== undefined && { height }), ...(width !== undefined && { width }), ...(channels !== undefined && { channels }) };
}

function figures({ input, planes }: SeenPicture): ChannelFigures[] {
  const order = { RGB: ['red', 'green', 'blue'], BGR: ['blue', 'green', 'red'], grey: ['grey'], RGBA: ['red', 'green', 'blue', 'alpha'] }[input.image?.channels ?? 'grey'];
  const named = input.frame && order.length === planes.length;
  return planes.map((plane, channel) => {
    let minimum = Infinity, maximum = -Infinity, sum = 0, square = 0;
    for (const value of plane) { minimum = Math.min(minimum, value); maximum = Math.max(maximum, value); sum += value; }
    const mean = sum / plane.length;
    for (const value of plane) square += (value - mean) ** 2;
    return { name: named ? order[channel]! : `channel ${channel}`, minimum, maximum, mean, deviation: Math.sqrt(square / plane.length) };
  });
}
