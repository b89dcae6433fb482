/** Questions about how a picture becomes the model's input: what others would give, what the model sees, and saving it. */
import type { ClassScore, ExplainParams, PictureFrame, Prediction, PreprocessingNote } from './engine';

type Subject = Pick<ExplainParams, 'model' | 'inputs' | 'device' | 'preprocessing'>;

/** One way to scale and order the channels, and what the model says then. */
export interface PreprocessingTrial {
  /** 'current', 'unit', 'imagenet', … */
  readonly id: string;
  /** For people, without the resize: 'RGB, 0…1, ImageNet mean and deviation'. */
  readonly words: string;
  /** As an entry of `inputs` in MODEL.lens.json. */
  readonly entry: Readonly<Record<string, unknown>>;
  /** True for what is in use now. */
  readonly current: boolean;
  readonly top: ClassScore;
  /** Shannon entropy in bits; null for outputs that are no probabilities. */
  readonly entropy: number | null;
  /** Whether the top class is the same as with what is in use now. */
  readonly same: boolean;
  /** Evidence over all pictures and their mirror images; see PreprocessingVerdict. Absent without probabilities. */
  readonly evidence?: TrialEvidence;
}

export interface TrialEvidence {
  /** Mean entropy over all views, in bits. */
  readonly entropy: number;
  /** How many of the pictures keep their top class when mirrored. */
  readonly agreeing: number;
  /** How many different top classes the pictures have. */
  readonly classes: number;
  /** In bits: how much the answers tell the pictures apart while being sure of each, mirrored or not. Larger is better. */
  readonly information: number;
}

/**
 * What the trials say together: 'other' only if several pictures agree by a wide margin; 'currentFits' if no other way
 * tells them apart clearly better; 'hint' for less than that; 'unclear' if nothing can be said.
 */
export interface PreprocessingVerdict {
  readonly kind: 'currentFits' | 'other' | 'hint' | 'unclear';
  /** Id of the trial it is about; absent for 'unclear'. */
  readonly trial?: string;
  /** Ids of trials that do as well: the pictures do not tell them apart. */
  readonly alike: readonly string[];
  /** Pictures looked at. */
  readonly pictures: number;
}

export interface PreprocessingTrials {
  /** The input that was tried. */
  readonly input: string;
  /** The current one first, then by falling evidence. */
  readonly trials: readonly PreprocessingTrial[];
  readonly verdict: PreprocessingVerdict;
}

export interface ChannelFigures {
  /** 'red', 'green', 'blue', 'grey', 'alpha', or 'channel 5'. */
  readonly name: string;
  readonly minimum: number;
  readonly maximum: number;
  readonly mean: number;
  readonly deviation: number;
}

/** A picture as PNG bytes. */
export interface SmallPicture {
  readonly width: number;
  readonly height: number;
  readonly mime: string;
  readonly bytes: Uint8Array;
}

export interface InputPicture {
  readonly input: string;
  readonly note: PreprocessingNote;
  readonly frame?: PictureFrame;
  /** Of the tensor that is fed. */
  readonly dims: readonly number[];
  /** What the file fixes: fields that cannot be changed. */
  readonly fixed: { readonly height?: number; readonly width?: number; readonly channels?: number };
  /** The tensor with the scaling undone: what is left of the picture. Absent for exact tensors. */
  readonly picture?: SmallPicture;
  /** The numbers themselves: first channel red, smallest black, largest white. */
  readonly numbers: SmallPicture;
  readonly channels: readonly ChannelFigures[];
  readonly prediction?: Prediction;
  readonly warnings: readonly string[];
}

export interface PreprocessingRequests {
  /** The prediction under the common preprocessings; with other pictures of the same folder as further evidence. */
  preprocessings: { params: Subject & { readonly input?: string; /** At most 8; default 3. */ readonly others?: number }; result: PreprocessingTrials; progress: never };
  /** What the model really sees, and says: as it is, or with `draft` (wins over `preprocessing`). */
  inputPicture: { params: Subject & { readonly input?: string; readonly draft?: ExplainParams['preprocessing'] }; result: InputPicture; progress: never };
  /** Writes `inputs` into MODEL.lens.json beside the model. All else in the file stays; a damaged one is left alone and the request fails. */
  savePreprocessing: { params: { readonly model: string; readonly save: NonNullable<ExplainParams['preprocessing']> }; result: { readonly file: string; readonly created: boolean }; progress: never };
}
