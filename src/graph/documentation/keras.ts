/** Keras layers, by class name (old ones too): name | sentence. */
export const kerasLayers = `
Activation | Applies an activation function to each element.
ActivityRegularization | Passes its input on; in training it adds a penalty on its size.
Add | Adds several tensors element by element.
AdditiveAttention | Attends by adding queries to keys before a tanh (Bahdanau).
AlphaDropout | Dropout that keeps mean and variance, for Selu networks; passes its input on otherwise.
Attention | Attends from queries to keys by their dot products (Luong).
Average | Takes the mean of several tensors, element by element.
AveragePooling1D | Takes the mean of each window along time.
AveragePooling2D | Takes the mean of each window of a picture.
AveragePooling3D | Takes the mean of each window of a volume.
AtrousConvolution1D | A convolution along time whose filter taps are spread out.
AtrousConvolution2D | A convolution over pictures whose filter taps are spread out.
BatchNormalization | Shifts and scales each channel by its stored moving mean and variance.
Bidirectional | Runs a recurrent layer forwards and backwards and merges both.
CategoryEncoding | Writes categories as vectors of ones and zeros, or counts.
CenterCrop | Cuts the middle out of a picture.
Concatenate | Puts tensors one after the other along an axis.
Conv1D | Slides learned filters along time.
Conv1DTranspose | Spreads each step over a window by learned filters, to upsample along time.
Conv2D | Slides learned filters over a picture and sums the products over its channels.
Conv2DTranspose | Spreads each pixel over a window by learned filters, to upsample.
Conv3D | Slides learned filters over a volume.
Conv3DTranspose | Spreads each voxel over a window by learned filters, to upsample.
ConvLSTM1D | An LSTM along time whose gates are convolutions over a line.
ConvLSTM2D | An LSTM along time whose gates are convolutions over pictures.
ConvLSTM3D | An LSTM along time whose gates are convolutions over volumes.
Convolution1D | Slides learned filters along time.
Convolution2D | Slides learned filters over a picture and sums the products over its channels.
Convolution3D | Slides learned filters over a volume.
Cropping1D | Cuts steps off both ends.
Cropping2D | Cuts rows and columns off the edges.
Cropping3D | Cuts slices off the faces of a volume.
CuDNNGRU | A GRU as NVIDIA's library computes it.
CuDNNLSTM | An LSTM as NVIDIA's library computes it.
Deconvolution2D | Spreads each pixel over a window by learned filters, to upsample.
Dense | Multiplies by a learned matrix, adds a bias and applies an activation.
DepthwiseConv1D | Slides filters of their own over each channel along time.
DepthwiseConv2D | Slides filters of their own over each channel of a picture.
Discretization | Sorts numbers into ranges.
Dot | Takes the dot products of two tensors along axes.
Dropout | Zeroes random elements in training; passes its input on otherwise.
ELU | Passes positive elements on; negative ones become alpha·(eˣ − 1).
EinsumDense | Multiplies by a learned tensor as an equation in Einstein's notation says.
Embedding | Looks up a learned vector for each whole number.
Flatten | Joins all axes but the batch into one.
Functional | A model inside this model.
GRU | Runs a gated recurrent unit over a sequence.
GRUCell | One step of a gated recurrent unit.
GaussianDropout | Multiplies by random numbers around 1 in training; passes its input on otherwise.
GaussianNoise | Adds random numbers in training; passes its input on otherwise.
GlobalAveragePooling1D | Takes the mean of each channel over all steps.
GlobalAveragePooling2D | Takes the mean of each channel over all pixels.
GlobalAveragePooling3D | Takes the mean of each channel over all voxels.
GlobalMaxPooling1D | Takes the largest value of each channel over all steps.
GlobalMaxPooling2D | Takes the largest value of each channel over all pixels.
GlobalMaxPooling3D | Takes the largest value of each channel over all voxels.
GroupNormalization | Normalises groups of channels to mean 0 and variance 1, then scales and shifts.
GroupQueryAttention | Attention in which groups of query heads share keys and values.
Highway | Blends its input with a dense layer of it by a learned gate.
Identity | Passes its input on.
InputLayer | Where a value enters the model.
LSTM | Runs a long short-term memory over a sequence.
LSTMCell | One step of a long short-term memory.
Lambda | Runs a Python function; its code is never run here.
LayerNormalization | Normalises the features of each sample to mean 0 and variance 1, then scales and shifts.
LeakyReLU | Passes positive elements on and multiplies negative ones by a small slope.
LocallyConnected1D | A convolution along time with filters of its own at every place.
LocallyConnected2D | A convolution over pictures with filters of its own at every place.
Masking | Marks steps that hold only a given value, so that later layers skip them.
MaxPooling1D | Takes the largest element of each window along time.
MaxPooling2D | Takes the largest element of each window of a picture.
MaxPooling3D | Takes the largest element of each window of a volume.
Maximum | Takes the largest of several tensors, element by element.
MaxoutDense | Takes the largest of several linear functions.
Merge | Joins several tensors by a sum, a product, a mean or side by side (Keras 1).
Minimum | Takes the smallest of several tensors, element by element.
Model | A model inside this model.
MultiHeadAttention | Attends from queries to keys and values with several heads.
Multiply | Multiplies several tensors element by element.
Normalization | Subtracts a stored mean and divides by a stored deviation.
PReLU | Passes positive elements on and multiplies negative ones by a learned slope.
Permute | Reorders the axes.
RNN | Runs a recurrent cell over a sequence.
RandomContrast | Changes contrast at random in training; passes its input on otherwise.
RandomCrop | Crops at random in training and in the middle otherwise.
RandomFlip | Mirrors pictures at random in training; passes its input on otherwise.
RandomRotation | Turns pictures at random in training; passes its input on otherwise.
RandomTranslation | Moves pictures at random in training; passes its input on otherwise.
RandomZoom | Zooms pictures at random in training; passes its input on otherwise.
ReLU | Sets negative elements to 0, perhaps with a slope, a threshold or an upper limit.
RepeatVector | Repeats a vector as the steps of a sequence.
Rescaling | Multiplies by a scale and adds an offset.
Reshape | Gives the same elements other dims.
Resizing | Scales pictures to a size.
SeparableConv1D | A convolution along time for each channel, then one over channels.
SeparableConv2D | A convolution of its own for each channel, then a 1×1 one over channels.
SeparableConvolution2D | A convolution of its own for each channel, then a 1×1 one over channels.
Sequential | A model inside this model, one layer after the other.
SimpleRNN | Runs a plain recurrent layer over a sequence.
SimpleRNNCell | One step of a plain recurrent layer.
Softmax | Turns scores along an axis into positive numbers that sum to 1.
SpatialDropout1D | Zeroes whole channels at random in training; passes its input on otherwise.
SpatialDropout2D | Zeroes whole channels at random in training; passes its input on otherwise.
SpatialDropout3D | Zeroes whole channels at random in training; passes its input on otherwise.
StackedRNNCells | Several recurrent cells, each on top of the one before.
StringLookup | Turns words into numbers by a vocabulary.
IntegerLookup | Turns whole numbers into positions of a vocabulary.
Subtract | Subtracts one tensor from another.
TFOpLambda | An operation of TensorFlow called as a layer.
TensorFlowOpLayer | An operation of TensorFlow called as a layer.
TextVectorization | Turns texts into numbers of words.
ThresholdedReLU | Passes elements above theta on and sets the others to 0.
TimeDistributed | Applies a layer to every step of a sequence.
UnitNormalization | Scales each sample to length 1.
UpSampling1D | Repeats each step.
UpSampling2D | Repeats rows and columns, or interpolates between them.
UpSampling3D | Repeats the slices of a volume.
ZeroPadding1D | Adds zero steps at both ends.
ZeroPadding2D | Adds zero rows and columns at the edges.
ZeroPadding3D | Adds zero slices at the faces of a volume.
weights | Weights whose architecture is not in the file.
Layer | Weights whose architecture is not in the file.
`;

