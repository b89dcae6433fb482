/** Help texts, one per command. */

export const commands = ['inspect', 'predict', 'explain', 'methods', 'devices', 'export-gradient', 'again', 'table', 'trust', 'compare'] as const;
export type Command = (typeof commands)[number];

const inputs = `  --input FILE          a picture (JPEG, PNG, WebP, GIF, BMP, TIFF), an .npy file (the exact tensor, nothing is done to it),
                        or FILE.csv#ROW (row 0 is the first below the header); several inputs: repeat as NAME=FILE`;
const device = '  --device NAME         auto (default), cpu, webgpu, cuda, dml or coreml';
const json = '  --json                the result as JSON on stdout';

export const generalHelp = `Model Lens shows what is inside a neural network and why it decides as it does.

usage: model-lens COMMAND [options]

  inspect MODEL                     inputs, outputs, layers with shapes and parameters, totals
  predict MODEL --input X           the most likely classes
  explain MODEL --input X --method ID
                                    which parts of the input decided
  methods [MODEL]                   explanation methods, and which of them apply to a model
  again FILE                        a kept explanation once more: are the numbers the same?
  table MODEL --data X.csv --method ID
                                    which columns of a table matter, and how
  trust DIR                         how far to trust the map that explain wrote there
  devices                           processors and GPUs that can be used
  compare A B                       what differs between two models
  export-gradient MODEL --out F     the model's gradient as an ONNX file

model-lens COMMAND --help tells more. Results go to stdout, progress to stderr.
Exit codes: 0 done, 1 failed, 2 wrong usage.
`;

