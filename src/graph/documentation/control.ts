/** Control flow, sequences, optional values, text, sound and pictures. Rows as in index.ts: name | inputs | outputs | attributes | sentence. */
export const control = `
AffineGrid | theta, size | grid | align_corners=0 | Makes the sampling positions of an affine transformation.
BlackmanWindow | size | output | output_datatype=1 periodic=1 | A Blackman window, for spectra.
ConcatFromSequence | input_sequence | concat_result | axis new_axis=0 | Puts the tensors of a sequence one after the other, or stacks them.
DFT | input, dft_length?, axis? | output | inverse=0 onesided=0 | Takes the discrete Fourier transform along an axis.
GridSample | X, grid | Y | align_corners=0 mode=linear@20:bilinear padding_mode=zeros | Samples the input at given positions by interpolation.
HammingWindow | size | output | output_datatype=1 periodic=1 | A Hamming window, for spectra.
HannWindow | size | output | output_datatype=1 periodic=1 | A Hann window, for spectra.
If | cond | outputs… | else_branch then_branch | Runs one of two graphs by a condition.
ImageDecoder | encoded_stream | image | pixel_format=RGB | Decodes a picture file into pixels.
Loop | M?, cond?, v_initial… | v_final_and_scan_outputs… | body | Runs a graph again and again, by a count and a condition, handing values on.
Optional | input? | output | type | Makes a value that may be absent.
OptionalGetElement | input | output |  | Takes the value out of an optional one.
OptionalHasElement | input? | output |  | True if an optional value is present.
RegexFullMatch | X | Y | pattern | True where a text matches a regular expression as a whole.
STFT | signal, frame_step, window?, frame_length? | output | onesided=1 | Takes the Fourier transform of successive windows of a signal.
Scan | initial_state_and_scan_inputs… | final_state_and_scan_outputs… | body num_scan_inputs scan_input_axes scan_input_directions scan_output_axes scan_output_directions | Runs a graph over the steps of sequences, handing a state on.
SequenceAt | input_sequence, position | tensor |  | Takes one tensor out of a sequence.
SequenceConstruct | inputs… | output_sequence |  | Makes a sequence of tensors.
SequenceEmpty |  | output | dtype | Makes a sequence without tensors.
SequenceErase | input_sequence, position? | output_sequence |  | Removes a tensor from a sequence.
SequenceInsert | input_sequence, tensor, position? | output_sequence |  | Puts a tensor into a sequence.
SequenceLength | input_sequence | length |  | Gives the number of tensors in a sequence.
SequenceMap | input_sequence, additional_inputs… | out_sequence… | body | Runs a graph on each tensor of a sequence.
SplitToSequence | input, split? | output_sequence | axis=0 keepdims=1 | Cuts a tensor into a sequence of pieces along an axis.
StringConcat | X, Y | Z |  | Joins texts element by element.
StringNormalizer | X | Y | case_change_action=NONE is_case_sensitive=0 locale stopwords | Changes the case of texts and removes stop words.
StringSplit | X | Y, Z | delimiter maxsplit | Cuts texts at a delimiter.
TfIdfVectorizer | X | Y | max_gram_length max_skip_count min_gram_length mode ngram_counts ngram_indexes pool_int64s pool_strings weights | Counts n-grams of a vocabulary, weighted by how rare they are.
`;
