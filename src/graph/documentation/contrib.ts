/** ONNX Runtime's own operators (com.microsoft), the usual ones. Rows as in index.ts: name | inputs | outputs | attributes | sentence. */
export const contrib = `
Attention | input, weights, bias?, mask_index?, past?, attention_bias?, past_sequence_length? | output, present? | do_rotary=0 mask_filter_value=-10000 num_heads past_present_share_buffer qkv_hidden_sizes rotary_embedding_dim scale unidirectional=0 | Projects the input to queries, keys and values by one merged weight and attends with several heads.
BiasAdd | X, bias, skip | Y | | Adds a bias and a second tensor to its input.
BiasDropout | data, bias, residual?, ratio?, training_mode? | output, mask? | seed | Adds a bias, applies dropout, and adds a residual.
BiasGelu | A, B | C | | Adds a bias and applies Gelu.
BiasSoftmax | data, bias | output | axis=1 is_inner_broadcast | Adds a bias and applies softmax.
BiasSplitGelu | X, bias | Y | | Adds a bias, splits in two and gates one half by the Gelu of the other.
CDist | A, B | C | metric=sqeuclidean | Takes the distances between all rows of two matrices.
ComplexMul | A, B | C | | Multiplies complex numbers stored as pairs.
ComplexMulConj | A, B | C | | Multiplies complex numbers by the conjugates of others.
ConvTransposeWithDynamicPads | X, W, Pads?, B? | Y | auto_pad=NOTSET dilations group=1 kernel_shape output_padding strides | A transposed convolution whose pads come as a tensor.
CropAndResize | X, rois, batch_indices, crop_size | Y | extrapolation_value=0 mode=bilinear | Cuts boxes out of pictures and scales them to one size.
DecoderMaskedMultiHeadAttention | query, key?, value?, mask_index?, attention_bias?, past_key?, past_value?, past_sequence_length?, beam_width?, cache_indirection?, bias? | output, present_key?, present_value?, qk? | mask_filter_value num_heads output_qk past_present_share_buffer scale | Attends from one new token to all before it, with cached keys and values.
DequantizeLinear | x, x_scale, x_zero_point? | y | axis=1 block_size=0 | Turns quantised numbers into real ones: (x − zero point) · scale.
DynamicQuantizeLSTM | X, W, R, B?, sequence_lens?, initial_h?, initial_c?, P?, W_scale, W_zero_point, R_scale, R_zero_point | Y?, Y_h?, Y_c? | activation_alpha activation_beta activations clip direction=forward hidden_size input_forget=0 | An LSTM with quantised weights; its inputs are quantised as they come.
DynamicQuantizeMatMul | A, B, b_scale, b_zero_point?, bias? | Y | | Quantises one matrix as it comes and multiplies it with a quantised weight.
EmbedLayerNormalization | input_ids, segment_ids?, word_embedding, position_embedding, segment_embedding?, gamma, beta, mask?, position_ids? | output, mask_index?, embedding_sum? | epsilon=1e-12 mask_index_type=0 | Adds word, position and segment embeddings and normalises them.
ExpandDims | X, axis | Y | | Adds an axis of length 1.
FastGelu | X, bias? | Y | | Applies Gelu by its tanh approximation.
FusedConv | X, W, B?, Z? | Y | activation activation_params auto_pad=NOTSET dilations group=1 kernel_shape pads strides | A convolution with its activation, and perhaps a sum, in one step.
FusedGemm | A, B, C? | Y | activation activation_alpha activation_beta activation_gamma alpha=1 beta=1 transA=0 transB=0 | A matrix product with its activation in one step.
FusedMatMul | A, B | Y | alpha=1 transA=0 transB=0 transBatchA=0 transBatchB=0 | Multiplies matrices, transposed and scaled in the same step.
FusedMatMulActivation | A, B | Y | activation alpha=1 transA=0 transB=0 | Multiplies matrices and applies an activation in the same step.
GatherBlockQuantized | data, indices, scales, zero_points? | output | bits=4 block_size=128 gather_axis=0 quantize_axis=1 | Takes slices out of a block-wise quantised tensor and turns them into real numbers.
GatedRelativePositionBias | query_layer, query_bias, rel_pos, weight, bias, eco_a, token_offset? | output | num_heads | Scales a relative position bias by gates computed from the queries.
Gelu | X | Y | | Weighs each element by the probability that a normal variable is below it.
GemmFastGelu | X, W, bias? | Y | | A matrix product with a bias and the tanh form of Gelu.
GemmFloat8 | A, B, C?, scaleA?, scaleB?, scaleY? | Y | activation=NONE alpha=1 beta=0 dtype=1 transA=0 transB=0 | Multiplies matrices of 8-bit floats.
GridSample | X, Grid | Y | align_corners=0 mode=bilinear padding_mode=zeros | Samples the input at given positions by interpolation.
GroupNorm | X, gamma, beta | Y | activation channels_last=1 epsilon=1e-5 groups | Normalises groups of channels, then scales, shifts and perhaps activates them.
GroupQueryAttention | query, key?, value?, past_key?, past_value?, seqlens_k, total_sequence_length, cos_cache?, sin_cache?, position_ids?, attention_bias?, head_sink? | output, present_key?, present_value?, output_qk? | do_rotary=0 kv_num_heads local_window_size=-1 num_heads qk_output=0 rotary_interleaved=0 scale smooth_softmax softcap | Attention in which groups of query heads share keys and values, with a cache.
Inverse | X | Y | | Inverts square matrices.
Irfft | X | Y | normalized onesided signal_ndim | The inverse of a real Fourier transform.
LongformerAttention | input, weight, bias, mask, global_weight, global_bias, global | output | num_heads window | Attends within a sliding window, and everywhere for some global tokens.
MatMulBnb4 | A, B, absmax | Y | K N accuracy_level block_size quant_type training_mode=0 transB=1 | Multiplies with a weight packed in 4-bit floats (bitsandbytes).
MatMulFpQ4 | A, B, B_shape | Y | blk_quant_type=1 | Multiplies with a weight packed in 4 bits.
MatMulInteger16 | A, B | Y | | Multiplies matrices of 16-bit whole numbers.
MatMulIntegerToFloat | A, B, a_scale, b_scale, a_zero_point?, b_zero_point?, bias? | Y | | Multiplies quantised matrices into real numbers.
MatMulNBits | A, B, scales, zero_points?, g_idx?, bias? | Y | K N accuracy_level=0 bits=4 block_size | Multiplies with a weight packed in a few bits a number, a scale for each block.
MaxpoolWithMask | X, M | Y | auto_pad=NOTSET kernel_shape pads storage_order=0 strides | Takes the largest unmasked element of each window.
MoE | input, router_probs, fc1_experts_weights, fc1_experts_bias?, fc2_experts_weights, fc2_experts_bias?, fc3_experts_weights?, fc3_experts_bias? | output | activation_alpha activation_beta activation_type=relu k=1 normalize_routing_weights=0 swiglu_fusion=0 swiglu_limit use_sparse_mixer=0 | Sends each token to a few of many small networks (a mixture of experts).
MulInteger | A, A_zero_point?, B, B_zero_point? | C | | Multiplies 8-bit whole numbers into 32-bit ones.
MultiHeadAttention | query, key?, value?, bias?, key_padding_mask?, attention_bias?, past_key?, past_value?, past_sequence_length?, cache_indirection? | output, present_key?, present_value?, qk? | mask_filter_value=-10000 num_heads scale unidirectional=0 | Attends from queries to keys and values with several heads.
MurmurHash3 | X | Y | positive=1 seed=0 | Hashes each element.
NGramRepeatBlock | input_ids, scores | scores_out | ngram_size | Forbids tokens that would repeat an n-gram.
NhwcConv | X, W, B? | Y | auto_pad=NOTSET dilations group=1 kernel_shape pads strides | A convolution over channels-last data.
NhwcFusedConv | X, W, B?, Z? | Y | activation activation_params auto_pad=NOTSET dilations group=1 kernel_shape pads strides | A convolution over channels-last data with its activation.
NhwcMaxPool | x | y | auto_pad=NOTSET ceil_mode=0 dilations kernel_shape pads strides | Takes the largest element of each window of channels-last data.
PackedAttention | input, weights, bias, token_offset, cumulative_sequence_length, attention_bias? | output | num_heads qkv_hidden_sizes scale | Attention over sequences whose padding was taken out.
PackedMultiHeadAttention | query, key?, value?, bias?, token_offset, cumulative_sequence_length, attention_bias? | output | mask_filter_value num_heads scale | Attention with several heads over sequences whose padding was taken out.
Pad | data, pads, value? | output | mode=constant | Adds elements around the edges.
QAttention | input, weight, bias, input_scale, weight_scale, mask_index?, input_zero_point?, weight_zero_point?, past? | output, present? | do_rotary=0 mask_filter_value=-10000 num_heads past_present_share_buffer scale unidirectional=0 | Attention with quantised inputs and weights.
QEmbedLayerNormalization | input_ids, segment_ids?, word_embedding_quant, position_embedding_quant, segment_embedding?, gamma_quant, beta_quant, mask?, word_embedding_scale, position_embedding_scale, segment_embedding_scale?, gamma_scale, beta_scale, word_embedding_zero_point, position_embedding_zero_point, segment_embedding_zero_point?, gamma_zero_point, beta_zero_point | layernorm_out, mask_index_out | epsilon | Adds quantised embeddings and normalises them.
QGemm | A, a_scale, a_zero_point, B, b_scale, b_zero_point, C?, y_scale?, y_zero_point? | Y | alpha=1 transA=0 transB=0 | Multiplies quantised matrices and adds a bias.
QLinearAdd | A, A_scale, A_zero_point?, B, B_scale, B_zero_point?, C_scale, C_zero_point? | C | | Adds quantised tensors and quantises the sum again.
QLinearAveragePool | X, x_scale, x_zero_point?, y_scale, y_zero_point? | Y | auto_pad=NOTSET ceil_mode=0 channels_last=0 count_include_pad=0 kernel_shape pads strides | Takes the mean of each window of quantised data.
QLinearConcat | Y_scale, Y_zero_point, inputs… | Y | axis | Puts quantised tensors one after the other, on one scale.
QLinearConv | x, x_scale, x_zero_point, w, w_scale, w_zero_point, y_scale, y_zero_point, B? | y | auto_pad=NOTSET channels_last=0 dilations group=1 kernel_shape pads strides | Convolves quantised numbers and quantises the result again.
QLinearGlobalAveragePool | X, x_scale, x_zero_point, y_scale, y_zero_point | Y | channels_last=0 | Takes the mean of each quantised channel over all positions.
QLinearLeakyRelu | X, X_scale, X_zero_point?, Y_scale, Y_zero_point? | Y | alpha=0.01 | Applies LeakyRelu to quantised numbers.
QLinearMul | A, A_scale, A_zero_point?, B, B_scale, B_zero_point?, C_scale, C_zero_point? | C | | Multiplies quantised tensors and quantises the product again.
QLinearReduceMean | data, data_scale, data_zero_point?, reduced_scale, reduced_zero_point? | reduced | axes keepdims | Takes the mean of quantised numbers along axes.
QLinearSigmoid | X, X_scale, X_zero_point?, Y_scale, Y_zero_point? | Y | | Applies the sigmoid to quantised numbers.
QLinearSoftmax | X, X_scale, x_zero_point?, y_scale, y_zero_point | Y | axis=-1 opset | Applies softmax to quantised numbers.
QLinearWhere | condition, X, x_scale, x_zero_point, Y, y_scale, y_zero_point, z_scale, z_zero_point | Z | | Chooses each element from one of two quantised tensors by a condition.
QMoE | input, router_probs, fc1_experts_weights, fc1_scales, fc1_experts_bias?, fc2_experts_weights, fc2_scales, fc2_experts_bias?, fc3_experts_weights?, fc3_scales?, fc3_experts_bias? | output | activation_type=relu expert_weight_bits=4 k=1 normalize_routing_weights=0 use_sparse_mixer=0 | A mixture of experts with quantised weights.
QuantizeLinear | x, y_scale, y_zero_point? | y | axis=1 block_size=0 | Turns real numbers into quantised ones: round(x / scale) + zero point.
QuickGelu | X | Y | alpha=1.702 | Multiplies each element by sigmoid(alpha·x).
Range | start, limit, delta? | Y | | Counts from a start to a limit in steps.
RelativePositionBias | bias_table, query_length, key_length | output | is_bidirectional=0 max_distance | Looks up a learned bias for each distance between two positions (T5).
RemovePadding | input, sequence_token_count | output, token_offset, cumulated_seq_len, max_seq_len | | Takes the padding out of a batch of sequences.
RestorePadding | input, token_offset | output | | Puts the padding back into a batch of sequences.
Rfft | X | Y | normalized onesided signal_ndim | Takes the Fourier transform of real numbers.
RotaryEmbedding | input, position_ids, cos_cache, sin_cache | output | interleaved=0 is_packed_batching=0 num_heads=0 rotary_embedding_dim=0 scale=1 | Turns pairs of features by angles that grow with the position (rotary position embedding).
SimplifiedLayerNormalization | X, scale | Y, inv_std_var? | axis=-1 epsilon=1e-5 stash_type=1 | Divides by the root mean square of the trailing axes, then scales (RMS normalisation).
SkipGroupNorm | X, gamma, beta, skip, bias? | Y, S? | activation channels_last=1 epsilon=1e-5 groups | Adds a second tensor and a bias, then normalises groups of channels.
SkipLayerNormalization | input, skip, gamma, beta?, bias? | output, mean?, inv_std_var?, input_skip_bias_sum? | epsilon=1e-12 | Adds a second tensor and a bias, then normalises each position.
SkipSimplifiedLayerNormalization | input, skip, gamma, bias? | output, mean?, inv_std_var?, input_skip_bias_sum? | epsilon=1e-12 | Adds a second tensor, then divides by the root mean square and scales.
SparseAttention | query, key?, value?, past_key, past_value, block_row_indices, block_col_indices, total_sequence_length, key_total_sequence_lengths, cos_cache?, sin_cache? | output, present_key, present_value | do_rotary=0 kv_num_heads num_heads rotary_interleaved=0 scale sparse_block_size | Attends only between the blocks that a sparse layout names.
SparseToDenseMatMul | A, B | Y | alpha=1 transA=0 transB=0 | Multiplies a sparse matrix with a dense one.
Tokenizer | X | Y | mark mincharnum pad_value separators tokenexp | Cuts texts into tokens.
TransposeMatMul | A, B | Y | alpha=1 transA=0 transB=0 | Multiplies matrices, transposed in the same step.
Trilu | X, k? | Y | upper=1 | Keeps the upper or lower triangle of matrices and zeroes the rest.
UnfoldTensor | input | output | dim=-1 size step=1 | Cuts overlapping windows out of an axis.
Unique | x | y, idx, counts | | Gives each distinct element once.
`;
