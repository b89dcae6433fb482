import type { Feeds } from '../../methods/model';
import type { ClassScore, EngineRequests } from '../../protocol/engine';
import type { WhatIfAnswer, WhatIfResult } from '../../protocol/whatIf';
import type { JobContext } from '../../protocol/rpc';
import type { Engine } from '../engine';
import { blurredPlanes, editPicture } from '../pictureEdit';
import { chooseInput } from '../prepare';
import { numbersPicture, pictureOf, seenPicture, tensorOf } from '../seenPicture';

type Params = EngineRequests['whatIf']['params'];

/**
 * What the model says when a part of the picture is deleted, blurred or all that is left. The prepared sample, the
 * target and the session stay from one edit to the next, so that an edit costs one run of the model.
 */
export async function whatIf(engine: Engine, params: Params, { signal }: Pick<JobContext, 'signal'>): Promise<EngineRequests['whatIf']['result']> {
  const start = performance.now();
  const subject = await engine.subjects.get(engine, params, signal), { prepared } = subject, { model } = prepared;
  const input = chooseInput(prepared, params.input);
  const seen = subject.once(`seen ${input.name}`, () => seenPicture(input));
  const edited = editPicture(seen, params.edit, () => subject.once(`blurred ${input.name}`, () => blurredPlanes(seen)));
  const { target, words, predict } = await subject.target(params.input, params.target);

  const answer = async (feeds: Feeds): Promise<Answered> => {
    const { prediction, scoreOf } = await predict(feeds);
    // A class of a row has a probability; all else has the target's own score.
    if (!scoreOf || target.combine) return { answer: { prediction, score: (await model.scores(feeds, target))[0]! }, scoreOf };
    const score = scoreOf(target.index);
    return { answer: { prediction, target: score, score: valueOf(score) }, scoreOf };
  };
  const before = await subject.once(`before ${JSON.stringify([input.name, params.target])}`, () => answer(prepared.feeds));
  const tensor = tensorOf(seen, edited.planes);
  const after = await answer({ ...prepared.feeds, [input.name]: tensor });
  const picture = (await pictureOf(seen, tensor)) ?? (await numbersPicture(seen, edited.planes));
  return {
    input: input.name, before: before.answer, after: after.answer, classes: classesOfBoth(before, after), targetWords: words.label, changed: edited.changed, picture, ...(input.frame && { frame: input.frame }),
    scale: before.answer.target && before.answer.prediction.kind === 'probabilities' ? 'probability' : 'score',
    milliseconds: Math.round((performance.now() - start) * 10) / 10,
  };
}

interface Answered {
  readonly answer: WhatIfAnswer;
  readonly scoreOf: ((index: number) => ClassScore) | undefined;
}

const valueOf = ({ probability, value }: ClassScore): number => probability ?? value;

/** The first classes of both, in the order they have after the change; what is detected no more counts 0. */
function classesOfBoth(before: Answered, after: Answered): WhatIfResult['classes'] {
  const first = new Map([...before.answer.prediction.top, ...after.answer.prediction.top].map(({ index, label }) => [index, label]));
  const value = ({ answer, scoreOf }: Answered, index: number): number => {
    const score = scoreOf ? scoreOf(index) : answer.prediction.top.find((one) => one.index === index);
    return score ? valueOf(score) : 0;
  };
  return [...first].map(([index, label]) => ({ index, label, before: value(before, index), after: value(after, index) })).sort((a, b) => b.after - a.after);
}
