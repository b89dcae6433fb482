/** What attributes mean, in a phrase: by name, and 'Operator.name' where one means something else. */
export const attributePhrases = `
kernel_shape | height and width of the window
strides | step of the window along each axis
pads | elements added before and after each axis: begins first, then ends
auto_pad | how padding is found: NOTSET takes pads, SAME_UPPER and SAME_LOWER keep the size over the step, VALID adds none
dilations | distance of the filter taps along each axis
group | groups of channels that are convolved apart
output_padding | elements added to one side of the output
output_shape | dims of the output, from which pads are found
ceil_mode | 1: the last, partly filled window counts too
count_include_pad | 1: padding counts in the mean
storage_order | 0: positions count rows first, 1: columns first
axis | axis it works along; negative counts from the end
axes | axes it works along; negative counts from the end
keepdims | 1: reduced axes stay, with length 1
noop_with_empty_axes | 1: no axes given means none, not all
select_last_index | 1: of equal elements the last one counts
epsilon | small number that keeps divisions finite
momentum | how slowly the running statistics follow
training_mode | 1: statistics of the batch are used
spatial | 1: one mean and variance for each channel
stash_type | type the mean is computed in
num_groups | number of groups of channels
groups | number of groups of channels
alpha | factor or slope
beta | factor or offset
gamma | factor
Gemm.alpha | factor of the product
Gemm.beta | factor of the bias
Elu.alpha | what large negative elements approach, negated
LeakyRelu.alpha | slope for negative elements
ThresholdedRelu.alpha | elements must exceed this
HardSigmoid.alpha | slope
HardSigmoid.beta | value at 0
LRN.alpha | factor of the energy
LRN.beta | exponent
LRN.size | number of channels that count
LRN.bias | what is added to the energy
transA | 1: the first matrix is transposed
transB | 1: the second matrix is transposed
transBatchA | 1: batch and row axes of the first are swapped
transBatchB | 1: batch and row axes of the second are swapped
broadcast | 1: the second tensor is broadcast (old operators)
perm | new order of the axes
to | element type of the result
saturate | 1: values beyond an 8-bit float's range become its largest
dtype | element type of the result
output_dtype | element type of the result
block_size | elements that share a scale; 0: none do
to_type | element type of the result
value | the stored tensor, or what fills the result
value_int | the stored number
value_float | the stored number
value_ints | the stored numbers
value_floats | the stored numbers
value_string | the stored text
value_strings | the stored texts
sparse_value | the stored sparse tensor
shape | dims
mode | how it is done
Pad.mode | constant, reflect, edge or wrap
Resize.mode | nearest, linear or cubic
Upsample.mode | nearest or linear
DepthToSpace.mode | DCR: depth first, CRD: column first
GridSample.mode | linear, nearest or cubic
RoiAlign.mode | avg or max of the samples
padding_mode | what lies outside: zeros, border or reflection
align_corners | 1: the outermost pixels' centres are the ends of the range
coordinate_transformation_mode | how output positions map to input positions
nearest_mode | how positions between two pixels are rounded
cubic_coeff_a | coefficient of the cubic interpolation
exclude_outside | 1: what lies outside has no weight
extrapolation_value | value outside the input
antialias | 1: pixels are averaged when the picture shrinks
keep_aspect_ratio_policy | how sizes are matched to the aspect ratio
blocksize | side of the blocks
allowzero | 1: a 0 means a dim of 0, not the input's dim
start | first axis that counts
end | axis before which it stops
split | length of each piece
num_outputs | number of equal pieces
starts | where the ranges begin
ends | where the ranges end
largest | 1: largest elements, 0: smallest
sorted | 1: in order
direction | forward, reverse or bidirectional
BitShift.direction | LEFT or RIGHT
hidden_size | size of the state
activations | functions of the gates
activation_alpha | parameters of these functions
activation_beta | parameters of these functions
clip | bound on what goes into the functions
linear_before_reset | 1: the reset gate acts after the product
input_forget | 1: input and forget gates are coupled
layout | 0: time first, 1: batch first
output_sequence | 1: every step is given out
num_heads | number of heads
q_num_heads | number of query heads
kv_num_heads | number of key and value heads
is_causal | 1: no position sees later ones
unidirectional | 1: no position sees later ones
scale | factor of the products
softcap | bound on the scores, by a tanh
mask_filter_value | what masked scores are set to
local_window_size | how far back is looked; −1: everywhere
left_window_size | how far back is looked; −1: everywhere
right_window_size | how far ahead is looked; −1: everywhere
qk_matmul_output_mode | which stage of the scores is given out
softmax_precision | type the softmax is computed in
do_rotary | 1: rotary position embedding is applied
interleaved | 1: pairs are neighbours, 0: halves
rotary_embedding_dim | features that are turned; 0: all
qkv_hidden_sizes | sizes of queries, keys and values
equation | the products and sums, in Einstein's notation
then_branch | graph that runs when the condition is true
else_branch | graph that runs otherwise
body | graph that runs each time
num_scan_inputs | inputs that are read step by step
scan_input_axes | axes the steps are taken along
scan_output_axes | axes the steps are put along
scan_input_directions | 1: from the end
scan_output_directions | 1: from the end
batch_dims | leading axes that are matched one to one
reduction | how several writes, or losses, are combined
p | exponent of the norm
ratio | part that is zeroed in training
seed | start of the random numbers
low | smallest value
high | upper bound
mean | mean
sample_size | number of draws
min | smallest value
max | largest value
lambd | elements smaller than this become 0
bias | offset
fmod | 1: remainder with the sign of the dividend
exclusive | 1: an element does not count itself
reverse | 1: from the end
upper | 1: the upper triangle stays
k | which diagonal
size | number of elements
spatial_scale | from box coordinates to the input's
output_height | rows of the grid
output_width | columns of the grid
pooled_shape | rows and columns of the grid
sampling_ratio | samples in each cell; 0: as its size asks
center_point_box | 1: boxes are centre and size, 0: two corners
approximate | none, or tanh for the quicker form
detect_negative | 1: −∞ counts
detect_positive | 1: +∞ counts
new_axis | 1: tensors are stacked
inverse | 1: the inverse transform
onesided | 1: only the half that is not mirrored
batch_axis | axis of the samples
time_axis | axis of the steps
K | rows of the weight
N | columns of the weight
bits | bits of a number
accuracy_level | how precisely it may be computed
activation | function applied in the same step
activation_params | parameters of that function
channels_last | 1: channels are the last axis
post_transform | what is done to the scores: NONE, SOFTMAX, LOGISTIC, …
coefficients | weights of the features
intercepts | offsets
classlabels_ints | the classes
classlabels_int64s | the classes
classlabels_strings | the classes
kernel_type | kernel of the support vector machine
kernel_params | its gamma, coefficient and degree
support_vectors | the support vectors
vectors_per_class | how many of them each class has
rho | offsets of the decision functions
n_targets | numbers predicted
aggregate_function | how the trees are combined
nodes_values | what features are compared with
nodes_splits | what features are compared with
nodes_featureids | which feature each node compares
nodes_modes | how each node compares
nodes_treeids | which tree each node belongs to
nodes_truenodeids | where a true comparison leads
nodes_falsenodeids | where a false comparison leads
class_weights | what leaves add to classes
target_weights | what leaves add to targets
leaf_weights | what leaves add
base_values | what the scores start from
offset | what is subtracted from each feature
norm | MAX, L1 or L2
keys_strings | what is replaced
keys_int64s | what is replaced
keys_floats | what is replaced
values_strings | what it is replaced by
values_int64s | what it is replaced by
values_floats | what it is replaced by
default_string | for what is not in the table
default_int64 | for what is not in the table
default_float | for what is not in the table
cats_strings | the categories
cats_int64s | the categories
zeros | 1: unknown categories are all zeros
threshold | elements must exceed this
delimiter | where texts are cut
pattern | regular expression
is_case_sensitive | 1: upper and lower case differ
stopwords | words that are removed
consumed_inputs | inputs that may be overwritten (old operators)
`;
