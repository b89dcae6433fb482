/** What networks are made of: convolution, pooling, normalisation, activation, products, recurrence, attention. Rows as in index.ts: name | inputs | outputs | attributes | sentence. */
export const layers = `
Attention | Q, K, V, attn_mask?, past_key?, past_value?, nonpad_kv_seqlen? | Y, present_key?, present_value?, qk_matmul_output? | is_causal=0 kv_num_heads left_window_size=-1@25 q_num_heads qk_matmul_output_mode=0 right_window_size=-1@25 scale softcap=0.0 softmax_precision | Mixes values by how well their keys match each query: softmax(Q·Kᵀ·scale) · V, over several heads.
AveragePool | X | Y | auto_pad=NOTSET ceil_mode=0@10 count_include_pad=0@7 dilations kernel_shape pads strides | Takes the mean of each window of the input.
BatchNormalization | X, scale, B, input_mean, input_var | Y, running_mean?, running_var? | epsilon=1e-05 momentum=0.9 training_mode=0@14 | Shifts and scales each channel by stored (or, in training, batch) mean and variance.
CausalConvWithState | input, weight, bias?, past_state? | output, present_state | activation=none | Convolves along time looking back only, and hands on the last steps as state for the next call.
Celu | X | Y | alpha=1.0 | Passes positive elements on; negative ones approach −alpha smoothly.
Conv | X, W, B? | Y | auto_pad=NOTSET dilations group=1 kernel_shape pads strides | Slides learned filters over the input and sums the products, channel group by channel group.
ConvInteger | x, w, x_zero_point?, w_zero_point? | y | auto_pad=NOTSET dilations group=1 kernel_shape pads strides | Convolves 8-bit whole numbers into 32-bit ones.
ConvTranspose | X, W, B? | Y | auto_pad=NOTSET dilations group=1 kernel_shape output_padding output_shape pads strides | Spreads each input element over a window by learned filters: the transpose of a convolution, used to upsample.
DeformConv | X, W, offset, B?, mask? | Y | dilations group=1 kernel_shape offset_group=1 pads strides | Convolves with sampling positions that are moved by learned offsets.
Dropout | data, ratio?, training_mode? | output, mask? | seed | Zeroes random elements in training; passes its input on otherwise.
Einsum | Inputs… | Output | equation | Multiplies and sums tensors as an equation in Einstein's notation says.
Elu | X | Y | alpha=1.0 | Passes positive elements on; negative ones become alpha·(eˣ − 1).
GRU | X, W, R, B?, sequence_lens?, initial_h? | Y?, Y_h? | activation_alpha activation_beta activations clip direction=forward hidden_size layout=0@14 linear_before_reset=0@3 | Runs a gated recurrent unit over a sequence: update and reset gates blend each step into the state.
Gelu | X | Y | approximate=none | Weighs each element by the probability that a normal variable is below it.
Gemm | A, B, C? | Y | alpha=1.0 beta=1.0 transA=0 transB=0 | Multiplies two matrices and adds a bias: alpha·A·B + beta·C.
GlobalAveragePool | X | Y |  | Takes the mean of each channel over all positions.
GlobalLpPool | X | Y | p=2 | Takes the p-norm of each channel over all positions.
GlobalMaxPool | X | Y |  | Takes the largest value of each channel over all positions.
GroupNormalization | X, scale, bias | Y | epsilon=1e-05 num_groups stash_type=1@21 | Normalises groups of channels to mean 0 and variance 1, then scales and shifts each channel.
HardSigmoid | X | Y | alpha=0.2 beta=0.5 | A sigmoid of straight lines: alpha·x + beta, kept between 0 and 1.
HardSwish | X | Y |  | Multiplies each element by its hard sigmoid (slope 1/6).
Hardmax | input | output | axis=-1@13:1 | Gives 1 to the first largest element along an axis and 0 to the others.
InstanceNormalization | input, scale, B | output | epsilon=1e-05 | Normalises each channel of each sample over its positions, then scales and shifts it.
LRN | X | Y | alpha=0.0001 beta=0.75 bias=1.0 size | Divides each element by the energy of its neighbouring channels (local response normalisation).
LSTM | X, W, R, B?, sequence_lens?, initial_h?, initial_c?, P? | Y?, Y_h?, Y_c? | activation_alpha activation_beta activations clip direction=forward hidden_size input_forget=0 layout=0@14 | Runs a long short-term memory over a sequence: gates decide what its cell keeps, takes in and gives out.
LayerNormalization | X, Scale, B? | Y, Mean?, InvStdDev? | axis=-1 epsilon=1e-05 stash_type=1 | Normalises the trailing axes of each sample to mean 0 and variance 1, then scales and shifts.
LeakyRelu | X | Y | alpha=0.01 | Passes positive elements on and multiplies negative ones by alpha.
LinearAttention | query, key, value, past_state?, decay?, beta? | output, present_state | chunk_size=64 kv_num_heads q_num_heads scale=0.0 update_rule=gated_delta | Attends by a state that is updated step by step, at a cost linear in the length.
LogSoftmax | input | output | axis=-1@13:1 | The logarithm of softmax: scores along an axis as log probabilities.
LpNormalization | input | output | axis=-1 p=2 | Divides by the p-norm along an axis.
LpPool | X | Y | auto_pad=NOTSET ceil_mode=0@18 dilations kernel_shape p=2 pads strides | Takes the p-norm of each window of the input.
MatMul | A, B | Y |  | Multiplies matrices; leading axes are batches and broadcast.
MatMulInteger | A, B, a_zero_point?, b_zero_point? | Y |  | Multiplies matrices of 8-bit whole numbers into 32-bit ones.
MaxPool | X | Y, Indices? | auto_pad=NOTSET ceil_mode=0@10 dilations kernel_shape pads storage_order=0@8 strides | Takes the largest element of each window of the input.
MaxRoiPool | X, rois | Y | pooled_shape spatial_scale=1.0 | Takes largest elements in a grid over each region of interest.
MaxUnpool | X, I, output_shape? | output | kernel_shape pads strides | Puts elements back where MaxPool found them and zeros elsewhere.
MeanVarianceNormalization | X | Y | axes=0,2,3 | Normalises over the given axes to mean 0 and variance 1.
Mish | X | Y |  | Multiplies each element by tanh(softplus(x)).
NegativeLogLikelihoodLoss | input, target, weight? | loss | ignore_index reduction=mean | The loss of log probabilities: minus the one of the true class.
PRelu | X, slope | Y |  | Passes positive elements on and multiplies negative ones by a learned slope.
QLinearConv | x, x_scale, x_zero_point, w, w_scale, w_zero_point, y_scale, y_zero_point, B? | y | auto_pad=NOTSET dilations group=1 kernel_shape pads strides | Convolves quantised numbers and quantises the result again.
QLinearMatMul | a, a_scale, a_zero_point, b, b_scale, b_zero_point, y_scale, y_zero_point | y |  | Multiplies quantised matrices and quantises the result again.
RMSNormalization | X, scale | Y | axis=-1 epsilon=1e-05 stash_type=1 | Divides the trailing axes of each sample by their root mean square, then scales.
RNN | X, W, R, B?, sequence_lens?, initial_h? | Y?, Y_h? | activation_alpha activation_beta activations=Tanh,Tanh clip direction=forward hidden_size layout=0@14 | Runs a plain recurrent layer over a sequence.
Relu | X | Y |  | Passes positive elements on and sets negative ones to 0.
RoiAlign | X, rois, batch_indices | Y | coordinate_transformation_mode=half_pixel@16 mode=avg output_height=1 output_width=1 sampling_ratio=0 spatial_scale=1.0 | Samples a grid inside each region of interest by bilinear interpolation and pools it.
RotaryEmbedding | X, cos_cache, sin_cache, position_ids? | Y | interleaved=0 num_heads rotary_embedding_dim=0 | Turns pairs of features by angles that grow with the position (rotary position embedding).
Selu | X | Y | alpha=1.673263@6:1.6732 gamma=1.050701@6:1.0507 | A scaled Elu whose constants keep mean and variance of deep networks.
Shrink | input | output | bias=0.0 lambd=0.5 | Moves elements towards 0 by bias and sets the small ones to 0.
Sigmoid | X | Y |  | Squeezes each element between 0 and 1: 1 / (1 + e⁻ˣ).
Softmax | input | output | axis=-1@13:1 | Turns scores along an axis into positive numbers that sum to 1.
SoftmaxCrossEntropyLoss | scores, labels, weights? | output, log_prob? | ignore_index reduction=mean | The loss of scores: minus the log of softmax at the true class.
Softplus | X | Y |  | A smooth Relu: ln(1 + eˣ).
Softsign | input | output |  | Squeezes each element between −1 and 1: x divided by 1 plus its magnitude.
SwiGLU | A, B | Y | alpha=1.0 | Gates one tensor by the Swish of another.
Swish | X | Y | alpha=1.0 | Multiplies each element by its sigmoid (SiLU).
Tanh | input | output |  | Squeezes each element between −1 and 1 by the hyperbolic tangent.
ThresholdedRelu | X | Y | alpha=1.0 | Passes elements above alpha on and sets the others to 0.
`;
