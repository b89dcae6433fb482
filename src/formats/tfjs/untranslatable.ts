/** A TensorFlow op that has no equivalent in ONNX, or one in a form that cannot be expressed. */
import { shown } from '../badModelFile';

export class Untranslatable extends Error {
  override readonly name = 'Untranslatable';

  /** @param reason what stands in the way, a clause without a full stop. */
  constructor(readonly op: string, readonly node: string, readonly reason: string) {
    super(`${shown(op)} '${shown(node)}': ${reason}`);
  }
}

/** An op cannot be told because something before it could not; the first cause is what people are told. */
export class Follows extends Untranslatable {}