/** What settings of Keras layers mean, by their names: name | phrase | Keras' default, where it is the same for all layers. */
export const kerasSettings = `
activation | function applied to the result | "linear"
recurrent_activation | function of the gates
units | size of the output
filters | number of filters, which is the number of output channels
kernel_size | height and width of the filters
strides | step of the window
padding | 'valid': none, 'same': as much as keeps the size | "valid"
data_format | where the channels are | "channels_last"
dilation_rate | distance of the filter taps | 1
groups | groups of channels convolved apart | 1
use_bias | whether a bias is added | true
depth_multiplier | filters for each channel | 1
pool_size | height and width of the window
rate | part that is zeroed in training
axis | axis it works along
momentum | how slowly the moving statistics follow
epsilon | small number that keeps divisions finite
center | whether an offset is added | true
scale | whether the result is scaled | true
return_sequences | whether every step is given out, or only the last | false
return_state | whether the last state is given out too | false
go_backwards | whether the sequence is read from its end | false
stateful | whether the state lives on from batch to batch | false
unroll | whether the loop is unrolled | false
time_major | whether time is the first axis | false
reset_after | whether the reset gate acts after the product
unit_forget_bias | whether the forget gate's bias starts at 1 | true
dropout | part of the inputs zeroed in training | 0
recurrent_dropout | part of the state zeroed in training | 0
implementation | how the products are arranged; the result is the same
input_dim | size of the vocabulary, or of the input
output_dim | size of the vectors
input_length | length of the sequences
mask_zero | whether 0 marks absent steps | false
target_shape | dims of a sample
batch_input_shape | dims of the input, the batch first
batch_shape | dims of the input, the batch first
dtype | type it computes with | "float32"
trainable | whether training may change it | true
kernel_initializer | where the weights started
recurrent_initializer | where the recurrent weights started
depthwise_initializer | where the depthwise weights started
pointwise_initializer | where the pointwise weights started
embeddings_initializer | where the vectors started
bias_initializer | where the bias started
beta_initializer | where the offset started
gamma_initializer | where the scale started
moving_mean_initializer | where the moving mean started
moving_variance_initializer | where the moving variance started
kernel_regularizer | penalty on the weights in training | null
recurrent_regularizer | penalty on the recurrent weights in training | null
depthwise_regularizer | penalty on the depthwise weights in training | null
pointwise_regularizer | penalty on the pointwise weights in training | null
embeddings_regularizer | penalty on the vectors in training | null
bias_regularizer | penalty on the bias in training | null
beta_regularizer | penalty on the offset in training | null
gamma_regularizer | penalty on the scale in training | null
activity_regularizer | penalty on the result in training | null
kernel_constraint | limit on the weights in training | null
recurrent_constraint | limit on the recurrent weights in training | null
depthwise_constraint | limit on the depthwise weights in training | null
pointwise_constraint | limit on the pointwise weights in training | null
embeddings_constraint | limit on the vectors in training | null
bias_constraint | limit on the bias in training | null
beta_constraint | limit on the offset in training | null
gamma_constraint | limit on the scale in training | null
noise_shape | dims of the random mask | null
seed | start of the random numbers | null
sparse | whether the input is sparse | false
ragged | whether the input is ragged | false
alpha | slope for negative elements
negative_slope | slope for negative elements
max_value | upper limit
threshold | where it begins to pass
num_heads | number of heads
key_dim | size of each head's keys
value_dim | size of each head's values
merge_mode | how both directions are joined
layer | the layer inside
layers | the layers inside
cell | what one step computes
size | factor of each axis
interpolation | how values between are found
height | height in pixels
width | width in pixels
offset | what is added after scaling
function | Python code, never run here
keepdims | whether reduced axes stay, with length 1 | false
ceil_mode | whether the last, partly filled window counts
nb_filter | number of filters, which is the number of output channels
nb_row | height of the filters
nb_col | width of the filters
border_mode | 'valid': no padding, 'same': as much as keeps the size
subsample | step of the window
dim_ordering | where the channels are: 'tf' last, 'th' first
bias | whether a bias is added
init | where the weights started
inner_init | where the recurrent weights started
inner_activation | function of the gates
p | part that is zeroed in training
`;