const helps: Readonly<Record<Command, string>> = {
  inspect: `usage: model-lens inspect MODEL [--tree | --layer NAME [--weights] | --placement DEVICE] [--json]

Shows inputs, outputs, layers with shapes, parameters and multiply-accumulates, and totals. Weights are not read,
except those of the layer that --weights asks about.

  --tree                layers in groups, from their names and from blocks that repeat
  --layer NAME          one layer, input or output: what it does, its attributes, inputs, outputs and stored tensors
  --weights             smallest and largest value, mean, deviation, zeros and norms of that layer's stored tensors
  --placement DEVICE    runs the model and its gradient on webgpu, cuda, dml or coreml, and tells which nodes ran there and
                        which on the CPU beside it
${json}
`,
  predict: `usage: model-lens predict MODEL --input X [--top 5] [--device NAME] [--json]

Runs the model and shows the most likely classes.

${inputs}
  --top N               how many classes (default 5)
  --preprocessing FILE.json
                        how pictures are prepared, as \`inputs\` of MODEL.lens.json, in place of what the model's files say
${device}
${json}
`,
  explain: `usage: model-lens explain MODEL --input X --method ID [options]

Explains one output of the model by parts of its input.

${inputs}
  --method ID           see 'model-lens methods'
  --target TARGET       what is explained (default: the most likely class; of a detector the best box, of a
                        segmenter the class that covers most):
                          281, tabby              a class, by index or label; of a detector its best box, of a segmenter
                                                  its region
                          281-207, 'A - B'        one class's score minus another's (labels: a minus between spaces)
                          'VALUE[0,5,-1]'         one element of an output or inner value, as the score of a detector's
                                                  box; the batch's 0 counts among the indices
                          'sum(VALUE)', 'mean(VALUE[0,3,:,2:8])'
                                                  of a whole value or a part, indices and ranges as numpy's; several
                                                  parts of one value: 'sum(VALUE[0,4], VALUE[0,9])'
                          'product(VALUE[0,4]^0.6, VALUE[0,9])'
                                                  of elements, each to a power, as a box's objectness times its class;
                                                  predict says it for every box
                          'region(VALUE, CLASS)', 'region(VALUE, CLASS, X0,Y0,X1,Y1)'
                                                  a class's scores, summed over the cells of a mask where it wins now,
                                                  or over a rectangle (X1 and Y1 are outside); an ArgMax output stands
                                                  for the scores behind it
                          'region(VALUE, CLASS, X,Y)'
                                                  the connected part of where it wins around a cell
                          'margin(VALUE, CLASS)'  the same cells, but each minus the best other class's score: why this
                                                  class and no other; takes X,Y and a rectangle too
                          'similarity(VALUE)'     cosine to the same value of another input, see --reference
  --reference FILE      the other input of a similarity
  --space NAME          what of it: logit (default for classes and regions: before the final softmax), probability, or
                        output (default for the rest: as it is)
  --output NAME         which output classes are counted in, if the model has several
  --layer NAME          layer of class activation maps (default: the last spatial layer)
  --preset NAME         a method's named parameters
  --set KEY=VALUE       a parameter; may be repeated
  --explained NAME      which input is explained, if the model has several
  --preprocessing FILE.json
                        how pictures are prepared, as \`inputs\` of MODEL.lens.json, in place of what the model's files say
  --seed N              of everything random (default 0)
${device}
  --out DIR             writes explanation.json, attributions.npy, standard-errors.npy (sampled methods), cam.npy (class
                        activation maps) and overlay.png (pictures)
  --report FILE.html    writes one page that shows it all and needs nothing else
${json}
`,
  again: `usage: model-lens again FILE|DIR [--device NAME] [--out DIR] [--json]

Makes an explanation again from the explanation.json (or the folder that holds it) or the report that was kept of it, and
tells whether every number is the same. A report of a table is made again part by part. Files are looked for where they
were, then beside FILE. Exit code 1 if the numbers differ.

${device}
  --out DIR             writes the new one, as explain and table do
${json}
`,
  methods: `usage: model-lens methods [MODEL] [--json]

Lists explanation methods. With a model: which of them apply, and why the others do not.

${json}
`,
  devices: `usage: model-lens devices [--model MODEL] [--refresh] [--json]

Tries every device by running a small network and its gradient on it and comparing with the CPU, and says which one
'auto' takes. What is found is kept for this machine and its drivers. MODEL_LENS_CUDA names a folder with ONNX Runtime's
CUDA libraries (libonnxruntime_providers_cuda.so, libonnxruntime_providers_shared.so).

  --model MODEL         also run this model there, and say how many times as fast as the CPU it is
  --refresh             forget what was found before, on models that crashed a driver too
${json}
`,
  'export-gradient': `usage: model-lens export-gradient MODEL --out FILE.onnx [options]

Writes a self-contained ONNX file: inputs x and target (a class for every sample), outputs y and gradient (of y at the
target to x). Any ONNX runtime or server runs it.

  --out FILE            the file to write
  --target TARGET       what is differentiated, written into the file instead of the input target: a class or a difference
                        of two, 'VALUE[0,5]', 'sum(VALUE)', 'mean(VALUE[…])' or 'region(VALUE, CLASS, X0,Y0,X1,Y1)', as
                        'model-lens explain --help' tells; the file returns its score as well. 'similarity(VALUE)' takes
                        the embedding that is compared with as target, and returns x's own as embedding
  --space NAME          logit (default for classes and regions), probability, or output (default for the rest)
  --output NAME         which output, if the model has several
  --wrt NAME            input to differentiate to (default: the first real-valued one); may be repeated
  --input NAME=VALUE    an input written into the file: a number for a switch (a sample rate), or an .npy file; may be
                        repeated
  --batch N             samples in one run (default 1)
  --dims NAME=1,3,H,W   dims of an input whose size the model leaves open; may be repeated
  --portable            only operators that every GPU provider computes correctly
${json}
`,
  table: `usage: model-lens table MODEL --data FILE [QUESTION] [options]

Explains a model through a whole table, or a row of it. Without a question it shows what the table holds, which column
goes where in the model, how well the model does, and which methods apply. Without MODEL it lists the methods.

questions, one at a time:
  --method ID           permutation-importance, shap-summary, pdp, ale, sobol, interaction, kernel-shap, counterfactual,
                        distil, …: 'model-lens table' lists them, with their parameters and what they need
  --quality             how good the model is on the rows: figures with standard errors, confusion, calibration,
                        residuals, and the slices of rows on which it errs more than chance
  --rows                rows with what the model says of each
  --report FILE.html    without a method: one page with importance, what each feature does, a tree and, where labels are
                        known, quality; with --row also what adds up to that row's score, what would change its answer,
                        and rows like it. With a method: that one

the table:
  --data FILE           CSV or TSV, also gzipped: separator, encoding, decimal comma, header and missing values are found
                        out, and said. Or Parquet, or Arrow (files, Feather 2, streams), told by their first bytes
  --delimiter, --header yes|no, --decimal point|comma, --encoding NAME
                        how the file is written, where what is found out is wrong
  --max-rows N          rows of a long file that are used, drawn at random (default 20000)
  --label COLUMN        the column that tells what a row really is, by name or number from 0; '' for none (default: found
                        out, and said)
  --preprocessing FILE.json
                        which columns are fed, as \`inputs\` of MODEL.lens.json, in place of what the model's files say
  --output NAME         which output, if the model has several

what is asked about:
  --feature NAME        by name or number; may be repeated (default: all)
  --row N               the row that is asked about; the first below the header is 0
  --target NAME         the class or output that is explained, by name or number (default: the second of two classes, else
                        the most frequent; of a row the class it gets)
  --space NAME          probability (default; a regression's value), logit (before the softmax), or output
  --group COLUMN        with --quality or --report: rates and errors of each group of that column (fed to the model or
                        not), and the gaps between groups
  --sort NAME, --actual CLASS, --said CLASS, --limit N, --offset N
                        with --rows: by number, error (worst first) or score (highest first); only rows that are, or are
                        said to be, of a class; how many (default 20), and after how many others

how, and where to:
  --preset NAME         a method's named parameters
  --set KEY=VALUE       a parameter; may be repeated
  --seed N              of everything random (default 0)
${device}
  --out DIR             writes explanation.json (for 'model-lens again'), the numbers as CSV and .npy, and a distilled tree
                        as text and as a model (tree.txt, tree.onnx); with --quality quality.json and its parts as CSV,
                        with --rows the listed rows as CSV
${json}
`,
  trust: `usage: model-lens trust DIR [--metrics A,B] [--mask FILE] [--device NAME] [--json]

Measures how far the map in DIR, written by 'model-lens explain --out DIR', can be trusted. Each figure stands beside the
same figure for maps drawn at random and for the edges of the picture. Says so if the model has changed since.

  --metrics A,B         only these: completeness, pointing-game, mass-in-mask, sparseness, infidelity,
                        faithfulness-correlation, deletion, insertion, road, parameter-randomisation, max-sensitivity
  --mask FILE           a picture that is white where the object is: for pointing-game and mass-in-mask
${device}; by default the one the map was made on
${json}
`,
  compare: `usage: model-lens compare A B [--weights] [--input X [--method ID]] [options]

Lines up the layers of two models, by name and by structure, and tells which are the same, changed, added or removed. A
quantised, fused or converted twin lines up with the model it was made from.

  --weights             also reads and compares weights: ‖b − a‖ / ‖a‖, dequantised, whatever their layout
  --all                 lists layers that are the same, too
  --input FILE          also runs both models on it and compares outputs, the classes named and activations: a picture, an
                        .npy file (the exact tensor) or FILE.csv#ROW; several inputs: repeat as NAME=FILE
  --method ID           also explains the input by both models, and tells how alike the explanations are
  --target TARGET       what is explained, as 'explain' takes it (default: the first model's most likely class)
${device}
${json}
`,
};

export function helpFor(command: Command): string {
  return helps[command];
}
