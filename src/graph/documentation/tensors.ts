/** Shapes, places, types, constants, random numbers, reductions and quantisation. Rows as in index.ts: name | inputs | outputs | attributes | sentence. */
export const tensors = `
ArgMax | data | reduced | axis=0 keepdims=1 select_last_index=0@12 | Gives the position of the largest element along an axis.
ArgMin | data | reduced | axis=0 keepdims=1 select_last_index=0@12 | Gives the position of the smallest element along an axis.
Bernoulli | input | output | dtype seed | Draws 0 or 1, each with its element as the probability of 1.
BitCast | input | output | to | Reads the bits of the elements as another type of the same width.
Cast | input | output | round_mode=up@24 saturate=1@19 to | Converts elements to another type.
CastLike | input, target_type | output | round_mode=up@24 saturate=1@19 | Converts elements to the type of another tensor.
CenterCropPad | input_data, shape | output_data | axes | Crops or pads around the middle to a given shape.
Clip | input, min?, max? | output |  | Keeps each element between a smallest and a largest value.
Col2Im | input, image_shape, block_shape | output | dilations pads strides | Adds up columns of blocks into a picture: the reverse of cutting it into windows.
Compress | input, condition | output | axis | Keeps the slices along an axis for which a condition is true.
Concat | inputs… | concat_result | axis | Puts tensors one after the other along an axis.
Constant |  | output | sparse_value value value_float value_floats value_int value_ints value_string value_strings | A tensor that is stored in the graph.
ConstantOfShape | input | output | value | A tensor of a given shape, filled with one value.
DepthToSpace | input | output | blocksize mode=DCR@11 | Moves blocks of channels into height and width.
DequantizeLinear | x, x_scale, x_zero_point? | y | axis=1@13 block_size=0@21 output_dtype=0@23 | Turns quantised numbers into real ones: (x − zero point) · scale.
Det | X | Y |  | Takes the determinant of square matrices.
DynamicQuantizeLinear | x | y, y_scale, y_zero_point |  | Quantises to 8 bits with a scale and zero point computed from the data.
Expand | input, shape | output |  | Repeats dims of 1 up to a given shape.
EyeLike | input | output | dtype k=0 | A matrix with ones on a diagonal, of its input's shape.
Flatten | input | output | axis=1 | Joins the axes before and from a given one into a matrix.
Gather | data, indices | output | axis=0 | Takes slices along an axis at given positions, as an embedding does.
GatherElements | data, indices | output | axis=0 | Takes single elements along an axis at given positions.
GatherND | data, indices | output | batch_dims=0@12 | Takes elements or slices at given coordinates.
Identity | input | output |  | Passes its input on.
MelWeightMatrix | num_mel_bins, dft_length, sample_rate, lower_edge_hertz, upper_edge_hertz | output | output_datatype=1 | Makes the matrix that sums a spectrum into mel bands.
Multinomial | input | output | dtype=6 sample_size=1 seed | Draws classes at random by their log probabilities.
NonMaxSuppression | boxes, scores, max_output_boxes_per_class?, iou_threshold?, score_threshold? | selected_indices | center_point_box=0 | Keeps the best-scored boxes and drops those that overlap them.
NonZero | X | Y |  | Gives the coordinates of the elements that are not 0.
OneHot | indices, depth, values | output | axis=-1 | Writes whole numbers as vectors with one entry set.
Pad | data, pads, constant_value?, axes? | output | mode=constant | Adds elements around the edges.
QuantizeLinear | x, y_scale, y_zero_point? | y | axis=1@13 block_size=0@21 output_dtype=0@21 precision=0@23 saturate=1@19 | Turns real numbers into quantised ones: round(x / scale) + zero point.
RandomNormal |  | output | dtype=1 mean=0.0 scale=1.0 seed shape | Draws normally distributed numbers of a given shape.
RandomNormalLike | input | output | dtype mean=0.0 scale=1.0 seed | Draws normally distributed numbers of its input's shape.
RandomUniform |  | output | dtype=1 high=1.0 low=0.0 seed shape | Draws evenly distributed numbers of a given shape.
RandomUniformLike | input | output | dtype high=1.0 low=0.0 seed | Draws evenly distributed numbers of its input's shape.
Range | start, limit, delta | output | stash_type=1@27 | Counts from a start to a limit in steps.
ReduceL1 | data, axes? | reduced | keepdims=1 noop_with_empty_axes=0@18 | Sums the magnitudes along axes.
ReduceL2 | data, axes? | reduced | keepdims=1 noop_with_empty_axes=0@18 | Takes the square root of the sum of squares along axes.
ReduceLogSum | data, axes? | reduced | keepdims=1 noop_with_empty_axes=0@18 | Takes the logarithm of the sum along axes.
ReduceLogSumExp | data, axes? | reduced | keepdims=1 noop_with_empty_axes=0@18 | Takes the logarithm of the sum of exponentials along axes.
ReduceMax | data, axes? | reduced | keepdims=1 noop_with_empty_axes=0@18 | Takes the largest element along axes.
ReduceMean | data, axes? | reduced | keepdims=1 noop_with_empty_axes=0@18 | Takes the mean along axes.
ReduceMin | data, axes? | reduced | keepdims=1 noop_with_empty_axes=0@18 | Takes the smallest element along axes.
ReduceProd | data, axes? | reduced | keepdims=1 noop_with_empty_axes=0@18 | Multiplies the elements along axes.
ReduceSum | data, axes? | reduced | keepdims=1 noop_with_empty_axes=0@13 | Sums the elements along axes.
ReduceSumSquare | data, axes? | reduced | keepdims=1 noop_with_empty_axes=0@18 | Sums the squares along axes.
Reshape | data, shape | reshaped | allowzero=0@14 | Gives the same elements other dims; −1 stands for what is left, 0 for the input's dim.
Resize | X, roi?, scales?, sizes? | Y | antialias=0@18 axes coordinate_transformation_mode=half_pixel@11 cubic_coeff_a=-0.75@11 exclude_outside=0@11 extrapolation_value=0.0@11 keep_aspect_ratio_policy=stretch@18 mode=nearest nearest_mode=round_prefer_floor@11 | Scales axes to another size by interpolation.
ReverseSequence | input, sequence_lens | Y | batch_axis=1 time_axis=0 | Turns the first steps of each sequence around.
Scatter | data, indices, updates | output | axis=0 | Writes elements at given positions along an axis (the old name of ScatterElements).
ScatterElements | data, indices, updates | output | axis=0 reduction=none@16 | Writes single elements at given positions along an axis.
ScatterND | data, indices, updates | output | reduction=none@16 | Writes elements or slices at given coordinates.
Shape | data | shape | end start=0@15 | Gives the dims of its input as a tensor.
Size | data | size |  | Gives the number of elements of its input.
Slice | data, starts, ends, axes?, steps? | output |  | Cuts a range out of each of some axes, with steps.
SpaceToDepth | input | output | blocksize mode=DCR@28 | Moves blocks of height and width into channels.
Split | input, split? | outputs… | axis=0@2 num_outputs | Cuts a tensor into pieces along an axis.
Squeeze | data, axes? | squeezed |  | Removes axes of length 1.
TensorScatter | past_cache, update, write_indices? | present_cache | axis=-2 mode=linear | Writes new steps into a cache of fixed length, at each sample's own position.
Tile | input, repeats | output |  | Repeats a tensor along its axes.
TopK | X, K | Values, Indices | axis=-1 largest=1@11 sorted=1@11 | Gives the K largest (or smallest) elements along an axis, and their positions.
Transpose | data | transposed | perm | Reorders the axes.
Trilu | input, k? | output | upper=1 | Keeps the upper or lower triangle of matrices and zeroes the rest.
Unique | X | Y, indices?, inverse_indices?, counts? | axis sorted=1 | Gives each distinct element (or slice) once.
Unsqueeze | data, axes | expanded |  | Adds axes of length 1.
Upsample | X, scales | Y | mode=nearest | Scales axes to another size (the old form of Resize).
`;
